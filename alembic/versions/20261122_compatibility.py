"""which releases the database bears"""

import sqlalchemy as sa
from alembic import op

revision = "compatibility"
down_revision = "resolved_incidents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "schema_compatibility",
        sa.Column("oldest", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("oldest", name=op.f("pk_schema_compatibility")),
    )
    op.bulk_insert(table, [{"oldest": "first_tables"}])


def downgrade() -> None:
    op.drop_table("schema_compatibility")
