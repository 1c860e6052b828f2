"""Templates: one Jinja environment, and `Page`, a response rendered where it is made.

`Page("orders/detail.html", order=view)` renders the page, `Page("orders/detail.html@lines", …)` one block of it (a fragment
for htmx). It renders in the handler's thread, so templates may be given plain values only and slow nobody else down.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from markupsafe import Markup

from portal.database import unit_of_work
from portal.web import context as web_context
from portal.web import flash, formats, nav
from portal.web.assets import asset_url
from portal.web.forms import Form
from portal.web.htmx import is_htmx
from portal.web.i18n import LOCALES, current_locale, gettext, ngettext, pick

CSRF_INPUT = Markup('<input type="hidden" name="_csrf_token" value="{}">')
FOLDER = Path(__file__).resolve().parent.parent.parent / "templates"

environment = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


class Page(Response[str]):
    """An HTML answer, rendered at once; 422 by itself when a `form` among its values carries errors."""

    def __init__(
        self,
        name: str,
        context: Mapping[str, Any] | None = None,
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> None:
        given = {**(context or {}), **values}
        form = given.get("form")
        failed = isinstance(form, Form) and form.failed
        request = web_context.current_request()
        super().__init__(
            render(name, given),
            status_code=status or (422 if failed else 200),
            media_type=MediaType.HTML,
            headers={"Cache-Control": "no-store", **(headers or {})},
        )
        if request is not None and "@" not in name and flash.COOKIE in request.cookies:
            self.set_cookie(flash.gone(secure=bool(environment.globals["secure"])))


def render(name: str, values: Mapping[str, Any] | None = None) -> str:
    """Render a template, or with `file.html@block` one block of it, with what every page is given beside `values`."""
    file, _, block = name.partition("@")
    template = environment.get_template(file)
    given = {**_common(), **(values or {})}
    if not block:
        return template.render(given)
    context = template.new_context(given)
    next(iter(template.root_render_func(context)), None)  # runs the file's imports, which its blocks use
    return "".join(context.blocks[block][0](context))


def partial_or_page(request: web_context.PortalRequest, name: str, block: str) -> str:
    """Return the template to render: the block when htmx asks for a fragment, else the whole page."""
    return f"{name}@{block}" if is_htmx(request) else name


def _common() -> dict[str, Any]:
    request = web_context.current_request()
    user = web_context.actor_of(request)
    token = web_context.csrf_token(request) if request is not None else ""
    return {
        "user": user,
        "locale": current_locale(),
        "theme": web_context.theme(request),
        "path": request.scope["path"] if request is not None else "/",
        "query": request.scope["query_string"].decode("latin-1") if request is not None else "",
        "csrf_token": token,
        "csrf_input": CSRF_INPUT.format(token),
        "live_url": f"/live?topic=tasks&topic=user:{user.user_id}" if user is not None and user.is_staff else "",
        "request_id": web_context.request_id(),
        "is_htmx": is_htmx(request),
        "toasts": flash.read(request.cookies.get(flash.COOKIE)) if request is not None else [],
        "badges": Badges(request),
    }


class Badges:
    """The counts of the navigation, counted when first asked for; none for a visitor and on error pages."""

    def __init__(self, request: web_context.PortalRequest | None) -> None:
        self._request = request
        self._counts: dict[str, int] | None = None

    def __call__(self, name: str) -> int:
        if self._counts is None:
            self._counts = self._count()
        return self._counts.get(name, 0)

    def _count(self) -> dict[str, int]:
        actor = web_context.actor_of(self._request)
        if actor is None or self._request is None or self._request.scope.get("failed"):
            return {}
        with unit_of_work() as session:
            return nav.counts(session, actor=actor)


def configure(*, shop_name_zh: str, shop_name_en: str, secure: bool, debug: bool) -> None:
    """Tell templates about this installation."""
    environment.globals["shop_name_zh"], environment.globals["shop_name_en"] = shop_name_zh, shop_name_en
    environment.globals["secure"] = secure
    environment.auto_reload = debug


def _amount(value: Any) -> str:
    return formats.money(value, sign=False)


def _pick_from(value: Any, prefix: str = "name") -> str:
    """Choose between `<prefix>_zh` and `<prefix>_en` of a row."""
    return pick(getattr(value, f"{prefix}_zh"), getattr(value, f"{prefix}_en"))


def _choose(singular: str, plural: str, count: int) -> str:
    """Choose and translate for `{% trans %}`, which fills the places itself."""
    return gettext(singular if count == 1 or current_locale() == "zh" else plural)


environment.install_gettext_callables(gettext, _choose, newstyle=False)  # type: ignore[attr-defined]  # added by the extension
environment.globals.update(
    {
        "_": gettext,
        "n_": ngettext,
        "pick": pick,
        "asset": asset_url,
        "locales": LOCALES,
        "shop_name_zh": "",
        "shop_name_en": "",
        "secure": False,
        "today": formats.today,
    }
)
FILTERS: dict[str, Callable[..., Any]] = {
    "money": formats.money,
    "amount": _amount,
    "number": formats.number,
    "quantity": formats.quantity,
    "percent": formats.percent,
    "day": formats.day,
    "moment": formats.moment,
    "short_moment": formats.short_moment,
    "stamp": formats.stamp,
    "iso": formats.iso,
    "age": formats.age,
    "span": formats.span,
    "phone": formats.phone,
    "masked_phone": formats.masked_phone,
    "pick": _pick_from,
}
environment.filters.update(FILTERS)
