"""Reads of batches: those of late, and one with a page of its items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.errors import NotFound
from portal.operations.models import Batch, BatchItem
from portal.paging import Paged, offset, within

PAGE = 100
_FIRST = case({"failed": 0, "refused": 1, "waiting": 2, "done": 3}, value=BatchItem.status)
"""What somebody must look at comes first."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch and how far it is: `counts` by the status of its items."""

    id: int
    kind: str
    reason: str
    status: str
    canaries: int
    total: int
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    counts: Mapping[str, int]

    @property
    def over(self) -> int:
        """How many items are over, however they ended."""
        return self.total - self.counts.get("waiting", 0)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What came of one item."""

    subject_id: int
    business_key: str
    status: str
    message_zh: str | None
    message_en: str | None
    at: datetime | None


def recent(session: Session, *, limit: int = 50) -> list[BatchRow]:
    """Return the newest batches."""
    return _rows(session, _BATCHES.order_by(Batch.id.desc()).limit(limit))


def batch(session: Session, batch_id: int) -> BatchRow:
    """Return a batch; NotFound."""
    found = _rows(session, _BATCHES.where(Batch.id == batch_id))
    if not found:
        raise NotFound
    return found[0]


def items(session: Session, batch_id: int, *, page: int = 1) -> Paged[ItemRow]:
    """Return a page of a batch's items, those first that failed or were refused."""
    total = session.scalar(select(func.count()).where(BatchItem.batch_id == batch_id)) or 0
    rows = session.execute(
        select(
            BatchItem.subject_id, BatchItem.business_key, BatchItem.status, BatchItem.message_zh, BatchItem.message_en, BatchItem.at
        )
        .where(BatchItem.batch_id == batch_id)
        .order_by(_FIRST, BatchItem.id)
        .limit(PAGE)
        .offset(offset(page, PAGE))
    )  # fmt: skip
    return Paged(tuple(ItemRow(*row) for row in rows), total, within(page), PAGE)


_BATCHES = select(
    Batch.id,
    Batch.kind,
    Batch.reason,
    Batch.status,
    Batch.canaries,
    Batch.total,
    Batch.created_at,
    User.name.label("created_by"),
    Batch.ended_at,
).join(User, User.id == Batch.created_by)


def _rows(session: Session, statement: Any) -> list[BatchRow]:
    rows = session.execute(statement).all()
    counted = session.execute(
        select(BatchItem.batch_id, BatchItem.status, func.count())
        .where(BatchItem.batch_id.in_([row.id for row in rows]))
        .group_by(BatchItem.batch_id, BatchItem.status)
    )
    counts: dict[int, dict[str, int]] = {}
    for batch_id, status, number in counted:
        counts.setdefault(batch_id, {})[status] = number
    return [BatchRow(**row._mapping, counts=counts.get(row.id, {})) for row in rows]
