"""Price lists go into a shop: families, shelves, codes, stock; all or nothing; again without doubling."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor, Role
from portal.accounts.models import AuditEntry
from portal.catalog import queries as catalog
from portal.catalog.codes import resolve_code
from portal.catalog.models import Category, PackageCode, Product, Variant
from portal.errors import NotFound
from portal.imports import service
from portal.imports.kinds import read_list
from portal.imports.plan import Plan
from portal.imports.reading import read_sheet
from portal.production import queries as production
from portal.production import service as book
from portal.production.models import StockMovement
from tests.factories.catalog import a_category, a_product, a_variant
from tests.factories.customers import a_contact, a_user, actor_of
from tests.unit.imports.lists import csv_file, price_list, price_row, workbook

FLAT = "1-400×50×203-WA60K5V-35m/s"
LINK = "https://id.example.com/01/06901234500417/10/L2324"
Rows = Sequence[Sequence[Any]]


def bring_in(session: Session, *rows: Sequence[Any], actor: Actor = SYSTEM, content: bytes = b"") -> Plan:
    content = content or csv_file(price_list(*rows), encoding="gb18030")
    listed = read_list("products", read_sheet(content, "价格表.csv"))
    seen = service.plan_list(session, actor=actor, listed=listed).plan.seen()
    source = service.Source("价格表.csv", "0" * 64)
    plan = service.apply_list(session, actor=actor, listed=listed, source=source, seen=seen)
    session.commit()
    return plan


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_list_becomes_products_by_shape_and_size_on_shelves_by_shape(session: Session) -> None:
    bring_in(
        session,
        price_row(1, "1-400*50*203-WA60K5V-35m/s"),
        price_row(2, " 1－400×50×203－GC80J7V－35m/s ", **{"含税单价(元)": "1,086.50"}),
        price_row(3, "6-125x63x32-GC80J8V", 品名="杯形砂轮"),
        ["合计", *[""] * 10],
    )

    products = session.execute(select(Product.name_zh, Product.name_en).order_by(Product.id)).all()
    shelves = session.execute(select(Category.name_zh, Category.shape).order_by(Category.id)).all()
    item = catalog.item(session, actor=SYSTEM, sku="WA1-0002")
    assert [tuple(row) for row in products] == [
        ("平形砂轮 400×50×203", "Straight wheel 400×50×203"),
        ("杯形砂轮 125×63×32", "Straight cup wheel 125×63×32"),
    ]
    assert [tuple(row) for row in shelves] == [("平形", "1"), ("杯形", "6")]
    assert (item.marking, item.list_price, item.pack_size) == ("1-400×50×203-GC80J7V-35m/s", Decimal("1086.50"), 10)
    assert item.order_multiple == 1, "the list does not ask for whole packs"


def test_imported_items_are_found_by_customers(session: Session) -> None:
    bring_in(session, price_row(1, "1-400*50*203-WA60K5V-35m/s"), price_row(2, "1-300*40*127-GC80J7V"))
    contact = actor_of(a_contact(session))
    assert [item.sku for item in catalog.items(session, actor=contact, search="400x50 白刚玉").rows] == ["WA1-0001"]


def test_an_existing_shelf_and_product_of_the_size_are_used(session: Session) -> None:
    shelf = a_category(session, "straight", shape="1")
    mine = a_product(session, name_zh="平形砂轮 400×50×203", category_id=shelf.id)
    a_variant(session, mine, marking="1-400×50×203-PA46K5V-35m/s")
    others = a_product(session, name_zh="铬刚玉砂轮 PA", category_id=shelf.id)
    a_variant(session, others, marking="1-300×40×127-PA46K5V-35m/s")

    bring_in(session, price_row(1, FLAT), price_row(2, "1-300×40×127-WA60K5V"))

    placed = {
        row.sku: row.product_id
        for row in session.execute(select(Variant.sku, Variant.product_id).where(Variant.sku.like("WA1-%")))
    }
    assert placed["WA1-0001"] == mine.id
    assert placed["WA1-0002"] != others.id, "a product called after an abrasive takes in no other"
    assert count(session, Category) == 1


def test_a_custom_item_is_invisible_until_it_is_granted(session: Session) -> None:
    bring_in(session, price_row(1, FLAT, 备注="定制"), price_row(2, "1-400×50×203-WA80K5V"))
    contact = actor_of(a_contact(session))

    assert catalog.items_by_sku(session, actor=contact, skus=["WA1-0001", "WA1-0002"]).keys() == {"WA1-0002"}
    kinds = session.scalars(select(Product.kind).order_by(Product.id)).all()
    assert list(kinds) == ["custom", "standard"], "a custom item shares its product with no other"


def test_package_codes_lead_to_their_items(session: Session) -> None:
    bring_in(session, price_row(1, FLAT, 二维码内容=LINK), price_row(2, "1-400×50×203-WA80K5V", 二维码内容="BOX 77"))
    for code, sku in ((LINK, "WA1-0001"), ("06901234500417", "WA1-0001"), ("BOX 77", "WA1-0002")):
        scanned = resolve_code(session, actor=SYSTEM, text=code)
        assert scanned is not None
        assert scanned.item.sku == sku
    bare = resolve_code(session, actor=SYSTEM, text="06901234500417")
    assert bare is not None
    assert bare.lot is None, "the lot was one package's"


def test_stock_enters_the_book_as_counted_once_and_the_ledger_lives_on(session: Session) -> None:
    rows = [price_row(1, FLAT, 现有库存="40"), price_row(2, "1-400×50×203-WA80K5V", 现有库存="0")]
    bring_in(session, *rows)
    ids = {row.sku: row.id for row in session.execute(select(Variant.sku, Variant.id))}
    movement = session.execute(
        select(StockMovement.kind, StockMovement.quantity, StockMovement.on_hand, StockMovement.reason)
    ).one()
    assert tuple(movement) == ("count", 40, 40, "期初库存，来自 价格表.csv")
    assert production.available(session, ids.values()) == {ids["WA1-0001"]: 40, ids["WA1-0002"]: 0}

    keeper = actor_of(a_user(session, Role.WAREHOUSE))
    book.stock_out(session, actor=keeper, variant_id=ids["WA1-0001"], quantity=15, reason="样品")
    again = bring_in(session, *rows)

    assert production.available(session, [ids["WA1-0001"]]) == {ids["WA1-0001"]: 25}
    assert [finding.reason for finding in again.of_kind("notice")] == ["stock_differs"]


def test_a_list_without_a_stock_column_leaves_the_book_alone(session: Session) -> None:
    bring_in(session, content=csv_file([["货号", "规格", "单价"], ["A-1", FLAT, "200"]]))
    assert count(session, StockMovement) == 0


@pytest.mark.parametrize("file", ["gb18030", "utf-8-sig", "utf-16", "xlsx"])
def test_the_second_run_changes_nothing_whatever_the_file(session: Session, file: str) -> None:
    rows = price_list(
        price_row(1, "1-400*50*203-WA60K5V-35m/s", 二维码内容=LINK, 备注="停产"),
        price_row(2, "N1-400×50×203-WA80K5V-35m/s", 备注="定制", **{"含税单价(元)": "-"}),
        price_row(3, "1-4０0×５０×２０3-WA4６K5V-３5m/s", 包装数量="25片/箱", 二维码内容="WA1-0003"),
    )
    content = workbook(rows) if file == "xlsx" else csv_file(rows, encoding=file)
    first = bring_in(session, content=content)
    before = [count(session, table) for table in (Variant, Product, PackageCode, StockMovement)]

    second = bring_in(session, content=content)

    assert (first.counts["created"], second.counts["created"]) == (3, 0)
    assert (second.counts["unchanged"], second.counts["changed"]) == (3, 0)
    assert [count(session, table) for table in (Variant, Product, PackageCode, StockMovement)] == before


def test_a_new_price_list_changes_prices_and_tells_who_edits_at_the_same_time(session: Session) -> None:
    bring_in(session, price_row(1, FLAT), price_row(2, "1-400×50×203-WA80K5V"))
    version = session.scalars(select(Variant.version).where(Variant.sku == "WA1-0001")).one()

    bring_in(session, price_row(1, FLAT, **{"含税单价(元)": "200"}), price_row(2, "1-400×50×203-WA80K5V"))

    row = session.scalars(select(Variant).where(Variant.sku == "WA1-0001")).one()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "variant.edited")).one()
    assert (row.list_price, row.version) == (Decimal("200.00"), version + 1)
    assert entry.changes == {"list_price": ["186.00", "200.00"], "version": [version, version + 1]}


def test_an_item_whose_marking_changed_is_found_by_the_new_one(session: Session) -> None:
    bring_in(session, price_row(1, FLAT))
    bring_in(session, price_row(1, "1-400×50×203-GC120J7V"))
    assert [item.sku for item in catalog.items(session, actor=SYSTEM, search="GC120").rows] == ["WA1-0001"]
    assert catalog.items(session, actor=SYSTEM, search="WA60").total == 0


def test_the_import_is_written_down_with_file_and_counts(session: Session) -> None:
    bring_in(session, price_row(1, FLAT), price_row(2, "见图纸"))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "import")).one()
    assert (entry.action, entry.subject_key, entry.changes["file"][1]) == ("import.products", "0" * 64, "价格表.csv")
    assert (entry.changes["rows"][1]["created"], entry.changes["rows"][1]["problem"]) == (1, 1)


def test_a_row_that_fails_in_the_middle_leaves_nothing_behind(session: Session) -> None:
    session.execute(text("alter table variants add constraint unlucky check (sku <> 'WA1-0250')"))
    session.commit()
    rows = [price_row(number, f"1-{100 + number}×50×32-WA60K5V") for number in range(1, 401)]

    with pytest.raises(service.Refused):
        bring_in(session, *rows)
    session.rollback()

    assert [count(session, table) for table in (Variant, Product, Category, StockMovement, AuditEntry)] == [0] * 5


def test_a_shop_that_changed_after_it_was_shown_is_told_and_nothing_is_written(session: Session) -> None:
    listed = read_list(
        "products", read_sheet(csv_file(price_list(price_row(1, FLAT), price_row(2, "1-400×50×203-WA80K5V"))), "x")
    )
    seen = service.plan_list(session, actor=SYSTEM, listed=listed).plan.seen()
    bring_in(session, price_row(1, FLAT))

    with pytest.raises(service.ShopChanged) as refused:
        service.apply_list(session, actor=SYSTEM, listed=listed, source=service.Source("x", "0" * 64), seen=seen)

    assert [(one.row, one.before, one.after) for one in refused.value.differences] == [(3, "created", "unchanged")]
    assert count(session, Variant) == 1


@pytest.mark.parametrize("role", [Role.SALESPERSON, Role.SALES_MANAGER, Role.WAREHOUSE, Role.FINANCE])
def test_only_administrators_import(session: Session, role: Role) -> None:
    listed = read_list("products", read_sheet(csv_file(price_list(price_row(1, FLAT))), "x"))
    source = service.Source("x", "0" * 64)
    for actor in (actor_of(a_user(session, role)), actor_of(a_contact(session))):
        with pytest.raises(NotFound):
            service.plan_list(session, actor=actor, listed=listed)
        with pytest.raises(NotFound):
            service.apply_list(session, actor=actor, listed=listed, source=source, seen={})


def test_two_thousand_rows_take_few_statements_a_row(session: Session) -> None:
    """Time depends on the machine, statements do not: 0.4 of them a row, so that a long list takes seconds."""
    from sqlalchemy import event

    statements = 0

    def counted(*_arguments: Any) -> None:
        nonlocal statements
        statements += 1

    rows = [
        price_row(number, f"1-{200 + number % 20 * 10}×{20 + number % 7}×32-WA{(46, 60, 80)[number % 3]}K5V")
        for number in range(1, 1001)
    ]
    event.listen(session.get_bind(), "before_cursor_execute", counted)
    plan = bring_in(session, *rows)

    assert plan.counts["created"] == 1000
    assert statements < 1000


def test_an_item_that_the_book_knows_is_not_opened_again(session: Session) -> None:
    variant = a_variant(session)
    book.open_stock(session, actor=SYSTEM, openings={variant.id: book.Opening(8, "a-1")}, reason="期初")
    book.open_stock(session, actor=SYSTEM, openings={variant.id: book.Opening(99)}, reason="期初")
    assert production.on_hand(session, [variant.id]) == {variant.id: 8}
    assert count(session, StockMovement) == 1
    keeper = actor_of(a_user(session, Role.FINANCE))
    with pytest.raises(NotFound):
        book.open_stock(session, actor=keeper, openings={variant.id: book.Opening(1)}, reason="期初")
