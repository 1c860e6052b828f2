from litestar import get

from portal.web.templates import Page


@get("/login", sync_to_thread=True, opt={"public": True})
def login_page() -> Page:
    return Page("errors/404.html")


routers = [login_page]
