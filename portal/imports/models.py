"""Tables of imports: lists that administrators have uploaded and not yet applied, kept for a day."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class ImportUpload(Numbered, Base):
    """A list between upload and import; its uploader's alone. The rows go when it is applied, all of it after a day."""

    __tablename__ = "import_uploads"
    __table_args__ = (CheckConstraint("kind in ('products', 'customers')", name="kind"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    filename: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the file."""
    encoding: Mapped[str] = mapped_column(String(20))
    rows: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The rows as they were read (see `uploads.pack`): the file itself is opened once only."""
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Field → column, as chosen by the administrator; `{}`: as found."""
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict, deferred=True)
    """The plan as it was last shown (see `Plan.seen`)."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
