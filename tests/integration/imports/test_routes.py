"""The pages of imports: upload, columns, what would happen, import; for administrators, each with their own list."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from openpyxl import load_workbook
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.imports.models import ImportUpload
from tests.factories.accounts import Browser
from tests.factories.customers import a_contact, a_user
from tests.integration.imports.test_products import bring_in
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row, price_list, price_row, workbook

FLAT = "1-400×50×203-WA60K5V-35m/s"
PRICES = csv_file(
    price_list(
        price_row(1, "1-400*50*203-WA60K5V-35m/s"), price_row(2, FLAT.replace("60", "80")), price_row(3, "见图纸")
    ),
    encoding="gb18030",
)
ClientFor = Callable[..., Browser]


@pytest.fixture
def head(session: Session, client_for: ClientFor) -> Browser:
    """An administrator's browser, in English."""
    user = a_user(session, Role.ADMINISTRATOR, locale="en")
    session.commit()
    return client_for(user, language="en")


def send(browser: Browser, content: bytes = PRICES, *, kind: str = "products", name: str = "价格表.csv") -> Response:
    return browser.post("/desk/imports", {"kind": kind}, files={"file": (name, content)})


def uploaded(browser: Browser, content: bytes = PRICES, *, kind: str = "products") -> str:
    return str(send(browser, content, kind=kind).headers["Location"])


def items(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Variant)) or 0


def chosen(page: str) -> dict[str, str]:
    """What the page's form of columns would send."""
    selects = re.findall(r'<select[^>]* name="(column-[a-z_]+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    return {name: (re.findall(r'value="([^"]*)" selected', options) or [""])[0] for name, options in selects}


def test_from_upload_to_the_shop(session: Session, head: Browser) -> None:
    path = uploaded(head)
    columns = head.get(path).text
    assert chosen(columns)["column-marking"] == "#4"
    assert "D 规格型号" in columns
    assert "1-400*50*203-WA60K5V-35m/s" in columns, "an example shows what stands there"

    checked = head.post(f"{path}/columns", chosen(columns)).headers["Location"]
    assert checked == f"{path}/check"
    page = head.get(checked).text
    assert "Import 2 new, 0 changed" in page
    assert "WA1-0001" in page
    assert items(session) == 0, "nothing is written by looking"

    done = head.post(f"{path}/application").headers["Location"]
    assert "The list is in the shop" in head.get(done).text
    assert items(session) == 2
    assert "价格表.csv" in head.get("/desk/imports").text


def test_every_tab_shows_its_rows(head: Browser, session: Session) -> None:
    bring_in(session, price_row(1, FLAT, **{"含税单价(元)": "100"}))
    path = uploaded(head)
    tabs = {name: head.get(f"{path}/check?show={name}").text for name in ("created", "changed", "problem", "unchanged")}

    assert "WA1-0002" in tabs["created"]
    assert "<del>100.00</del>" in tabs["changed"]
    assert "<ins>186.00</ins>" in tabs["changed"]
    assert "refers to a drawing" in tabs["problem"]
    assert "No rows here" in tabs["unchanged"]


def test_customers_go_the_same_way(session: Session, head: Browser) -> None:
    path = uploaded(head, csv_file([CUSTOMER_HEADINGS, customer_row(1), customer_row(2)]), kind="customers")
    assert "contacts are created without a password" in head.get(f"{path}/check?show=created").text
    head.post(f"{path}/application")
    assert session.scalar(select(func.count()).select_from(Customer)) == 2


def test_a_column_under_an_unknown_heading_is_asked_for_and_chosen(session: Session, head: Browser) -> None:
    path = uploaded(head, csv_file([["我方料号", "规格", "单价", "出厂价"], ["A-1", FLAT, "200", "150"]]))
    page = head.get(path).text
    assert "marked with a star" in page

    refused = head.post(f"{path}/columns", chosen(page))
    assert refused.status_code == 422
    assert "No column holds this." in refused.text

    head.post(f"{path}/columns", chosen(page) | {"column-sku": "#1", "column-price": "#4"})
    assert "150.00" in head.get(f"{path}/check").text
    head.post(f"{path}/application")
    assert session.execute(select(Variant.sku, Variant.list_price)).one()[0] == "A-1"


@pytest.mark.parametrize("mapping", [{"column-sku": "#999"}, {"column-evil": "#1"}, {"column-sku": "<script>"}])
def test_columns_that_are_not_there_are_refused(head: Browser, mapping: dict[str, str]) -> None:
    path = uploaded(head)
    answer = head.post(f"{path}/columns", chosen(head.get(path).text) | mapping)
    assert answer.status_code == 422
    assert "<script>" not in answer.text


def test_a_shop_that_changed_meanwhile_is_told_and_imported_after_another_look(session: Session, head: Browser) -> None:
    path = uploaded(head)
    head.get(f"{path}/check")
    bring_in(session, price_row(1, FLAT, **{"含税单价(元)": "100"}))

    answer = head.post(f"{path}/application")

    assert answer.status_code == 409
    assert "The shop has changed since this was shown." in answer.text
    assert "Row 3: New, now Changed" in answer.text
    assert items(session) == 1
    assert head.post(f"{path}/application").status_code == 303, "it was shown again, and confirmed"
    assert items(session) == 2


def test_a_list_that_was_never_looked_at_is_not_imported(session: Session, head: Browser) -> None:
    path = uploaded(head)
    assert head.post(f"{path}/application").status_code == 409
    assert items(session) == 0


