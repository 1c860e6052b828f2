"""Tables of customers: levels, companies, addresses. A contact is a user of `portal.accounts` with a `customer_id`."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class CustomerLevel(Base):
    """A customer's standing (A, B, C …); prices and grants may refer to it."""

    __tablename__ = "customer_levels"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(default=0)


class Customer(Numbered, Base):
    """A company that buys. Type `one` is produced for at once, type `two` confirms payment first (product.md, "The order")."""

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("type in ('one', 'two')", name="type"),
        CheckConstraint("status in ('unreviewed', 'active', 'blocked')", name="status"),
        CheckConstraint("credit_limit >= 0", name="credit_limit"),
        Index("ix_customers_salesperson_id", "salesperson_id"),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    type: Mapped[str] = mapped_column(String(5))
    level: Mapped[str] = mapped_column(ForeignKey("customer_levels.code"))
    salesperson_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(12), default="active")
    credit_limit: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal("0.00"))
    order_limit: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    """An order over this amount (CNY) needs approval; None: the decision table's own limit."""
    overdue_amount: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal("0.00"))
    """What finance has marked as overdue from before the portal (CNY)."""
    terms: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Address(Numbered, Base):
    """Where a customer's goods go."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("uq_addresses_default", "customer_id", unique=True, postgresql_where=text("is_default and not archived")),
        Index("ix_addresses_customer_id", "customer_id"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    recipient: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(40))
    region: Mapped[str] = mapped_column(String(120), default="")
    detail: Mapped[str] = mapped_column(String(300))
    is_default: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
