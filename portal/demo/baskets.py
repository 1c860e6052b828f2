"""What a customer of the demonstration puts into an order: its usual wheels, as much as the plan wants, in stock or not."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random

from portal.demo.opening import Client, Ware
from portal.demo.plans import Course
from portal.orders.submission import Wanted

USUAL = 14
SPAN = {"small": (1500, 12000), "considerable": (22000, 42000), "large": (104000, 150000)}
LINES = {"small": (1, 4), "considerable": (3, 6), "large": (5, 8)}
MOST_LINES = 14


def basket(
    client: Client, course: Course, wares: Iterable[Ware], free: Mapping[int, int | None], chance: Random
) -> tuple[Wanted, ...]:
    """Choose lines; `free` is what is in stock by variant. There is always at least one line."""
    known = [ware for ware in wares if ware.customer_id in (None, client.customer_id)]
    shelf = _in_order_of_liking(client, [ware for ware in known if ware.customer_id is None], chance)
    amount = Decimal(chance.randint(*SPAN[course.size]))
    each = amount / chance.randint(*LINES[course.size])
    chosen: dict[str, int] = {}
    for ware in shelf:
        if amount <= 0 or len(chosen) == MOST_LINES:
            break
        free_now = free.get(ware.variant_id) or 0
        wanted = _fitting(_pieces(ware, each), ware, free_now, _wants_stock(course, chosen))
        if wanted:
            chosen[ware.sku] = wanted
            amount -= ware.price * wanted
    special = [ware for ware in known if ware.customer_id is not None]
    if course.custom and special:
        chosen[chance.choice(special).sku] = max(ware.smallest for ware in special)
    return tuple(Wanted(sku, quantity) for sku, quantity in chosen.items())


def _in_order_of_liking(client: Client, shelf: list[Ware], chance: Random) -> list[Ware]:
    """The wheels a customer always buys come first, in any order, then all others."""
    usual = Random(f"usual-{client.place}").sample(shelf, min(USUAL, len(shelf)))
    others = [ware for ware in shelf if ware not in usual]
    return [*chance.sample(usual, len(usual)), *chance.sample(others, len(others))]


def _wants_stock(course: Course, chosen: Mapping[str, int]) -> bool | None:
    """Say whether the next line is to be in stock, short, or either."""
    if course.stock == "any":
        return None
    if course.stock == "in":
        return True
    if course.stock == "mixed":
        return not chosen
    return None if chosen else False


def _pieces(ware: Ware, amount: Decimal) -> int:
    """Return how many cost about so much, as they can be ordered."""
    wanted = max(ware.smallest, int(amount / ware.price))
    return -(-wanted // ware.multiple) * ware.multiple


def _fitting(quantity: int, ware: Ware, free: int, in_stock: bool | None) -> int:
    """Return the quantity when it is in stock or short as wished; 0 when it is not. What lies there is enough for the wish to have it all."""
    if in_stock is None:
        return quantity
    if in_stock:
        there = min(quantity, free // ware.multiple * ware.multiple)
        return there if there >= ware.smallest else 0
    return quantity if free < quantity else 0
