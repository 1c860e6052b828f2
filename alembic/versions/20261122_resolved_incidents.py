"""resolved incidents"""

import sqlalchemy as sa
from alembic import op

revision = "resolved_incidents"
down_revision = "postponed_instances"
branch_labels = None
depends_on = None

RESOLVED = sa.text("status = 'resolved'")


def upgrade() -> None:
    op.create_index("ix_incidents_resolved", "incidents", ["resolved_at"], postgresql_where=RESOLVED)
    op.create_index(
        "ix_incidents_resolved_cause", "incidents", ["cause", "node_id", "resolved_at"], postgresql_where=RESOLVED
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_resolved_cause", table_name="incidents")
    op.drop_index("ix_incidents_resolved", table_name="incidents")
