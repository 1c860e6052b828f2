"""postponed instances"""

import sqlalchemy as sa
from alembic import op

revision = "postponed_instances"
down_revision = "find_instances"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_process_instances_postponed",
        "process_instances",
        ["postponed_until"],
        postgresql_where=sa.text("postponements > 0"),
    )


def downgrade() -> None:
    op.drop_index("ix_process_instances_postponed", table_name="process_instances")
