"""The people of the stories, acting by what they see: words, labels and roles on the screen, in their language."""

import re
from datetime import timedelta
from itertools import count
from typing import Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from portal.accounts import sessions
from portal.accounts.authentication import cookie_name
from portal.accounts.models import User
from portal.database import unit_of_work
from tests.e2e.site import Site
from tests.e2e.words import WORDS
from tests.factories.accounts import PASSWORD

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
PATIENCE = 15_000
IGNORED = re.compile(r"the server responded with a status of 4\d\d|net::ERR_(ABORTED|INCOMPLETE_CHUNKED_ENCODING)")
"""What Chromium writes to the console although the page did what it should: answers to bad input, and streams that end."""

expect.set_options(timeout=PATIENCE)
_waybills = count(1)


class Watch:
    """Listens to what every page complains of: errors, policy violations, answers that should not have been given."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watch a browser's pages from now on."""
        context.on("console", lambda said: self._heard(said.text) if said.type in ("error", "warning") else None)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("response", lambda answer: self._answered(answer.url, answer.status))

    def _heard(self, text: str) -> None:
        if not IGNORED.search(text):
            self.complaints.append(f"console: {text}")

    def _answered(self, url: str, status: int) -> None:
        if status >= 500 or (status >= 400 and "/static/" in url):
            self.complaints.append(f"{status} {url}")


class Person:
    """Somebody in front of a screen."""

    viewport = DESKTOP
    home = "/"

    def __init__(
        self, browser: Browser, site: Site, user: User, *, language: str, watch: Watch, logged_in: bool = True,
        scheme: str = "light", phone: bool | None = None,
    ) -> None:  # fmt: skip
        self.site, self.user, self.language = site, user, language
        on_phone = self.viewport is PHONE if phone is None else phone
        screen = PHONE if on_phone else DESKTOP
        self.width = screen["width"]
        self.context = browser.new_context(
            viewport=screen,  # type: ignore[arg-type]  # a width and a height
            locale="zh-CN" if language == "zh" else "en-US",
            timezone_id="Asia/Shanghai", base_url=site.url, has_touch=on_phone, is_mobile=on_phone,
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce",
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE)
        watch.over(self.context)
        if logged_in:
            self.context.add_cookies([{"name": cookie_name(site.settings), "value": self._token(), "url": site.url}])
        self.page: Page = self.context.new_page()

    def _token(self) -> str:
        with unit_of_work() as session:
            days = self.site.settings.session_days
            return sessions.open_session(session, user_id=self.user.id, device=sessions.Device(), days=days)

    def word(self, english: str) -> str:
        """Say a word of the screen in the person's language."""
        return english if self.language == "en" else WORDS[english]

    # Looking

    def opens(self, path: str) -> Self:
        """Go to an address."""
        self.page.goto(path)
        return self

    def sees(self, english: str) -> None:
        """Expect words on the screen."""
        expect(self.page.get_by_text(self.word(english)).first).to_be_visible()

    def reads(self, text: str) -> None:
        """Expect a text that is the same in every language: a number, a name, something somebody wrote."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def does_not_read(self, text: str) -> None:
        """Expect a text to be nowhere in the page."""
        expect(self.page.get_by_role("main")).to_be_visible()
        assert text not in self.page.content()

    def is_told(self, text: str) -> None:
        """Expect a refusal or a notice that holds the text."""
        expect(self.page.get_by_role("alert").filter(has_text=text).first).to_be_visible()

    # Doing

    def button(self, english: str, *, exact: bool = False) -> Locator:
        """Find a button or a link by its words."""
        name = self.word(english)
        found = self.page.get_by_role("button", name=name, exact=exact)
        return found.or_(self.page.get_by_role("link", name=name, exact=exact)).locator("visible=true").first

    def presses(self, english: str, *, exact: bool = False) -> None:
        """Press what the words stand on."""
        self.button(english, exact=exact).click()

    def fills(self, english: str, text: str) -> None:
        """Type into the field with a label."""
        self.page.get_by_label(self.word(english)).locator("visible=true").first.fill(text)

    def chooses(self, english: str) -> None:
        """Choose one of several."""
        self.page.get_by_role("radio", name=self.word(english), exact=True).locator("xpath=..").click()

    def chooses_new_address(self) -> None:
        """Open the fields of an address that is not known yet."""
        self.page.get_by_role("radio", name=self.word("Another address")).check()

    def walks_to(self, target: Locator, *, most: int = 80) -> None:
        """Press Tab until the focus is there, as one does without a mouse."""
        for _ in range(most):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError("the keyboard does not lead there")

    def logs_in(self) -> None:
        """Log in on the page that asks for it."""
        self.fills("Mobile number", self.user.phone.removeprefix("+86"))
        self.fills("Password", PASSWORD)
        self.presses("Log in", exact=True)

    def loses_the_session(self) -> None:
        """Be away so long that the session is over."""
        with unit_of_work() as session:
            from portal.accounts.models import LoginSession

            for one in session.query(LoginSession).filter(LoginSession.user_id == self.user.id):
                one.expires_at = one.created_at - timedelta(days=1)


class Contact(Person):
    """Somebody who orders, on the phone."""

    viewport = PHONE

    def finds(self, text: str) -> None:
        """Search the products."""
        self.opens("/")
        box = self.page.get_by_role("searchbox").first
        box.fill(text)
        box.press("Enter")
        self.page.wait_for_url("**/products?*")

    def puts_in_the_cart(self, sku: str, quantity: int) -> None:
        """Open a product, say how many, and put it in the cart."""
        self.opens(f"/products/{sku}")
        field = self.page.get_by_role("spinbutton")
        field.fill(str(quantity))
        field.press("Tab")
        self.presses("Add to the cart")
        expect(self.button("Go to the cart")).to_be_visible()

    def goes_to_submit(self, sku: str, quantity: int) -> None:
        """Fill the cart and go as far as the last button."""
        self.puts_in_the_cart(sku, quantity)
        self.presses("Go to the cart")
        self.page.wait_for_url("**/cart")
        self.presses("Go to submit")
        self.page.wait_for_url("**/cart/submit")

    def orders(self, sku: str, quantity: int, *, for_approval: bool = False) -> str:
        """Order so many of an item; return the order's number."""
        self.goes_to_submit(sku, quantity)
        self.presses("Submit for approval" if for_approval else "Submit order", exact=True)
        self.page.wait_for_url("**/orders/SO-*")
        return self.page.url.rsplit("/", 1)[1]

    def sees_status(self, status: str, payment: str | None = None) -> None:
        """Expect the order's status (and its payment) at the head of its page, which follows what happens by itself."""
        head = self.page.locator(".status-head")
        expect(head.get_by_role("heading")).to_have_text(self.word(status))
        if payment is not None:
            expect(head.get_by_text(self.word(payment), exact=True)).to_be_visible()

    def asks_to_cancel(self, *, free: bool) -> None:
        """Ask for the cancellation of the order on the screen."""
        self.presses("Cancel order" if free else "Ask to cancel")
        self.chooses("The quantity changed")
        self.presses("Cancel the order" if free else "Send the request")
        self.page.wait_for_url(re.compile(r"/orders/SO-[0-9-]+$"))


