"""time in nodes"""

import sqlalchemy as sa
from alembic import op

revision = "time_in_nodes"
down_revision = "suspend_instances"
branch_labels = None
depends_on = None


# The release before writes waits without their definition: the trigger fills it in as long as that release may still run.
FILL = """
create function waits_fill_definition() returns trigger language plpgsql as $$
begin
    select definition_id into new.definition_id from process_instances where id = new.instance_id;
    return new;
end $$;
create trigger waits_fill_definition before insert on waits
    for each row when (new.definition_id is null) execute function waits_fill_definition();
"""
SINCE = """
update waits set definition_id = process_instances.definition_id,
    created_at = coalesce((select max(history.at) from history where history.instance_id = waits.instance_id
                               and history.kind = 'node_entered' and history.node_id = waits.node_id), process_instances.started_at)
from process_instances where process_instances.id = waits.instance_id
"""


def upgrade() -> None:
    op.add_column("waits", sa.Column("definition_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "waits", sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.execute(FILL)
    op.execute(SINCE)
    op.alter_column("waits", "definition_id", nullable=False)
    op.create_foreign_key(op.f("fk_waits_definition_id"), "waits", "process_definitions", ["definition_id"], ["id"])
    op.create_index("ix_waits_node", "waits", ["definition_id", "node_id", "created_at"])
    op.create_table(
        "node_visits",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("node_id", sa.String(length=120), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definitions.id"], name=op.f("fk_node_visits_definition_id")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instances.id"], name=op.f("fk_node_visits_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_visits")),
    )
    op.create_index("ix_node_visits_node", "node_visits", ["definition_id", "node_id", "left_at"])
    op.create_index(
        "ix_user_tasks_node",
        "user_tasks",
        ["definition_id", "node_id", "created_at"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_user_tasks_done",
        "user_tasks",
        ["definition_id", "node_id", "completed_at"],
        postgresql_where=sa.text("status = 'completed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_user_tasks_done", table_name="user_tasks")
    op.drop_index("ix_user_tasks_node", table_name="user_tasks")
    op.drop_table("node_visits")
    op.drop_index("ix_waits_node", table_name="waits")
    op.execute("drop trigger waits_fill_definition on waits")
    op.execute("drop function waits_fill_definition")
    op.drop_column("waits", "created_at")
    op.drop_column("waits", "definition_id")
