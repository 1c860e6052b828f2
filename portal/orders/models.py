"""Tables of orders: cart, orders and lines, receipts, parcels, events, number series."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class CartLine(Base):
    """What a contact means to order; one line a variant."""

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    added_at: Mapped[datetime]


class NumberSeries(Base):
    """The last number given out per prefix and day."""

    __tablename__ = "number_series"

    prefix: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class Order(Numbered, Base):
    """An order; its number is the business key of its process. The process alone writes `status`, receipts `payment`."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("placed_by_id", "submission_key"),
        CheckConstraint("payment in ('unpaid', 'partly_paid', 'paid', 'refunding', 'refunded')", name="payment"),
        Index("ix_orders_customer_id_id", "customer_id", "id"),
        Index("ix_orders_salesperson_id_id", "salesperson_id", "id"),
        Index("ix_orders_status", "status"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    salesperson_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submission_key: Mapped[str] = mapped_column(String(64))
    """Drawn with the submit form: a second click finds the order of the first."""
    revision: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(40), default="submitted")
    status_at: Mapped[datetime]
    payment: Mapped[str] = mapped_column(String(12), default="unpaid")
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    received: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal("0.00"))
    recipient: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(420))
    purchase_order: Mapped[str] = mapped_column(String(60), default="")
    wanted_on: Mapped[date | None]
    partial_delivery: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime] = mapped_column(index=True)
    released_at: Mapped[datetime | None]
    """When something was first released to production or to the warehouse: before it, cancelling is free."""
    shipping_at: Mapped[datetime | None]
    """When the factory first handed something over: from then on it is too late to cancel, though the parcel is recorded later."""
    cancelling_at: Mapped[datetime | None]
    """When cancellation was decided; from then on nothing ships."""
    cancel_reason: Mapped[str] = mapped_column(String(2000), default="")
    completed_at: Mapped[datetime | None]
    promised_on: Mapped[date | None]
    customer_message: Mapped[str] = mapped_column(String(2000), default="")
    """The last word of whoever decided, for the customer to read."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class OrderLine(Numbered, Base):
    """One variant of an order with its own account of quantities (product.md, "Line quantities keep their own account")."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("cancelled + shipped <= quantity", name="shipped_within_ordered"),
        CheckConstraint("returned <= received and received <= shipped", name="received_within_shipped"),
        CheckConstraint(
            "cancelled >= 0 and reserved >= 0 and in_production >= 0 and returned >= 0", name="not_negative"
        ),
        CheckConstraint("cancelled + shipped + reserved <= quantity", name="reserved_within_open"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    position: Mapped[int]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    sku: Mapped[str] = mapped_column(String(60))
    marking: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    unit_zh: Mapped[str] = mapped_column(String(10))
    unit_en: Mapped[str] = mapped_column(String(10))
    custom: Mapped[bool] = mapped_column(default=False)
    list_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    quantity: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    cancelled: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    in_production: Mapped[int] = mapped_column(default=0)
    shipped: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)


class Receipt(Numbered, Base):
    """Money a person confirmed; a refund is a receipt of kind `refund`. CNY, always positive."""

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("kind in ('receipt', 'refund')", name="kind"),
        UniqueConstraint("order_id", "key"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    key: Mapped[str] = mapped_column(String(100))
    """Idempotency: the task and attempt that confirmed it."""
    kind: Mapped[str] = mapped_column(String(8), default="receipt")
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    method: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(120), default="")
    received_on: Mapped[date]
    confirmed_by_id: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class Parcel(Numbered, Base):
    """A parcel the factory said it sent."""

    __tablename__ = "parcels"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    courier: Mapped[str] = mapped_column(String(40))
    tracking_number: Mapped[str] = mapped_column(String(60))
    shipped_at: Mapped[datetime]
    received_at: Mapped[datetime | None]


class ParcelLine(Base):
    """What is in a parcel."""

    __tablename__ = "parcel_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcels.id"), primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), primary_key=True)
    quantity: Mapped[int]


class OrderEvent(Numbered, Base):
    """One line of an order's history; `public` ones are shown to the customer."""

    __tablename__ = "order_events"
    __table_args__ = (Index("ix_order_events_order_id_id", "order_id", "id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(80), default="")
    public: Mapped[bool] = mapped_column(default=True)
    detail: Mapped[dict[str, Any]]
