"""People are told things once, in their language, and nobody reads another's."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from portal.notifications import events, queries, service
from portal.web.i18n import using_locale
from tests.factories.customers import a_user, actor_of

ClientFor = Callable[..., Any]

events.register("test.happened", "It happened to %(what)s", "%(status)s, 100 %% sure")


def tell(session: Session, user_id: int, key: str = "k", **detail: Any) -> None:
    service.notify(session, user_id=user_id, key=key, event="test.happened", link="/orders/SO-1", detail=detail)


def test_the_same_thing_is_told_once(session: Session) -> None:
    actor = actor_of(a_user(session))
    for _ in range(2):
        tell(session, actor.user_id or 0, what="it", status={"zh": "好", "en": "fine"})
    assert queries.unread_count(session, actor=actor) == 1


def test_a_text_is_read_in_the_readers_language(session: Session) -> None:
    actor = actor_of(a_user(session))
    tell(session, actor.user_id or 0, what="it", status={"zh": "好", "en": "fine"})
    with using_locale("en"):
        assert queries.notifications_page(session, actor=actor).rows[0].body == "fine, 100 % sure"
    with using_locale("zh"):
        assert queries.notifications_page(session, actor=actor).rows[0].body.startswith("好")


def test_an_event_nobody_knows_any_more_does_not_break_the_page(session: Session) -> None:
    actor = actor_of(a_user(session))
    service.notify(session, user_id=actor.user_id or 0, key="k", event="gone.event", detail={"a": 1})
    tell(session, actor.user_id or 0, "older")
    newest, oldest = queries.notifications_page(session, actor=actor).rows
    assert (newest.title, oldest.title) == ("It happened to ", "gone.event")


def test_reading_marks_only_ones_own_and_only_what_was_shown(session: Session) -> None:
    mine, other = actor_of(a_user(session)), actor_of(a_user(session))
    for key in ("a", "b"):
        tell(session, mine.user_id or 0, key, what=key, status="x")
    tell(session, other.user_id or 0, what="z", status="x")
    shown = queries.notifications_page(session, actor=mine).rows
    service.mark_all_read(session, actor=mine, up_to=shown[1].id)
    assert (queries.unread_count(session, actor=mine), queries.unread_count(session, actor=other)) == (1, 1)


def test_the_page_lists_and_marks_as_read(session: Session, client_for: ClientFor) -> None:
    user = a_user(session)
    tell(session, user.id, what="<b>it</b>", status="x")
    session.commit()
    browser = client_for(user)
    page = browser.get("/notifications").text
    assert "It happened to &lt;b&gt;it&lt;/b&gt;" in page
    assert browser.post("/notifications/read", {"up_to": "999999"}).status_code == 303
    assert browser.post("/notifications/read", {"up_to": "x" * 99}).status_code == 303
