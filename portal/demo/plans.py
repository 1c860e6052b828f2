"""What becomes of each order of the demonstration, decided beforehand and the same at every run (pure).

An ordinary order takes its course until today finds it somewhere. A told story ends where it is to be found today: `stops_at` names
the step that nobody takes.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from portal.demo.texts import NOTES
from portal.demo.working_time import earlier, later

DAYS = 60
ORDINARY = 120

Size = Literal["small", "considerable", "large"]
Stock = Literal["in", "short", "mixed", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """A wish to cancel, so many business hours after submitting, and what the salesperson says when asked."""

    after: float
    answer: Literal["agree", "decline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What kind of order it is and how everybody treats it. Durations in business hours."""

    size: Size = "small"
    stock: Stock = "in"
    custom: bool = False
    partial: bool = True
    reviews: tuple[str, ...] = ("approve",)
    review_after: float = 1.5
    pays_after: float = 5
    pays_share: float = 1
    made_after: tuple[float, float] = (6, 40)
    """Until production starts, and from there until it is finished."""
    picked_after: float = 3
    parcels: int = 1
    confirms_after: float | None = 20
    """None: never; the process completes by itself."""
    cancelling: Cancelling | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One order: whose (a place in the shop), when, its course, and the step that nobody takes."""

    key: str
    client: int
    at: datetime
    course: Course
    note: str = ""
    stops_at: str = ""
    contact: int | None = None
    """A place among the customer's contacts; None: any of them."""

    def chance(self) -> Random:
        """Return this order's own dice."""
        return Random(self.key)


def ordinary(now: datetime, clients: Iterable[int], *, count: int = ORDINARY) -> Iterator[Plan]:
    """Make up everyday orders of the last `DAYS` days, more of them lately; each customer's first comes early."""
    places = list(clients)
    chance = Random("ordinary")
    chance.shuffle(places)
    for number in range(count):
        ago = DAYS * (1 - number / count) ** 1.25 + 0.1
        client = places[number] if number < len(places) else chance.choice(places)
        key = f"ordinary-{number}"
        note = chance.choice(NOTES) if chance.random() < 0.3 else ""
        yield Plan(key, client, _moment(now, ago, chance), _any_course(Random(f"{key} course")), note)


def _moment(now: datetime, days_ago: float, chance: Random) -> datetime:
    """Orders come in business hours, now and then in the evening or at the weekend."""
    about = now - timedelta(days=days_ago)
    if chance.random() < 0.12:
        return min(about + timedelta(minutes=chance.randint(0, 50)), now - timedelta(minutes=20))
    return min(later(about, chance.uniform(0, 3)), earlier(now, 0.3))


def _any_course(chance: Random) -> Course:
    slow = chance.random() < 0.15
    return Course(
        size="considerable" if chance.random() < 0.12 else "small",
        stock=chance.choices(("in", "short", "mixed"), (60, 20, 20))[0],
        custom=chance.random() < 0.5,
        partial=chance.random() < 0.8,
        reviews=chance.choices((("approve",), ("send_back", "approve"), ("reject",)), (82, 10, 8))[0],
        review_after=chance.uniform(0.3, 3.5),
        pays_after=chance.uniform(50, 150) if slow else chance.uniform(2, 34),
        pays_share=0.5 if chance.random() < 0.06 else 1,
        made_after=(chance.uniform(3, 16), chance.uniform(12, 60)),
        picked_after=chance.uniform(0.5, 8),
        parcels=2 if chance.random() < 0.15 else 1,
        confirms_after=chance.uniform(14, 40) if chance.random() < 0.72 else None,
        cancelling=_wish(chance) if chance.random() < 0.07 else None,
    )  # fmt: skip


def _wish(chance: Random) -> Cancelling:
    return Cancelling(after=math.exp(chance.uniform(-1.5, 3)), answer="agree" if chance.random() < 0.7 else "decline")


@dataclass(frozen=True, slots=True)
class _Story:
    """Where an order stands today: placed so many business hours ago by a customer of a type, stopped at a step."""

    stops_at: str
    hours: float
    type: Literal["one", "two", "any"]
    course: Course


_BRISK = Course(review_after=0.4, pays_after=0.5, picked_after=1)
_SHORT = replace(_BRISK, stock="short", partial=False)
_CONSIDERABLE = Course(size="considerable", stock="any", review_after=1)
_LARGE = Course(size="large", stock="any")
_SENT_BACK = replace(_CONSIDERABLE, reviews=("send_back", "approve"))


