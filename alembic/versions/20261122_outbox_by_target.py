"""outbox by target

What is due is looked for by target; the index by moment alone would mislead to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "outbox_by_target"
down_revision = "compatibility"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_due", table_name="outbox")


def downgrade() -> None:
    op.create_index("ix_outbox_due", "outbox", ["available_at"], postgresql_where=sa.text("status = 'pending'"))
