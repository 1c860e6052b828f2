"""Tables of the catalogue: categories, products, variants, customer prices, visibility grants, package codes."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class Category(Numbered, Base):
    """A shelf of the catalogue; `shape` draws its profile in the menu."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    shape: Mapped[str | None] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(default=0)


class Product(Numbered, Base):
    """A family of items. A custom product is invisible but to the customers it is granted to (product.md, "Custom products")."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("kind in ('standard', 'custom')", name="kind"),
        CheckConstraint("status in ('active', 'discontinued')", name="status"),
        Index("ix_products_category_id", "category_id"),
    )

    code: Mapped[str] = mapped_column(String(60), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    description_zh: Mapped[str] = mapped_column(Text, default="")
    description_en: Mapped[str] = mapped_column(Text, default="")
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    kind: Mapped[str] = mapped_column(String(10), default="standard")
    status: Mapped[str] = mapped_column(String(15), default="active")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Variant(Numbered, Base):
    """One orderable item (SKU). Quantities count its base `unit`; `pack_size` of them make one pack (箱)."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("min_quantity >= 1 and order_multiple >= 1 and pack_size >= 1", name="quantities"),
        CheckConstraint("list_price is null or list_price >= 0", name="list_price"),
        CheckConstraint("status in ('active', 'discontinued')", name="status"),
        Index("ix_variants_search", "search", postgresql_using="gin"),
        Index("ix_variants_product_id", "product_id"),
        Index("ix_variants_shape_diameter", "shape", "diameter"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    marking: Mapped[str] = mapped_column(String(120))
    """Printed strictly (see `marking.print_marking`); for an item without one, its name."""
    marking_raw: Mapped[str] = mapped_column(String(300), default="")
    shape: Mapped[str | None] = mapped_column(String(10))
    diameter: Mapped[Decimal | None] = mapped_column(Numeric(8, 3))
    thickness: Mapped[Decimal | None] = mapped_column(Numeric(8, 3))
    bore: Mapped[Decimal | None] = mapped_column(Numeric(8, 3))
    abrasive: Mapped[str | None] = mapped_column(String(10))
    grit: Mapped[str | None] = mapped_column(String(10))
    grade: Mapped[str | None] = mapped_column(String(5))
    structure: Mapped[str | None] = mapped_column(String(5))
    bond: Mapped[str | None] = mapped_column(String(5))
    speed: Mapped[str | None] = mapped_column(String(10))
    unit_zh: Mapped[str] = mapped_column(String(10), default="片")
    unit_en: Mapped[str] = mapped_column(String(10), default="pcs")
    list_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    """CNY per base unit, tax included; None: ask (面议)."""
    min_quantity: Mapped[int] = mapped_column(default=1)
    order_multiple: Mapped[int] = mapped_column(default=1)
    """Quantities are multiples of this (whole packs only: equal to `pack_size`)."""
    pack_size: Mapped[int] = mapped_column(default=1)
    lead_days: Mapped[int] = mapped_column(default=15)
    status: Mapped[str] = mapped_column(String(15), default="active")
    note: Mapped[str] = mapped_column(String(500), default="")
    search: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class CustomerPrice(Numbered, Base):
    """A price agreed with one customer; CNY per base unit, tax included."""

    __tablename__ = "customer_prices"
    __table_args__ = (
        UniqueConstraint("customer_id", "variant_id"),
        CheckConstraint("price >= 0", name="price"),
        Index("ix_customer_prices_variant_id", "variant_id"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))


class VisibilityGrant(Numbered, Base):
    """Allows or denies a product for a customer or for a level; deny wins (product.md, "visibility grant")."""

    __tablename__ = "visibility_grants"
    __table_args__ = (
        UniqueConstraint("product_id", "customer_id", "level", postgresql_nulls_not_distinct=True),
        CheckConstraint("(customer_id is null) <> (level is null)", name="one_target"),
        CheckConstraint("effect in ('allow', 'deny')", name="effect"),
        Index("ix_visibility_grants_customer_id", "customer_id"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    level: Mapped[str | None] = mapped_column(ForeignKey("customer_levels.code"))
    effect: Mapped[str] = mapped_column(String(5))


class PackageCode(Numbered, Base):
    """What a package's code says; resolves to one variant and perhaps a lot. A GS1 Digital Link is stored by its GTIN."""

    __tablename__ = "package_codes"

    code: Mapped[str] = mapped_column(String(300), unique=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    lot: Mapped[str | None] = mapped_column(String(40))
