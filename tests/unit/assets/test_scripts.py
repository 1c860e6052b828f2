"""The page's own scripts, played in a real browser on pages made of the kit's macros."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from portal.web.assets import FOLDER as STATIC
from portal.web.templates import environment

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ORIGIN = "http://portal.test"
POLICY = "default-src 'self'"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
 xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d" targetNamespace="t"><process id="p"><task id="check" name="审核"/><task id="ship" name="发货"/></process>
 <bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="l" bpmnElement="p">
 <bpmndi:BPMNShape id="s1" bpmnElement="check"><dc:Bounds x="100" y="100" width="100" height="80"/></bpmndi:BPMNShape>
 <bpmndi:BPMNShape id="s2" bpmnElement="ship"><dc:Bounds x="300" y="100" width="100" height="80"/></bpmndi:BPMNShape>
 </bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""
STATE = """{"taken": ["check"], "here": [{"node": "check", "badge": "在此 2 时"}], "names": {"check": "Approve"}}"""


@pytest.fixture(scope="module")
def browser(browser_path: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield running
        running.close()


class Site:
    """One page under the policy of the real one, beside the built files and whatever answers the test gives."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, dict[str, Any]] = {}
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", self._answer)

    def open(self, side: str, body: str, *, scripts: tuple[str, ...] = ()) -> Page:
        macros = '{% import "_ui.html" as ui %}'
        loaded = "".join(
            f'<script type="module" src="{{{{ asset("{name}.js") }}}}"></script>' for name in (side, *scripts)
        )
        text = f'<!doctype html><html lang="zh-CN" data-bs-theme="light"><link rel="stylesheet" href="{{{{ asset("{side}.css") }}}}">'
        html = environment.from_string(
            f"{macros}{text}{loaded}<body>{body}{{{{ ui.toast_region([]) }}}}</body></html>"
        ).render()
        self.answers["/"] = {
            "body": html,
            "content_type": "text/html; charset=utf-8",
            "headers": {"Content-Security-Policy": POLICY},
        }
        self.page.goto(f"{ORIGIN}/")
        return self.page

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        self.requests.append(f"{route.request.method} {path} {route.request.post_data or ''}".strip())
        file = STATIC / path.removeprefix("/static/")
        if path in self.answers:
            route.fulfill(**self.answers[path])
        elif path.startswith("/static/") and file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=TYPES[Path(path).suffix])
        else:
            route.fulfill(status=404, body="")


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    page = browser.new_page()
    site = Site(page)
    yield site
    page.close()
    assert [one for one in site.complaints if "404" not in one] == []


STEPPER = '{{ ui.stepper("quantity", 8, "数量", pack=4, packs_text="# 箱", note_id="rounded", attrs=%s) }}<p id="rounded" hidden>已按整箱取整</p>'


def test_the_stepper_moves_by_the_pack_and_counts_the_packs(site: Site) -> None:
    page = site.open("customer", STEPPER % "{}")
    page.get_by_role("button", name="增加").click()
    expect(page.get_by_role("spinbutton")).to_have_value("12")
    expect(page.locator("[data-packs]")).to_have_text("3 箱")


def test_the_stepper_stops_at_the_least_that_may_be_ordered(site: Site) -> None:
    page = site.open("customer", STEPPER % "{}")
    page.get_by_role("button", name="减少").click()
    expect(page.get_by_role("spinbutton")).to_have_value("4")
    expect(page.get_by_role("button", name="减少")).to_be_disabled()


def test_a_typed_quantity_is_rounded_up_to_whole_packs_and_says_so(site: Site) -> None:
    page = site.open("customer", STEPPER % "{}")
    page.get_by_role("spinbutton").fill("9")
    page.get_by_role("spinbutton").blur()
    expect(page.get_by_role("spinbutton")).to_have_value("12")
    expect(page.locator("#rounded")).to_be_visible()


