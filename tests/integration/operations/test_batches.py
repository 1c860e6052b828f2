"""Batches: each item in its own transaction with its own result; canaries first; nothing is done twice."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import AuditEntry, User
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted
from portal.operations import batches
from portal.operations.queries import batches as queries
from portal.web.i18n import lazy_gettext as _
from tests.factories.customers import a_contact, a_user

PATH = "/desk/operations/batches"


class Hands:
    """A kind of batch for tests: it renames a user, or fails as told."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.fail: dict[int, list[Exception]] = {}

    def do(self, session: Session, *, actor: Actor, subject_id: int, parameters: dict[str, Any], reason: str) -> Any:
        self.done.append(subject_id)
        session.execute(update(User).where(User.name == "somebody").values(title=f"{parameters['to']} {subject_id}"))
        if self.fail.get(subject_id):
            raise self.fail[subject_id].pop(0)
        return _("Retry") if subject_id == 1 else None


@pytest.fixture
def hands() -> Iterator[Hands]:
    hands = Hands()
    batches.batch_kind("test", label=("试", "Test"))(hands.do)
    yield hands
    del batches._kinds["test"]


@pytest.fixture
def admin(session: Session) -> Actor:
    a_user(session, "salesperson", name="somebody")
    user = a_user(session, "administrator", name="管理员")
    session.commit()
    return Actor(user.id, user.name, frozenset(user.roles))


def _start(actor: Actor, count: int = 5, **more: Any) -> int:
    with unit_of_work() as session:
        return batches.start_batch(
            session, actor=actor, kind="test", subjects=[(n, f"SO-{n}") for n in range(1, count + 1)], parameters={"to": "x"},
            reason=more.pop("reason", "because"), **more,
        )  # fmt: skip


def _look(batch_id: int) -> queries.BatchRow:
    with unit_of_work() as session:
        return queries.batch(session, batch_id)


def _title() -> str:
    with unit_of_work() as session:
        return session.scalars(select(User.title).where(User.name == "somebody")).one()


def test_each_item_has_its_own_result(admin: Actor, hands: Hands, drain: Callable[[], int]) -> None:
    hands.fail = {2: [Conflict(_("This batch is over"))], 3: [ValueError("broken")]}
    batch_id = _start(admin)
    drain()
    found = _look(batch_id)
    assert (found.status, found.counts) == ("finished", {"done": 3, "refused": 1, "failed": 1})
    with unit_of_work() as session:
        rows = queries.items(session, batch_id).rows
    assert [(row.subject_id, row.status) for row in rows[:2]] == [(3, "failed"), (2, "refused")]
    assert rows[0].message_en == "ValueError: broken"
    assert (rows[1].message_zh, rows[1].message_en) == ("这一批已经结束", "This batch is over")


def test_what_a_refused_item_did_is_undone(admin: Actor, hands: Hands, drain: Callable[[], int]) -> None:
    hands.fail = {3: [Conflict("no")]}
    _start(admin, count=3)
    drain()
    assert _title() == "x 2"


def test_a_lock_is_waited_for_and_then_given_up(admin: Actor, hands: Hands, drain: Callable[[], int]) -> None:
    lost = OperationalError("select", {}, Exception("lock timeout"))
    hands.fail = {1: [lost], 2: [lost] * 3}
    batch_id = _start(admin, count=2)
    drain()
    assert _look(batch_id).counts == {"done": 1, "failed": 1}
    assert hands.done == [1, 1, 2, 2, 2]


def test_canaries_go_first_and_the_rest_waits_to_be_continued(
    admin: Actor, hands: Hands, drain: Callable[[], int]
) -> None:
    batch_id = _start(admin, canaries=2)
    drain()
    assert (_look(batch_id).status, hands.done) == ("paused", [1, 2])
    with unit_of_work() as session:
        batches.continue_batch(session, actor=admin, batch_id=batch_id)
    drain()
    assert (_look(batch_id).status, hands.done) == ("finished", [1, 2, 3, 4, 5])


