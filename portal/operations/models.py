"""Tables of operations: work on many instances at once, with a result for each."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class Batch(Numbered, Base):
    """One thing done to many instances (or incidents), one transaction each, by the worker; those before `stop_after` first (canary)."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("status in ('running', 'paused', 'finished', 'stopped')", name="status"),
        Index("ix_batches_running", "id", postgresql_where=text("status = 'running'")),
    )

    kind: Mapped[str] = mapped_column(String(20))
    """What is done: a registered `batch_kind`."""
    parameters: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="running")
    """paused: the canaries are done and somebody must say that the rest may follow; stopped: by a person."""
    canaries: Mapped[int] = mapped_column(default=0)
    """How many are done before it pauses; 0: it never does."""
    total: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]


class BatchItem(Numbered, Base):
    """One instance of a batch, and what came of it."""

    __tablename__ = "batch_items"
    __table_args__ = (
        UniqueConstraint("batch_id", "subject_id"),
        CheckConstraint("status in ('waiting', 'done', 'refused', 'failed')", name="status"),
        Index("ix_batch_items_waiting", "batch_id", "id", postgresql_where=text("status = 'waiting'")),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    """The instance, or the incident."""
    business_key: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    """refused: it may not be done to this one, `message` says why; failed: by an error."""
    message_zh: Mapped[str | None] = mapped_column(Text)
    message_en: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime | None]
