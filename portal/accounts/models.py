"""Tables of accounts: users, sessions, log-in throttles, interrupted forms, audit entries."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class User(Numbered, Base):
    """A person who may log in: staff, or a contact when `customer_id` is set.

    The phone number (E.164) identifies a person (product.md, "People"). The column `customer_id` names a table of a layer
    above by its name only: who someone is includes for whom they buy, and every request needs it.
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "(customer_id is not null) = (roles = array['contact']::varchar[])", name="contacts_have_a_customer"
        ),
        Index("ix_users_customer_id", "customer_id"),
    )

    phone: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(200))
    title: Mapped[str | None] = mapped_column(String(80))
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    team: Mapped[str | None] = mapped_column(String(40))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", use_alter=True))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(5))
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class LoginSession(Numbered, Base):
    """One log-in on one device; holds only the SHA-256 of the token the browser has."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(45), default="")


class LoginThrottle(Base):
    """Failed log-ins counted per key (`phone:…` or `address:…`) within a window."""

    __tablename__ = "login_throttles"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class InterruptedForm(Numbered, Base):
    """A form whose session had ended when it was sent: kept for its sender, for a short time, until they are logged in again."""

    __tablename__ = "interrupted_forms"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    action: Mapped[str] = mapped_column(String(2000))
    page: Mapped[str] = mapped_column(String(2000))
    pairs: Mapped[list[Any]]
    had_files: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class AuditEntry(Numbered, Base):
    """Something a person did, written in the same transaction; append-only."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_type", "subject_key", "at"),)

    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_key: Mapped[str] = mapped_column(String(80))
    changes: Mapped[dict[str, Any]]
    reason: Mapped[str | None] = mapped_column(String(2000))
    request_id: Mapped[str | None] = mapped_column(String(40))
