"""called processes of a definition"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "called_processes"
down_revision = "time_in_nodes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "process_definitions",
        sa.Column("calls", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("process_definitions", "calls")
