"""find instances among many"""

import sqlalchemy as sa
from alembic import op

revision = "find_instances"
down_revision = "batches"
branch_labels = None
depends_on = None

TABLE = "process_instances"


def upgrade() -> None:
    op.create_index("ix_process_instances_status_started", TABLE, ["status", "started_at", "id"])
    op.create_index("ix_process_instances_process_started", TABLE, ["process_key", "status", "started_at", "id"])
    op.create_index("ix_process_instances_definition_started", TABLE, ["definition_id", "status", "started_at", "id"])
    op.create_index(
        "ix_process_instances_suspended",
        TABLE,
        ["started_at", "id"],
        postgresql_where=sa.text("suspended_at is not null and ended_at is null"),
    )
    op.create_index(
        "ix_process_instances_key_prefix",
        TABLE,
        ["business_key"],
        postgresql_ops={"business_key": "text_pattern_ops"},
    )
    # the part of a number after its letters: 260713-003 of SO-260713-003
    op.create_index(
        "ix_process_instances_number_prefix",
        TABLE,
        [sa.text("substr(business_key, strpos(business_key, '-') + 1) text_pattern_ops")],
    )
    op.create_index("ix_messages_expired", "messages", ["id"], postgresql_where=sa.text("status = 'expired'"))
    op.create_index("ix_outbox_dead", "outbox", ["id"], postgresql_where=sa.text("status = 'dead'"))


def downgrade() -> None:
    op.drop_index("ix_outbox_dead", table_name="outbox")
    op.drop_index("ix_messages_expired", table_name="messages")
    for name in ("number_prefix", "key_prefix", "suspended", "definition_started", "process_started", "status_started"):
        op.drop_index(f"ix_process_instances_{name}", table_name=TABLE)