def test_a_second_click_imports_nothing_twice(session: Session, head: Browser) -> None:
    path = uploaded(head)
    head.get(f"{path}/check")
    answers = [head.post(f"{path}/application").status_code for _click in range(2)]
    assert answers == [303, 303]
    assert items(session) == 2
    assert head.get(f"{path}/check").status_code == 409


def test_problems_can_be_downloaded_and_hold_no_formula(head: Browser) -> None:
    path = uploaded(head, csv_file(price_list(price_row(1, "=cmd|' /C calc'!A0"), price_row(2, FLAT))))
    answer = head.get(f"{path}/findings.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="findings.csv"'
    assert rows[1][3] == "'=cmd|' /C calc'!A0"

    book = load_workbook(io.BytesIO(head.get(f"{path}/findings.xlsx").content))
    assert book.active is not None
    assert book.active["D2"].data_type == "s"
    assert head.get(f"{path}/findings.exe").status_code == 404


def test_a_list_is_its_uploaders_alone(session: Session, head: Browser, client_for: ClientFor) -> None:
    path = uploaded(head)
    other = client_for(_committed(session, Role.ADMINISTRATOR))
    for way in ("", "/check", "/result", "/findings.csv"):
        assert other.get(path + way).status_code == 404
    for way in ("/columns", "/application", "/removal"):
        assert other.post(path + way, {"column-sku": "#1"}).status_code == 404
    assert head.get(path).status_code == 200


@pytest.mark.parametrize("role", [Role.SALESPERSON, Role.SALES_MANAGER, Role.WAREHOUSE, Role.FINANCE])
def test_for_others_there_are_no_imports(session: Session, head: Browser, client_for: ClientFor, role: Role) -> None:
    path = uploaded(head)
    browser = client_for(_committed(session, role))
    assert browser.get("/desk/imports").status_code == 404
    assert send(browser).status_code == 404
    assert browser.get(f"{path}/check").status_code == 404
    assert browser.post(f"{path}/application").status_code == 404


def test_a_contact_finds_nothing_and_a_visitor_is_asked_to_log_in(session: Session, client_for: ClientFor) -> None:
    contact = a_contact(session)
    session.commit()
    assert client_for(contact).get("/desk/imports").status_code == 404
    assert client_for().get("/desk/imports").headers["Location"].startswith("/login")


def test_a_list_is_kept_for_a_day(session: Session, head: Browser) -> None:
    path = uploaded(head)
    session.execute(update(ImportUpload).values(created_at=ImportUpload.created_at - func.make_interval(0, 0, 0, 1, 1)))
    session.commit()
    assert head.get(path).status_code == 404
    uploaded(head)
    assert session.scalar(select(func.count()).select_from(ImportUpload)) == 1, "the next upload sweeps it away"


def test_an_imported_list_leaves_no_rows_behind(session: Session, head: Browser) -> None:
    path = uploaded(head)
    head.get(f"{path}/check")
    head.post(f"{path}/application")
    assert session.scalars(select(ImportUpload.rows)).one() == b""


def test_a_list_can_be_discarded(session: Session, head: Browser) -> None:
    path = uploaded(head)
    assert head.post(f"{path}/removal").headers["Location"] == "/desk/imports"
    assert head.get(path).status_code == 404


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        for number in range(4):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 80_000_000)
    return file.getvalue()


def _entities() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in"),
        (b"\x00\x01\x02\x03" * 200, "not"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "characters of this file cannot be read"),
        (b"PK\x03\x04" + b"x" * 500, "This workbook is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old or protected Excel file"),
        (workbook([["hello"], ["world"], ["again"]]), "No row of headings was found"),
        (b"a,b,c\n1,2,3\n", "No row of headings was found"),
        (_bomb(), "unpacks to too much"),
        (_entities(), "This workbook is damaged"),
    ],
)
def test_hostile_and_useless_files_are_refused_beside_the_field(
    session: Session, head: Browser, content: bytes, said: str
) -> None:
    answer = send(head, content, name="x.xlsx")
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="f-file-err"' in answer.text
    assert session.scalar(select(func.count()).select_from(ImportUpload)) == 0


def test_a_file_too_large_is_refused_in_words(head: Browser) -> None:
    answer = send(head, b"x," * (11 * 1024 * 1024))
    assert answer.status_code == 413
    assert "too large" in answer.text


@pytest.mark.parametrize("data", [{"kind": "products"}, {"kind": "orders"}, {}])
def test_no_file_or_an_unknown_kind_is_said_beside_the_field(head: Browser, data: dict[str, str]) -> None:
    assert head.post("/desk/imports", data).status_code == 422
    if data.get("kind") != "products":
        answer = head.post("/desk/imports", data, files={"file": ("x.csv", PRICES)})
        assert "Choose what the list holds." in answer.text


def test_cells_are_shown_as_text(head: Browser) -> None:
    evil = "<img src=x onerror=alert(1)>"
    rows = price_list(price_row(1, evil), price_row(2, FLAT, 备注=evil, 品名=evil))
    path = uploaded(head, csv_file(rows))
    for page in (path, f"{path}/check?show=problem", f"{path}/check?show=created"):
        text = head.get(page).text
        assert "<img" not in text
        assert "&lt;img" in text


def test_pages_speak_chinese_too(session: Session, client_for: ClientFor) -> None:
    browser = client_for(_committed(session, Role.ADMINISTRATOR, locale="zh"))
    path = uploaded(browser)
    assert "导入：新建 2，更新 0" in browser.get(f"{path}/check").text
    assert "见图纸" in browser.get(f"{path}/check?show=problem").text


def _committed(session: Session, role: Role, **columns: Any) -> Any:
    user = a_user(session, role, **columns)
    session.commit()
    return user