def _cancelled(course: Course, after: float, answer: Literal["agree", "decline"] = "agree") -> Course:
    return replace(course, cancelling=Cancelling(after=after, answer=answer))


_EACH_SALESPERSON = (
    _Story("review_by_salesperson", 12, "any", _CONSIDERABLE),
    _Story("review_by_salesperson", 2, "any", _CONSIDERABLE),
    _Story("review_by_salesperson", 0.8, "any", replace(_CONSIDERABLE, custom=True)),
    _Story("confirm_payment", 14, "two", _BRISK),
    _Story("confirm_payment", 8, "two", _BRISK),
    _Story("confirm_payment", 3, "two", _BRISK),
    _Story("finish", 34, "any", replace(_SHORT, made_after=(8, 60))),
    _Story("pick", 9, "any", _BRISK),
    _Story("second_parcel", 22, "any", replace(_BRISK, parcels=2)),
    _Story("confirm_receipt", 18, "any", _BRISK),
)
"""What every salesperson finds: overdue, due today and later, and goods on their way."""

_ONCE = (
    _Story("review_by_manager", 11, "any", _LARGE),
    _Story("review_by_manager", 5, "any", _LARGE),
    _Story("review_by_manager", 1.5, "any", _LARGE),
    _Story("revise_order", 16, "one", _SENT_BACK),
    _Story("revise_order", 6, "two", _SENT_BACK),
    _Story("start", 26, "one", _SHORT),
    _Story("start", 14, "two", replace(_BRISK, stock="mixed")),
    _Story("start", 6, "one", _SHORT),
    _Story("ship", 7, "any", _BRISK),
    _Story("ship", 5, "any", _BRISK),
    _Story("decide_cancellation", 24, "one", _cancelled(_SHORT, 16)),
    _Story("decide_cancellation", 9, "one", _cancelled(_SHORT, 7)),
    _Story("refund_payment", 48, "two", _cancelled(_SHORT, 12)),
    _Story("refund_payment", 20, "two", _cancelled(_SHORT, 10)),
    _Story("", 75, "two", _cancelled(_SHORT, 12)),
    _Story("", 36, "one", _cancelled(_SHORT, 6, "decline")),
    _Story("", 40, "two", _cancelled(Course(review_after=5), 0.1)),
    _Story("", 44, "one", _cancelled(_SHORT, 6)),
    _Story("", 60, "one", replace(_CONSIDERABLE, reviews=("reject",))),
    _Story("", 75, "any", replace(_BRISK, confirms_after=9)),
)
"""The rest of what can be met, once each."""


_EACH_VISITED = (
    _Story("review_by_salesperson", 1.2, "any", _CONSIDERABLE),
    _Story("revise_order", 10, "any", _SENT_BACK),
    _Story("start", 12, "any", _SHORT),
    _Story("finish", 30, "any", replace(_SHORT, made_after=(6, 60))),
    _Story("pick", 7, "any", _BRISK),
    _Story("second_parcel", 26, "any", replace(_BRISK, parcels=2)),
    _Story("confirm_receipt", 15, "any", _BRISK),
    _Story("", 80, "any", replace(_BRISK, confirms_after=12)),
    _Story("", 55, "any", _cancelled(Course(size="considerable", stock="any", review_after=5), 0.2)),
)
"""What a visitor who logs in as one of the printed contacts finds: an order at every stage."""


def told(
    now: datetime, teams: list[list[tuple[int, str]]], visited: Iterable[int], *, salespeople: int | None = None
) -> Iterator[Plan]:
    """Tell the stories whose ends stand on today's pages.

    `teams` lists for each salesperson the customers as (place, type); `visited` are the places of those that visitors log in for.
    """
    for place in visited:
        for number, story in enumerate(_EACH_VISITED):
            plan = _told(f"visited-{place}-{number}", story, [(place, "any")], now)
            yield replace(plan, contact=0)
    everybody = [client for team in teams for client in team]
    for number, story in enumerate(_ONCE):
        yield _told(f"told-{number}", story, everybody, now)
    for who, team in enumerate(teams[:salespeople]):
        for number, story in enumerate(_EACH_SALESPERSON):
            yield _told(f"told-{who}-{number}", story, team, now)


def _told(key: str, story: _Story, clients: list[tuple[int, str]], now: datetime) -> Plan:
    chance = Random(key)
    place = chance.choice([place for place, type_ in clients if story.type in ("any", type_)] or [clients[0][0]])
    note = chance.choice(NOTES) if chance.random() < 0.3 else ""
    at = earlier(now, story.hours + chance.uniform(0, 0.3))
    return Plan(key, place, at, story.course, note, story.stops_at)