class Staff(Person):
    """Somebody who works tasks."""

    home = "/desk/inbox"

    def opens_task(self, english: str, number: str) -> None:
        """Open the task of an order in the inbox; it comes by itself when the page is already open."""
        if "/desk/inbox" not in self.page.url:
            self.opens("/desk/inbox")
        row = self.page.get_by_role("row").filter(has_text=number).filter(has_text=self.word(english))
        row.get_by_role("link").first.click()
        expect(self.page.get_by_role("complementary", name=self.word(english))).to_be_visible()

    def decides(self, choice: str, **texts: str) -> None:
        """Choose an outcome in the open task's form, say what belongs to it, and complete it."""
        self.chooses(choice)
        if "reason" in texts:
            self.fills("Reason", texts["reason"])
        if "message" in texts:
            self.fills("Message to the customer", texts["message"])
        self.completes()

    def confirms_money(self, amount: str = "") -> None:
        """Confirm money in the open task's form, as much as it proposes unless another amount is given."""
        if amount:
            self.fills("Amount (CNY)", amount)
        self.completes()

    def completes(self) -> None:
        """Press the button that completes the open task, and wait for the answer."""
        with self.page.expect_navigation():
            self.presses("and open the next")
        self.page.wait_for_load_state()


class Warehouse(Person):
    """Somebody who makes, picks and ships."""

    home = "/desk/shipping"

    def sees_nothing_to_make(self) -> None:
        """Expect an empty production board."""
        self.site.settled()
        self.opens("/desk/production")
        self.sees("Nothing is being made")

    def sees_nothing_to_pick(self) -> None:
        """Expect an empty list of what is to be picked."""
        self.site.settled()
        self.opens("/desk/shipping")
        self.sees("Nothing to pick")

    def opens_production(self, order: str) -> None:
        """Open the production order that is for an order."""
        self.opens("/desk/production")
        card = self.page.get_by_role("article").or_(self.page.get_by_role("row")).filter(has_text=order)
        card.get_by_role("link").first.click()
        expect(self.page.get_by_role("complementary")).to_be_visible()

    def starts_production(self, order: str) -> None:
        """Begin to make what an order lacks."""
        self.opens_production(order)
        self.presses("Start production")
        expect(self.button("Take into stock")).to_be_visible()

    def finishes_production(self, order: str, quantity: int) -> None:
        """Take what was made into stock."""
        self.opens_production(order)
        self.fills("Good pieces into stock", str(quantity))
        self.presses("Take into stock")
        expect(self.button("Take into stock")).to_be_hidden()

    def ships(self, order: str, *, only: int | None = None) -> str:
        """Pick what may leave of an order, or so many pieces, and send it; return the tracking number."""
        self.opens("/desk/shipping")
        row = self.page.get_by_role("listitem").filter(has_text=order)
        row.get_by_role("button", name=self.word("Pick")).click()
        if only is None:
            self.presses("All picked", exact=True)
        else:
            field = self.page.get_by_role("spinbutton").first
            field.fill(str(only))
            field.press("Tab")
        which = self.word("Ship" if only is None else "Ship only")
        self.page.get_by_role("link", name=re.compile(rf"^{which} \d")).click()
        return self._sends()

    def _sends(self) -> str:
        tracking = f"SF13{next(_waybills):011d}"
        self.chooses("SF Express")
        self.fills("Tracking number", tracking)
        self.presses("Confirm shipment")
        self.page.wait_for_url(re.compile(r"/desk/shipping(\?|$)"))
        return tracking
