"""Which editions of processes others call: those published now, and those that were when a caller was published."""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.workflow.expanding import Called, Calls
from portal.workflow.models import ProcessDefinition

_TREE = text("""
with recursive tree as (
    select id, digest, calls from process_definitions where id = any(:ids)
    union
    select called.id, called.digest, called.calls
    from tree cross join lateral jsonb_each_text(tree.calls) as pinned(key, id)
    join process_definitions called on called.id = cast(pinned.id as bigint)
)
select id, digest, calls from tree
""")


def pinned_calls(session: Session, definition_id: int) -> Calls:
    """Return what a published process calls, each with what it calls itself, as it was when that one was published."""
    return _trees(session, [definition_id])[definition_id].calls


def current_calls(session: Session, keys: Iterable[str]) -> Calls:
    """Return the editions that are published now; keys of which there are none are left out."""
    now = select(ProcessDefinition.key, ProcessDefinition.id).where(
        ProcessDefinition.key.in_(list(keys)), ProcessDefinition.status == "published"
    )
    ids = {row.key: row.id for row in session.execute(now)}
    trees = _trees(session, list(ids.values())) if ids else {}
    return {key: trees[id_] for key, id_ in ids.items()}


def _trees(session: Session, ids: list[int]) -> dict[int, Called]:
    rows = {row.id: row for row in session.execute(_TREE, {"ids": ids})}

    def build(definition_id: int) -> Called:
        row = rows[definition_id]
        inner = {key: build(called_id) for key, called_id in row.calls.items()}
        return Called(definition_id, row.digest, inner, lambda: _xml(session, definition_id))

    return {definition_id: build(definition_id) for definition_id in ids}


def _xml(session: Session, definition_id: int) -> str:
    return session.scalars(select(ProcessDefinition.xml).where(ProcessDefinition.id == definition_id)).one()
