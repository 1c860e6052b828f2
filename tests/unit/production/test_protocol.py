"""How an order's account in the factory adds up."""

from portal.production.protocol import LineAccount, OrderAccount
from portal.production.queries.visibility import order_of_reference


def test_an_account_adds_up_its_lines() -> None:
    account = OrderAccount("SO-1", (LineAccount(1, 8, 3, 1, 4, 4), LineAccount(2, 5, 5, 0, 0, 5)))
    assert (account.short, account.reserved, account.shipped, account.in_production, account.released) == (
        4,
        8,
        1,
        4,
        9,
    )


def test_a_ledger_line_names_its_order_also_by_its_parcel() -> None:
    assert order_of_reference("SO-260716-031") == "SO-260716-031"
    assert order_of_reference("SO-260716-031-2") == "SO-260716-031"
    assert order_of_reference("MO-260716-004") is None
    assert order_of_reference("") is None
