"""suspend and postpone instances"""

import sqlalchemy as sa
from alembic import op

revision = "suspend_instances"
down_revision = "first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("process_instances", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("process_instances", sa.Column("postponed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "process_instances", sa.Column("postponements", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("process_instances", "postponements")
    op.drop_column("process_instances", "postponed_until")
    op.drop_column("process_instances", "suspended_at")
