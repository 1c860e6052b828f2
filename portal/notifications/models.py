"""Tables of notifications."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class Notification(Numbered, Base):
    """One message for one person; `event` and `detail` are rendered in the reader's language."""

    __tablename__ = "notifications"
    __table_args__ = (UniqueConstraint("user_id", "key"), Index("ix_notifications_user_id_id", "user_id", "id"))

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(200))
    """Idempotency: the same thing is told once."""
    event: Mapped[str] = mapped_column(String(60))
    link: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