def test_what_was_done_in_vain_counts_as_failed(
    admin: Actor, hands: Hands, drain: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_do", lambda _session, _item: batches.Vain("again"))
    batch_id = _start(admin, count=2)
    drain()
    assert _look(batch_id).counts == {"failed": 2}


def test_a_stopped_batch_leaves_the_rest_undone(admin: Actor, hands: Hands, drain: Callable[[], int]) -> None:
    batch_id = _start(admin, canaries=2)
    drain()
    with unit_of_work() as session:
        batches.stop_batch(session, actor=admin, batch_id=batch_id)
    with pytest.raises(Conflict), unit_of_work() as session:
        batches.continue_batch(session, actor=admin, batch_id=batch_id)
    drain()
    assert (_look(batch_id).status, hands.done) == ("stopped", [1, 2])


def test_a_delivery_that_comes_twice_does_nothing_twice(admin: Actor, hands: Hands) -> None:
    batch_id = _start(admin)
    batches.work(batch_id)
    batches.work(batch_id)
    assert hands.done == [1, 2, 3, 4, 5]


def test_a_long_batch_goes_on_in_another_delivery(
    admin: Actor, hands: Hands, drain: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(0, 1000, 10))
    monkeypatch.setattr(batches.time, "monotonic", lambda: next(times))
    batch_id = _start(admin)
    assert drain() > 1
    assert (_look(batch_id).status, hands.done) == ("finished", [1, 2, 3, 4, 5])


def test_the_rest_follows_the_canaries_however_long_these_take(
    admin: Actor, hands: Hands, drain: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(range(0, 1000, 10))  # the time of a delivery is up after one item
    monkeypatch.setattr(batches.time, "monotonic", lambda: next(times))
    batch_id = _start(admin, canaries=1)
    drain()
    assert (_look(batch_id).status, hands.done) == ("paused", [1])
    with unit_of_work() as session:
        batches.continue_batch(session, actor=admin, batch_id=batch_id)
    drain()
    assert (_look(batch_id).status, hands.done) == ("finished", [1, 2, 3, 4, 5])


def test_the_one_who_started_it_must_still_be_allowed(
    session: Session, admin: Actor, hands: Hands, drain: Callable[[], int]
) -> None:
    batch_id = _start(admin, count=1)
    seen: list[bool] = []
    batches.batch_kind("test", label=("试", "Test"))(
        lambda _s, *, actor, **_more: seen.append(actor.has("administrator"))
    )
    session.execute(update(User).where(User.id == admin.user_id).values(active=False))
    session.commit()
    drain()
    assert (seen, _look(batch_id).status) == ([False], "finished")


def test_a_batch_needs_a_reason_something_to_do_and_an_administrator(
    session: Session, admin: Actor, hands: Hands
) -> None:
    for reason in (" ", "x" * 1001):
        with pytest.raises(InvalidInput) as refused:
            _start(admin, reason=reason)
        assert "reason" in refused.value.fields
    with pytest.raises(InvalidInput):
        _start(admin, count=0)
    seller = a_user(session, "salesperson")
    for other in (Actor(seller.id, seller.name, frozenset(seller.roles)), SYSTEM):
        with pytest.raises(NotPermitted):
            _start(other)
    with pytest.raises(NotFound), unit_of_work() as unit:
        batches.start_batch(unit, actor=admin, kind="nothing", subjects=[(1, "a")], parameters={}, reason="r")


def test_a_batch_is_audited(session: Session, admin: Actor, hands: Hands) -> None:
    _start(admin, reason="the price was wrong")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "batch.test")).one()
    assert (entry.actor_id, entry.reason) == (admin.user_id, "the price was wrong")


def test_the_pages_show_progress_and_act(
    session: Session, client_for: Callable[..., Any], admin: Actor, hands: Hands, drain: Callable[[], int]
) -> None:
    user = a_user(session, "administrator")
    session.commit()
    hands.fail = {2: [Conflict(_("This batch is over"))]}
    batch_id = _start(admin, canaries=2, reason="try <b>two</b> first")
    drain()
    browser = client_for(user, language="en")
    assert "try &lt;b&gt;two&lt;/b&gt; first" in browser.get(PATH).text
    page = browser.get(f"{PATH}/{batch_id}").text
    assert "Go on with the other 3" in page
    assert "This batch is over" in page
    assert browser.get(f"{PATH}/{batch_id}", htmx=True).text.lstrip().startswith('<div class="boxes" id="progress">')
    assert browser.post(f"{PATH}/{batch_id}/continuation", {}).status_code == 303
    drain()
    assert browser.post(f"{PATH}/{batch_id}/stop", {}).status_code == 409
    assert "All done" in browser.get(f"{PATH}/{batch_id}").text
    assert browser.get(f"{PATH}/{batch_id + 1}").status_code == 404


def test_only_administrators_see_batches(
    session: Session, client_for: Callable[..., Any], admin: Actor, hands: Hands
) -> None:
    batch_id = _start(admin)
    people = [a_user(session, "salesperson"), a_contact(session)]
    session.commit()
    for person in people:
        browser = client_for(person)
        for path in (PATH, f"{PATH}/{batch_id}", f"/live?topic=batch:{batch_id}"):
            assert browser.get(path).status_code == 404
        for path in ("continuation", "stop"):
            assert browser.post(f"{PATH}/{batch_id}/{path}", {}).status_code == 404
    assert client_for().get(PATH).status_code == 303
