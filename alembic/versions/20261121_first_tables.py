"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_key", sa.String(length=80), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject_type", "subject_key", "at"], unique=False)
    op.create_table(
        "categories",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("shape", sa.String(length=10), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("code", name=op.f("uq_categories_code")),
    )
    op.create_table(
        "customer_levels",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_customer_levels")),
    )
    op.create_table(
        "factory_orders",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("customer_name", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=420), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("portal_status", sa.String(length=40), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "status in ('open', 'released', 'shipped', 'cancelled', 'completed')", name=op.f("ck_factory_orders_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factory_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_factory_orders_number")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.String(length=200), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "login_throttles",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_throttles")),
    )
    op.create_table(
        "number_series",
        sa.Column("prefix", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "day", name=op.f("pk_number_series")),
    )
    op.create_table(
        "outbox",
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["available_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_table(
        "users",
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.Column("theme", sa.String(length=5), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "(customer_id is not null) = (roles = array['contact']::varchar[])",
            name=op.f("ck_users_contacts_have_a_customer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("phone", name=op.f("uq_users_phone")),
    )
    op.create_index("ix_users_customer_id", "users", ["customer_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=5), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("salesperson_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("credit_limit", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("order_limit", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("overdue_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("terms", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status in ('unreviewed', 'active', 'blocked')", name=op.f("ck_customers_status")),
        sa.CheckConstraint("type in ('one', 'two')", name=op.f("ck_customers_type")),
        sa.CheckConstraint("credit_limit >= 0", name=op.f("ck_customers_credit_limit")),
        sa.ForeignKeyConstraint(["level"], ["customer_levels.code"], name=op.f("fk_customers_level")),
        sa.ForeignKeyConstraint(["salesperson_id"], ["users.id"], name=op.f("fk_customers_salesperson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("code", name=op.f("uq_customers_code")),
    )
    op.create_index("ix_customers_salesperson_id", "customers", ["salesperson_id"], unique=False)
    op.create_table(
        "decision_definitions",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("source in ('delivered', 'edited')", name=op.f("ck_decision_definitions_source")),
        sa.CheckConstraint("status in ('published', 'retired')", name=op.f("ck_decision_definitions_status")),
        sa.ForeignKeyConstraint(["published_by"], ["users.id"], name=op.f("fk_decision_definitions_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_definitions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_decision_definitions_key_version")),
    )
    op.create_index(
        "ix_decision_definitions_current",
        "decision_definitions",
        ["key"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "factory_parcels",
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("factory_order_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("courier", sa.String(length=40), nullable=False),
        sa.Column("tracking_number", sa.String(length=60), nullable=False),
        sa.Column("picked_by", sa.String(length=80), nullable=False),
        sa.Column("shipped_by", sa.String(length=80), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status in ('picking', 'shipped', 'cancelled')", name=op.f("ck_factory_parcels_status")),
        sa.ForeignKeyConstraint(
            ["factory_order_id"], ["factory_orders.id"], name=op.f("fk_factory_parcels_factory_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factory_parcels")),
        sa.UniqueConstraint("number", name=op.f("uq_factory_parcels_number")),
    )
    op.create_index(op.f("ix_factory_parcels_factory_order_id"), "factory_parcels", ["factory_order_id"], unique=False)
    op.create_index("ix_factory_parcels_tracking_number", "factory_parcels", ["tracking_number"], unique=False)
    op.create_index(
        "uq_factory_parcels_picking",
        "factory_parcels",
        ["factory_order_id"],
        unique=True,
        postgresql_where=sa.text("status = 'picking'"),
    )
    op.create_table(
        "import_uploads",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("kind in ('products', 'customers')", name=op.f("ck_import_uploads_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_import_uploads_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_uploads")),
    )
    op.create_index(op.f("ix_import_uploads_user_id"), "import_uploads", ["user_id"], unique=False)
    op.create_table(
        "interrupted_forms",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=2000), nullable=False),
        sa.Column("page", sa.String(length=2000), nullable=False),
        sa.Column("pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("had_files", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_interrupted_forms_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interrupted_forms")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_interrupted_forms_token_hash")),
    )
    op.create_index(op.f("ix_interrupted_forms_user_id"), "interrupted_forms", ["user_id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notifications_user_id_key")),
    )
    op.create_index("ix_notifications_user_id_id", "notifications", ["user_id", "id"], unique=False)
    op.create_table(
        "process_definitions",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("source in ('delivered', 'edited')", name=op.f("ck_process_definitions_source")),
        sa.CheckConstraint("status in ('published', 'retired')", name=op.f("ck_process_definitions_status")),
        sa.ForeignKeyConstraint(["published_by"], ["users.id"], name=op.f("fk_process_definitions_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_definitions")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_process_definitions_key_version")),
    )
    op.create_index(
        "ix_process_definitions_current",
        "process_definitions",
        ["key"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "products",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("description_zh", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("kind in ('standard', 'custom')", name=op.f("ck_products_kind")),
        sa.CheckConstraint("status in ('active', 'discontinued')", name=op.f("ck_products_status")),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_products_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("code", name=op.f("uq_products_code")),
    )
    op.create_index("ix_products_category_id", "products", ["category_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_addresses_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index("ix_addresses_customer_id", "addresses", ["customer_id"], unique=False)
    op.create_index(
        "uq_addresses_default",
        "addresses",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("is_default and not archived"),
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("placed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("salesperson_id", sa.BigInteger(), nullable=True),
        sa.Column("submission_key", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment", sa.String(length=12), nullable=False),
        sa.Column("total", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("received", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=420), nullable=False),
        sa.Column("purchase_order", sa.String(length=60), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("partial_delivery", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipping_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelling_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=2000), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("customer_message", sa.String(length=2000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "payment in ('unpaid', 'partly_paid', 'paid', 'refunding', 'refunded')", name=op.f("ck_orders_payment")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["users.id"], name=op.f("fk_orders_contact_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id")),
        sa.ForeignKeyConstraint(["placed_by_id"], ["users.id"], name=op.f("fk_orders_placed_by_id")),
        sa.ForeignKeyConstraint(["salesperson_id"], ["users.id"], name=op.f("fk_orders_salesperson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("placed_by_id", "submission_key", name=op.f("uq_orders_placed_by_id_submission_key")),
    )
    op.create_index("ix_orders_customer_id_id", "orders", ["customer_id", "id"], unique=False)
    op.create_index("ix_orders_salesperson_id_id", "orders", ["salesperson_id", "id"], unique=False)
    op.create_index("ix_orders_status", "orders", ["status"], unique=False)
    op.create_index(op.f("ix_orders_submitted_at"), "orders", ["submitted_at"], unique=False)
    op.create_table(
        "process_instances",
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("business_key", sa.String(length=80), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("state_format", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "status in ('running', 'completed', 'cancelled', 'incident')", name=op.f("ck_process_instances_status")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_process_instances_customer_id")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definitions.id"], name=op.f("fk_process_instances_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instances")),
        sa.UniqueConstraint("process_key", "business_key", name=op.f("uq_process_instances_process_key_business_key")),
    )
    op.create_index("ix_process_instances_business_key", "process_instances", ["business_key"], unique=False)
    op.create_index("ix_process_instances_customer_id", "process_instances", ["customer_id"], unique=False)
    op.create_index(op.f("ix_process_instances_definition_id"), "process_instances", ["definition_id"], unique=False)
    op.create_index(
        "ix_process_instances_open",
        "process_instances",
        ["status", "process_key"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "variants",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("marking", sa.String(length=120), nullable=False),
        sa.Column("marking_raw", sa.String(length=300), nullable=False),
        sa.Column("shape", sa.String(length=10), nullable=True),
        sa.Column("diameter", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("thickness", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("bore", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("abrasive", sa.String(length=10), nullable=True),
        sa.Column("grit", sa.String(length=10), nullable=True),
        sa.Column("grade", sa.String(length=5), nullable=True),
        sa.Column("structure", sa.String(length=5), nullable=True),
        sa.Column("bond", sa.String(length=5), nullable=True),
        sa.Column("speed", sa.String(length=10), nullable=True),
        sa.Column("unit_zh", sa.String(length=10), nullable=False),
        sa.Column("unit_en", sa.String(length=10), nullable=False),
        sa.Column("list_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("min_quantity", sa.Integer(), nullable=False),
        sa.Column("order_multiple", sa.Integer(), nullable=False),
        sa.Column("pack_size", sa.Integer(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=15), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status in ('active', 'discontinued')", name=op.f("ck_variants_status")),
        sa.CheckConstraint("list_price is null or list_price >= 0", name=op.f("ck_variants_list_price")),
        sa.CheckConstraint(
            "min_quantity >= 1 and order_multiple >= 1 and pack_size >= 1", name=op.f("ck_variants_quantities")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_variants_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("sku", name=op.f("uq_variants_sku")),
    )
    op.create_index("ix_variants_product_id", "variants", ["product_id"], unique=False)
    op.create_index("ix_variants_search", "variants", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_variants_shape_diameter", "variants", ["shape", "diameter"], unique=False)
    op.create_table(
        "visibility_grants",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("effect", sa.String(length=5), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("effect in ('allow', 'deny')", name=op.f("ck_visibility_grants_effect")),
        sa.CheckConstraint("(customer_id is null) <> (level is null)", name=op.f("ck_visibility_grants_one_target")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_visibility_grants_customer_id")),
        sa.ForeignKeyConstraint(["level"], ["customer_levels.code"], name=op.f("fk_visibility_grants_level")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_visibility_grants_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visibility_grants")),
        sa.UniqueConstraint(
            "product_id",
            "customer_id",
            "level",
            name=op.f("uq_visibility_grants_product_id_customer_id_level"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_visibility_grants_customer_id", "visibility_grants", ["customer_id"], unique=False)
    op.create_table(
        "cart_lines",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_cart_lines_quantity")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_cart_lines_user_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_cart_lines_variant_id")),
        sa.PrimaryKeyConstraint("user_id", "variant_id", name=op.f("pk_cart_lines")),
    )
    op.create_table(
        "customer_prices",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_customer_prices_price")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_prices_customer_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_customer_prices_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_prices")),
        sa.UniqueConstraint("customer_id", "variant_id", name=op.f("uq_customer_prices_customer_id_variant_id")),
    )
    op.create_index("ix_customer_prices_variant_id", "customer_prices", ["variant_id"], unique=False)
    op.create_table(
        "factory_order_lines",
        sa.Column("factory_order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("released", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 and shipped >= 0 and reserved + shipped <= quantity",
            name=op.f("ck_factory_order_lines_account"),
        ),
        sa.CheckConstraint(
            "shipped <= released and released <= quantity", name=op.f("ck_factory_order_lines_shipped_within_released")
        ),
        sa.ForeignKeyConstraint(
            ["factory_order_id"], ["factory_orders.id"], name=op.f("fk_factory_order_lines_factory_order_id")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_factory_order_lines_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factory_order_lines")),
        sa.UniqueConstraint(
            "factory_order_id", "position", name=op.f("uq_factory_order_lines_factory_order_id_position")
        ),
    )
    op.create_index(
        op.f("ix_factory_order_lines_factory_order_id"), "factory_order_lines", ["factory_order_id"], unique=False
    )
    op.create_index(
        "ix_factory_order_lines_short",
        "factory_order_lines",
        ["variant_id"],
        unique=False,
        postgresql_where=sa.text("reserved + shipped < quantity"),
    )
    op.create_table(
        "history",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=True),
        sa.Column("name_zh", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_history_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_instance_id_id", "history", ["instance_id", "id"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status in ('open', 'resolved')", name=op.f("ck_incidents_status")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_incidents_instance_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["users.id"], name=op.f("fk_incidents_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_instance_id"), "incidents", ["instance_id"], unique=False)
    op.create_index(
        "ix_incidents_open", "incidents", ["instance_id"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(
        "ix_incidents_open_task",
        "incidents",
        ["instance_id", "task_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "messages",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("business_key", sa.String(length=80), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("instance_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("status in ('pending', 'delivered', 'expired')", name=op.f("ck_messages_status")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_messages_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("sender", "message_id", name=op.f("uq_messages_sender_message_id")),
    )
    op.create_index(
        "ix_messages_expiry", "messages", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index(
        "ix_messages_pending",
        "messages",
        ["business_key", "name"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "order_events",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index("ix_order_events_order_id_id", "order_events", ["order_id", "id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("marking", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("unit_zh", sa.String(length=10), nullable=False),
        sa.Column("unit_en", sa.String(length=10), nullable=False),
        sa.Column("custom", sa.Boolean(), nullable=False),
        sa.Column("list_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("in_production", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "cancelled + shipped + reserved <= quantity", name=op.f("ck_order_lines_reserved_within_open")
        ),
        sa.CheckConstraint("cancelled + shipped <= quantity", name=op.f("ck_order_lines_shipped_within_ordered")),
        sa.CheckConstraint(
            "cancelled >= 0 and reserved >= 0 and in_production >= 0 and returned >= 0",
            name=op.f("ck_order_lines_not_negative"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint(
            "returned <= received and received <= shipped", name=op.f("ck_order_lines_received_within_shipped")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_order_lines_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_lines_order_id_position")),
    )
    op.create_index(op.f("ix_order_lines_order_id"), "order_lines", ["order_id"], unique=False)
    op.create_index(op.f("ix_order_lines_variant_id"), "order_lines", ["variant_id"], unique=False)
    op.create_table(
        "package_codes",
        sa.Column("code", sa.String(length=300), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("lot", sa.String(length=40), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_package_codes_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_package_codes_code")),
    )
    op.create_index(op.f("ix_package_codes_variant_id"), "package_codes", ["variant_id"], unique=False)
    op.create_table(
        "parcels",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("courier", sa.String(length=40), nullable=False),
        sa.Column("tracking_number", sa.String(length=60), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_parcels_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcels")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_parcels_order_id_number")),
    )
    op.create_index(op.f("ix_parcels_order_id"), "parcels", ["order_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("kind in ('receipt', 'refund')", name=op.f("ck_receipts_kind")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receipts_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_receipts_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("order_id", "key", name=op.f("uq_receipts_order_id_key")),
    )
    op.create_index(op.f("ix_receipts_order_id"), "receipts", ["order_id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 and reserved <= on_hand", name=op.f("ck_stock_levels_reserved_within_on_hand")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_levels_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock_levels")),
    )
    op.create_table(
        "stock_movements",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind in ('in', 'out', 'count', 'reserve', 'release', 'produced', 'shipped')",
            name=op.f("ck_stock_movements_kind"),
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_movements_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_movements_key")),
    )
    op.create_index("ix_stock_movements_variant_id_id", "stock_movements", ["variant_id", "id"], unique=False)
    op.create_table(
        "user_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.String(length=80), nullable=False),
        sa.Column("business_key", sa.String(length=80), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("team", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by", sa.BigInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("status in ('open', 'completed', 'cancelled')", name=op.f("ck_user_tasks_status")),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_user_tasks_assignee_id")),
        sa.ForeignKeyConstraint(["completed_by"], ["users.id"], name=op.f("fk_user_tasks_completed_by")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definitions.id"], name=op.f("fk_user_tasks_definition_id")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_user_tasks_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_tasks")),
    )
    op.create_index("ix_user_tasks_business_key", "user_tasks", ["business_key"], unique=False)
    op.create_index(
        "ix_user_tasks_completed_by",
        "user_tasks",
        ["completed_by", "completed_at"],
        unique=False,
        postgresql_where=sa.text("status = 'completed'"),
    )
    op.create_index(op.f("ix_user_tasks_instance_id"), "user_tasks", ["instance_id"], unique=False)
    op.create_index(
        "ix_user_tasks_open_assignee",
        "user_tasks",
        ["assignee_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_user_tasks_open_due", "user_tasks", ["due_at"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(
        "ix_user_tasks_open_role",
        "user_tasks",
        ["role", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "waits",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("business_key", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("kind in ('message', 'timer', 'action')", name=op.f("ck_waits_kind")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_waits_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waits")),
        sa.UniqueConstraint("task_id", name=op.f("uq_waits_task_id")),
    )
    op.create_index("ix_waits_due", "waits", ["due_at"], unique=False, postgresql_where=sa.text("kind = 'timer'"))
    op.create_index(op.f("ix_waits_instance_id"), "waits", ["instance_id"], unique=False)
    op.create_index(
        "ix_waits_message",
        "waits",
        ["name", "business_key"],
        unique=False,
        postgresql_where=sa.text("kind = 'message'"),
    )
    op.create_table(
        "factory_parcel_lines",
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_factory_parcel_lines_quantity")),
        sa.ForeignKeyConstraint(["line_id"], ["factory_order_lines.id"], name=op.f("fk_factory_parcel_lines_line_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["factory_parcels.id"], name=op.f("fk_factory_parcel_lines_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", "line_id", name=op.f("pk_factory_parcel_lines")),
    )
    op.create_table(
        "parcel_lines",
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_parcel_lines_quantity")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_lines.id"], name=op.f("fk_parcel_lines_order_line_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcels.id"], name=op.f("fk_parcel_lines_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", "order_line_id", name=op.f("pk_parcel_lines")),
    )
    op.create_table(
        "production_orders",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "status in ('requested', 'planned', 'started', 'inspecting', 'finished', 'cancelled')",
            name=op.f("ck_production_orders_status"),
        ),
        sa.CheckConstraint("quantity > 0 and finished >= 0", name=op.f("ck_production_orders_quantity")),
        sa.ForeignKeyConstraint(["line_id"], ["factory_order_lines.id"], name=op.f("fk_production_orders_line_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_production_orders_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_production_orders_number")),
    )
    op.create_index("ix_production_orders_line_id", "production_orders", ["line_id"], unique=False)
    op.create_index("ix_production_orders_status", "production_orders", ["status"], unique=False)
    op.create_index("ix_production_orders_variant_id", "production_orders", ["variant_id"], unique=False)
    op.create_index(
        "uq_production_orders_line",
        "production_orders",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("status not in ('finished', 'cancelled')"),
    )

    op.create_foreign_key(op.f("fk_users_customer_id"), "users", "customers", ["customer_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_users_customer_id"), "users", type_="foreignkey")
    op.drop_index(
        "uq_production_orders_line",
        table_name="production_orders",
        postgresql_where=sa.text("status not in ('finished', 'cancelled')"),
    )
    op.drop_index("ix_production_orders_variant_id", table_name="production_orders")
    op.drop_index("ix_production_orders_status", table_name="production_orders")
    op.drop_index("ix_production_orders_line_id", table_name="production_orders")
    op.drop_table("production_orders")
    op.drop_table("parcel_lines")
    op.drop_table("factory_parcel_lines")
    op.drop_index("ix_waits_message", table_name="waits", postgresql_where=sa.text("kind = 'message'"))
    op.drop_index(op.f("ix_waits_instance_id"), table_name="waits")
    op.drop_index("ix_waits_due", table_name="waits", postgresql_where=sa.text("kind = 'timer'"))
    op.drop_table("waits")
    op.drop_index("ix_user_tasks_open_role", table_name="user_tasks", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_user_tasks_open_due", table_name="user_tasks", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_user_tasks_open_assignee", table_name="user_tasks", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_user_tasks_instance_id"), table_name="user_tasks")
    op.drop_index(
        "ix_user_tasks_completed_by", table_name="user_tasks", postgresql_where=sa.text("status = 'completed'")
    )
    op.drop_index("ix_user_tasks_business_key", table_name="user_tasks")
    op.drop_table("user_tasks")
    op.drop_index("ix_stock_movements_variant_id_id", table_name="stock_movements")
    op.drop_table("stock_movements")
    op.drop_table("stock_levels")
    op.drop_index(op.f("ix_receipts_order_id"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_index(op.f("ix_parcels_order_id"), table_name="parcels")
    op.drop_table("parcels")
    op.drop_index(op.f("ix_package_codes_variant_id"), table_name="package_codes")
    op.drop_table("package_codes")
    op.drop_index(op.f("ix_order_lines_variant_id"), table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_order_id"), table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_index("ix_order_events_order_id_id", table_name="order_events")
    op.drop_table("order_events")
    op.drop_index("ix_messages_pending", table_name="messages", postgresql_where=sa.text("status = 'pending'"))
    op.drop_index("ix_messages_expiry", table_name="messages", postgresql_where=sa.text("status = 'pending'"))
    op.drop_table("messages")
    op.drop_index("ix_incidents_open_task", table_name="incidents", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_incidents_open", table_name="incidents", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_incidents_instance_id"), table_name="incidents")
    op.drop_table("incidents")
    op.drop_index("ix_history_instance_id_id", table_name="history")
    op.drop_table("history")
    op.drop_index(
        "ix_factory_order_lines_short",
        table_name="factory_order_lines",
        postgresql_where=sa.text("reserved + shipped < quantity"),
    )
    op.drop_index(op.f("ix_factory_order_lines_factory_order_id"), table_name="factory_order_lines")
    op.drop_table("factory_order_lines")
    op.drop_index("ix_customer_prices_variant_id", table_name="customer_prices")
    op.drop_table("customer_prices")
    op.drop_table("cart_lines")
    op.drop_index("ix_visibility_grants_customer_id", table_name="visibility_grants")
    op.drop_table("visibility_grants")
    op.drop_index("ix_variants_shape_diameter", table_name="variants")
    op.drop_index("ix_variants_search", table_name="variants", postgresql_using="gin")
    op.drop_index("ix_variants_product_id", table_name="variants")
    op.drop_table("variants")
    op.drop_index(
        "ix_process_instances_open", table_name="process_instances", postgresql_where=sa.text("ended_at is null")
    )
    op.drop_index(op.f("ix_process_instances_definition_id"), table_name="process_instances")
    op.drop_index("ix_process_instances_customer_id", table_name="process_instances")
    op.drop_index("ix_process_instances_business_key", table_name="process_instances")
    op.drop_table("process_instances")
    op.drop_index(op.f("ix_orders_submitted_at"), table_name="orders")
    op.drop_index("ix_orders_status", table_name="orders")
    op.drop_index("ix_orders_salesperson_id_id", table_name="orders")
    op.drop_index("ix_orders_customer_id_id", table_name="orders")
    op.drop_table("orders")
    op.drop_index(
        "uq_addresses_default", table_name="addresses", postgresql_where=sa.text("is_default and not archived")
    )
    op.drop_index("ix_addresses_customer_id", table_name="addresses")
    op.drop_table("addresses")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_products_category_id", table_name="products")
    op.drop_table("products")
    op.drop_index(
        "ix_process_definitions_current",
        table_name="process_definitions",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_table("process_definitions")
    op.drop_index("ix_notifications_user_id_id", table_name="notifications")
    op.drop_table("notifications")
    op.drop_index(op.f("ix_interrupted_forms_user_id"), table_name="interrupted_forms")
    op.drop_table("interrupted_forms")
    op.drop_index(op.f("ix_import_uploads_user_id"), table_name="import_uploads")
    op.drop_table("import_uploads")
    op.drop_index(
        "uq_factory_parcels_picking", table_name="factory_parcels", postgresql_where=sa.text("status = 'picking'")
    )
    op.drop_index("ix_factory_parcels_tracking_number", table_name="factory_parcels")
    op.drop_index(op.f("ix_factory_parcels_factory_order_id"), table_name="factory_parcels")
    op.drop_table("factory_parcels")
    op.drop_index(
        "ix_decision_definitions_current",
        table_name="decision_definitions",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_table("decision_definitions")
    op.drop_index("ix_customers_salesperson_id", table_name="customers")
    op.drop_table("customers")
    op.drop_index("ix_users_customer_id", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_outbox_due", table_name="outbox", postgresql_where=sa.text("status = 'pending'"))
    op.drop_table("outbox")
    op.drop_table("number_series")
    op.drop_table("login_throttles")
    op.drop_table("heartbeats")
    op.drop_table("factory_orders")
    op.drop_table("customer_levels")
    op.drop_table("categories")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_table("audit_entries")
