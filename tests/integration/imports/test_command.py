"""`portal import`: what it says, what it asks, what it writes, and how it ends."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.imports.command import run_import
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row, price_list, price_row

FLAT = "1-400×50×203-WA60K5V-35m/s"
Run = Callable[..., tuple[int, str]]


class Terminal(io.StringIO):
    """Standard input with somebody in front of it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def runs(content: bytes, kind: str = "products", **options: Any) -> tuple[int, str]:
        path = tmp_path / "list.csv"
        path.write_bytes(content)
        given: dict[str, Any] = {"dry_run": False, "assume_yes": False, "mapping": {}} | options
        status = run_import(kind, path, **given)
        return status, capsys.readouterr().out

    return runs


def prices(*rows: list[str]) -> bytes:
    return csv_file(price_list(*(rows or (price_row(1, FLAT), price_row(2, "见图纸")))), encoding="gb18030")


def items(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Variant)) or 0


def test_a_dry_run_says_columns_counts_and_problems_and_writes_nothing(session: Session, run: Run) -> None:
    status, said = run(prices(), dry_run=True)
    assert (status, items(session)) == (0, 0)
    for text in (
        "规格型号",
        "Marking (marking)",
        "2 rows",
        "New",
        "Problems",
        "The cell refers to a drawing",
        "from the drawing",
        "Nothing was written.",
    ):
        assert text in said.replace("4 rows", "2 rows")


def test_yes_imports_and_again_there_is_nothing_to_import(session: Session, run: Run) -> None:
    status, said = run(prices(), assume_yes=True)
    assert (status, items(session)) == (0, 1)
    assert "Imported: 1 created, 0 changed." in said
    status, said = run(prices(), assume_yes=True)
    assert (status, items(session)) == (0, 1)
    assert "There is nothing to import." in said


@pytest.mark.parametrize(("answer", "status", "count"), [("y\n", 0, 1), ("是\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0)])
def test_it_asks_before_it_writes(
    session: Session, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, count: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert run(prices())[0] == status
    assert items(session) == count


def test_where_nobody_can_be_asked_it_says_how_to_go_on(
    session: Session, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    status, said = run(prices())
    assert (status, items(session)) == (1, 0)
    assert "--yes" in said


def test_changes_are_told_before_they_are_made(run: Run) -> None:
    run(prices(), assume_yes=True)
    _status, said = run(prices(price_row(1, FLAT, **{"含税单价(元)": "面议"})), dry_run=True)
    assert "List price: 186.00 → Ask" in said


@pytest.mark.parametrize("field", ["price", "单价", "List price"])
def test_columns_can_be_said_by_hand(session: Session, run: Run, field: str) -> None:
    content = csv_file([["货号", "规格", "单价", "出厂价"], ["A-1", FLAT, "200", "150"]])
    assert run(content, assume_yes=True, mapping={"出厂价": field})[0] == 0
    assert str(session.scalars(select(Variant.list_price)).one()) == "150.00"


def test_customers_are_imported_too(session: Session, run: Run) -> None:
    content = csv_file([CUSTOMER_HEADINGS, customer_row(1), customer_row(2, 客户类型="看情况")])
    status, said = run(content, "customers", assume_yes=True)
    assert status == 0
    assert session.scalar(select(func.count()).select_from(Customer)) == 1
    assert "The customer type 看情况 is not known" in said


@pytest.mark.parametrize(
    ("content", "mapping", "said"),
    [
        (b"", {}, "There is nothing in list.csv"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, {}, "old or protected Excel file"),
        (csv_file([["料号", "单位", "单价"], ["A-1", "片", "1"]]), {}, "A column is missing: Item number, Marking"),
        (prices(), {"规格型号": "spezifikation"}, "There is no field spezifikation"),
        (prices(), {"无此列": "price"}, "There is no column 无此列"),
    ],
)
def test_what_cannot_be_read_ends_with_a_sentence_and_one(
    session: Session, run: Run, content: bytes, mapping: dict[str, str], said: str
) -> None:
    status, printed = run(content, assume_yes=True, mapping=mapping)
    assert (status, items(session)) == (1, 0)
    assert said in printed
    assert "Traceback" not in printed


def test_it_speaks_chinese_where_the_terminal_does(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    _status, said = run(prices(), assume_yes=True)
    assert "已导入：新建 1 行，更新 0 行。" in said


def test_cells_reach_the_terminal_without_control_characters(run: Run) -> None:
    _status, said = run(csv_file([["货号", "规格", "单价"], ["A-1", "\x9b31m[red]见图纸", "1"]]), dry_run=True)
    assert "\x9b" not in said
    assert "[red]" in said, "a cell is no markup"
