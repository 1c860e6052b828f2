"""causes of incidents"""

import sqlalchemy as sa
from alembic import op

revision = "incident_causes"
down_revision = "outbox_targets"
branch_labels = None
depends_on = None

CAUSE = "md5(regexp_replace(error, '[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+', '#', 'g'))"


def upgrade() -> None:
    op.add_column(
        "incidents", sa.Column("cause", sa.String(length=32), sa.Computed(CAUSE, persisted=True), nullable=False)
    )
    op.create_index(
        "ix_incidents_cause", "incidents", ["cause", "node_id"], postgresql_where=sa.text("status = 'open'")
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_cause", table_name="incidents")
    op.drop_column("incidents", "cause")
