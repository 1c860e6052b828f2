"""The tables of the outbox."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered

CHANNEL = "portal_outbox"
LEASE = timedelta(seconds=60)
"""How long a row is taken for, unless the settings say otherwise."""
PORTAL = "portal"
"""The target of effects that go to no system outside."""


class OutboxRow(Numbered, Base):
    """One effect that is owed: pending → leased → done, or dead after `MAX_ATTEMPTS` failures."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_target", "target", "available_at", postgresql_where=text("status = 'pending'")),
        Index("ix_outbox_subject", "subject", "id"),
        Index("ix_outbox_dead", "id", postgresql_where=text("status = 'dead'")),
    )

    topic: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(10), default="pending")
    failures: Mapped[int] = mapped_column(default=0)
    """Tries that failed, and the one that goes on."""
    available_at: Mapped[datetime]
    """Pending: when it is due; once taken, until when the lease runs."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    target: Mapped[str] = mapped_column(String(40), server_default=PORTAL, default=PORTAL)
    """The system it goes to (`factory`, `sms` …); `portal`: none outside. Each target fails and is held back on its own."""
    subject: Mapped[str | None] = mapped_column(String(170))
    """What it is about, `<process key>:<business key>`."""


class OutboxAttempt(Numbered, Base):
    """One try at an effect: when, how long, and what came of it."""

    __tablename__ = "outbox_attempts"
    __table_args__ = (Index("ix_outbox_attempts_target", "target", "at"),)

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), index=True)
    target: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    """Null when it succeeded."""
    receipt: Mapped[dict[str, Any] | None]
    """What the receiver answered."""


class OutboxTarget(Base):
    """How a system outside is: after failures in a row nothing is sent to it until `closed_until`, then one effect tries."""

    __tablename__ = "outbox_targets"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    closed_until: Mapped[datetime | None]
    """Null when open; while an effect tries, until when its lease runs."""
    failed_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    """To ten seconds: not every success is written."""
    error: Mapped[str | None] = mapped_column(Text)
