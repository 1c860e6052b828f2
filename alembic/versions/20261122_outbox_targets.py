"""outbox by target, with each attempt"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "outbox_targets"
down_revision = "called_processes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("target", sa.String(length=40), server_default="portal", nullable=False))
    op.add_column("outbox", sa.Column("subject", sa.String(length=170), nullable=True))
    op.execute(
        "update outbox set target = 'factory', subject = (payload ->> 'process_key') || ':' || (payload ->> 'business_key') "
        "where topic = 'workflow.perform_action'"
    )
    op.create_index(
        "ix_outbox_target", "outbox", ["target", "available_at"], postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index("ix_outbox_subject", "outbox", ["subject", "id"])
    op.create_table(
        "outbox_attempts",
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("receipt", postgresql.JSONB(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_attempts_outbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempts")),
    )
    op.create_index(op.f("ix_outbox_attempts_outbox_id"), "outbox_attempts", ["outbox_id"])
    op.create_index("ix_outbox_attempts_target", "outbox_attempts", ["target", "at"])
    op.create_table(
        "outbox_targets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outbox_targets")),
    )


def downgrade() -> None:
    op.drop_table("outbox_targets")
    op.drop_table("outbox_attempts")
    op.drop_index("ix_outbox_subject", table_name="outbox")
    op.drop_index("ix_outbox_target", table_name="outbox")
    op.drop_column("outbox", "subject")
    op.drop_column("outbox", "target")
