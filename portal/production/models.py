"""Tables of the production book: stock ledger, reservations, production orders, shipments and parcels.

The book stands for an outside system, so it refers to orders as such a system would: by order number and line position.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class StockLevel(Base):
    """What is on hand of a variant and how much of it is promised; available = on_hand - reserved."""

    __tablename__ = "stock_levels"
    __table_args__ = (CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved_within_on_hand"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    safety: Mapped[int] = mapped_column(default=0)
    location: Mapped[str] = mapped_column(String(20), default="")


class StockMovement(Numbered, Base):
    """One line of the stock ledger, with the balances after it; append-only."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        Index("ix_stock_movements_variant_id_id", "variant_id", "id"),
        CheckConstraint("kind in ('in', 'out', 'count', 'reserve', 'release', 'produced', 'shipped')", name="kind"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    reference: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(80), default="")
    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Drawn with the form of a movement by hand: a second click finds the first one's."""


class FactoryOrder(Numbered, Base):
    """An order as the factory was told of it."""

    __tablename__ = "factory_orders"
    __table_args__ = (
        CheckConstraint("status in ('open', 'released', 'shipped', 'cancelled', 'completed')", name="status"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    customer_name: Mapped[str] = mapped_column(String(200))
    recipient: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(420))
    note: Mapped[str] = mapped_column(String(2000), default="")
    wanted_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(10), default="open")
    portal_status: Mapped[str] = mapped_column(String(40), default="")
    """The final state the portal told."""
    paid: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class FactoryOrderLine(Numbered, Base):
    """A line of a factory order and how it stands: reserved and shipped within quantity."""

    __tablename__ = "factory_order_lines"
    __table_args__ = (
        UniqueConstraint("factory_order_id", "position"),
        CheckConstraint("reserved >= 0 and shipped >= 0 and reserved + shipped <= quantity", name="account"),
        CheckConstraint("shipped <= released and released <= quantity", name="shipped_within_released"),
        Index("ix_factory_order_lines_short", "variant_id", postgresql_where=text("reserved + shipped < quantity")),
    )

    factory_order_id: Mapped[int] = mapped_column(ForeignKey("factory_orders.id"), index=True)
    position: Mapped[int]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    quantity: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    released: Mapped[int] = mapped_column(default=0, server_default="0")
    """How much the portal has told the warehouse it may ship, all releases together."""
    shipped: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[bool] = mapped_column(default=False)


class ProductionOrder(Numbered, Base):
    """The factory's job to make a quantity of one line, or (without a line) for stock."""

    __tablename__ = "production_orders"
    __table_args__ = (
        CheckConstraint(
            "status in ('requested', 'planned', 'started', 'inspecting', 'finished', 'cancelled')", name="status"
        ),
        CheckConstraint("quantity > 0 and finished >= 0", name="quantity"),
        Index(
            "uq_production_orders_line",
            "line_id",
            unique=True,
            postgresql_where=text("status not in ('finished', 'cancelled')"),
        ),
        Index("ix_production_orders_line_id", "line_id"),
        Index("ix_production_orders_variant_id", "variant_id"),
        Index("ix_production_orders_status", "status"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("factory_order_lines.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    quantity: Mapped[int]
    finished: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(10), default="requested")
    due_on: Mapped[date | None]
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class FactoryParcel(Numbered, Base):
    """A parcel packed by the warehouse: open while picking, then shipped with courier and tracking number."""

    __tablename__ = "factory_parcels"
    __table_args__ = (
        CheckConstraint("status in ('picking', 'shipped', 'cancelled')", name="status"),
        Index(
            "uq_factory_parcels_picking",
            "factory_order_id",
            unique=True,
            postgresql_where=text("status = 'picking'"),
        ),
        Index("ix_factory_parcels_tracking_number", "tracking_number"),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    factory_order_id: Mapped[int] = mapped_column(ForeignKey("factory_orders.id"), index=True)
    status: Mapped[str] = mapped_column(String(10), default="picking")
    courier: Mapped[str] = mapped_column(String(40), default="")
    tracking_number: Mapped[str] = mapped_column(String(60), default="")
    picked_by: Mapped[str] = mapped_column(String(80), default="")
    shipped_by: Mapped[str] = mapped_column(String(80), default="", server_default="")
    created_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class FactoryParcelLine(Base):
    """What was picked into a parcel."""

    __tablename__ = "factory_parcel_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    parcel_id: Mapped[int] = mapped_column(ForeignKey("factory_parcels.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("factory_order_lines.id"), primary_key=True)
    quantity: Mapped[int]