@pytest.mark.parametrize("way", ["button", "typing"])
def test_a_changed_quantity_is_sent_once_with_its_rounded_value(site: Site, way: str) -> None:
    site.answers["/cart/1"] = {"body": "", "status": 204}
    page = site.open("customer", STEPPER % '{"hx-post": "/cart/1", "hx-trigger": "change"}')
    page.wait_for_selector("[data-htmx-powered]")
    with page.expect_response("**/cart/1"):
        if way == "button":
            page.get_by_role("button", name="增加").click()
        else:
            page.get_by_role("spinbutton").fill("9")
            page.get_by_role("spinbutton").blur()
    page.evaluate("fetch('/afterwards')")  # a second one would have been on its way before this
    assert [one for one in site.requests if one.startswith("POST")] == ["POST /cart/1 quantity=12"]


def test_an_answer_may_say_something_in_a_toast(site: Site) -> None:
    header = '{"toast": {"text": "Saved", "href": "/x", "link": "View"}}'
    site.answers["/save"] = {"body": "", "status": 200, "headers": {"HX-Trigger": header}}
    page = site.open("desk", '<button hx-post="/save" hx-swap="none">go</button>')
    page.wait_for_selector("[data-htmx-powered]")
    page.get_by_role("button", name="go").click()
    expect(page.locator(".toast")).to_have_text("SavedView")


def test_a_dialog_opens_from_its_button_and_closes_beside_it(site: Site) -> None:
    page = site.open(
        "customer",
        '<button data-open="d">ask</button><dialog class="sheet" id="d"><p>sure</p><button data-close>no</button></dialog>',
    )
    page.get_by_role("button", name="ask").click()
    expect(page.get_by_text("sure")).to_be_visible()
    page.mouse.click(5, 5)
    expect(page.get_by_text("sure")).to_be_hidden()


def test_the_chosen_theme_shows_at_once_and_is_remembered(site: Site) -> None:
    page = site.open("customer", '{{ ui.theme_switch("auto") }}')
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["theme"] == "dark"


def test_the_system_decides_light_or_dark_without_a_script(site: Site) -> None:
    page = site.open("customer", "<p>x</p>")
    page.evaluate("document.documentElement.dataset.bsTheme = 'auto'")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


ROWS = """<input data-key="/" aria-label="filter"><a href="#orders" data-go="o">Orders</a><table class="t"><tbody>
<tr data-row><td><input type="checkbox"></td><td><a href="#one">one</a></td></tr><tr data-row><td><input type="checkbox"></td><td><a href="#two">two</a></td></tr>
<tr data-row><td><input type="checkbox"></td><td><a href="#three">three</a></td></tr></tbody></table><button data-key="c" id="claim">claim</button>"""


def test_rows_are_walked_opened_and_ticked_from_the_keyboard(site: Site) -> None:
    page = site.open("desk", ROWS)
    for key in ("j", "j", "x", "j", "Shift+X", "k", "Enter"):
        page.keyboard.press(key)
    assert page.url.endswith("#two")
    assert [box.is_checked() for box in page.get_by_role("checkbox").all()] == [False, True, True]


def test_keys_go_where_they_say_and_are_off_while_typing(site: Site) -> None:
    page = site.open("desk", ROWS)
    page.keyboard.press("/")
    expect(page.get_by_label("filter")).to_be_focused()
    page.keyboard.type("go")
    assert page.url == f"{ORIGIN}/"
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    assert page.url.endswith("#orders")


def test_the_diagram_shows_the_way_taken_and_where_it_waits_in_the_readers_language(site: Site) -> None:
    site.answers["/x.bpmn"] = {"body": DIAGRAM, "content_type": "application/xml"}
    site.answers["/x.json"] = {"body": STATE, "content_type": "application/json"}
    page = site.open("desk", '{{ ui.diagram("/x.bpmn", "/x.json") }}', scripts=("viewer",))
    expect(page.locator(".diagram")).to_have_attribute("data-ready", "true")
    expect(page.locator('[data-element-id="check"].is-here')).to_have_count(1)
    expect(page.locator('[data-element-id="ship"].is-future')).to_have_count(1)
    expect(page.locator(".d-here")).to_have_text("在此 2 时")
    expect(page.locator('[data-element-id="check"]').first).to_contain_text("Approve")


def test_a_diagram_that_cannot_be_loaded_says_so(site: Site) -> None:
    page = site.open("desk", '{{ ui.diagram("/missing.bpmn") }}', scripts=("viewer",))
    expect(page.locator(".diagram")).to_have_text("流程图没有载入。")
