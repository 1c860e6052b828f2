"""find tasks in the order the inbox shows them, among any number"""

import sqlalchemy as sa
from alembic import op

revision = "inbox_order"
down_revision = "outbox_by_target"
branch_labels = None
depends_on = None

TASKS, INSTANCES = "user_tasks", "process_instances"
ORDER = [
    sa.text("coalesce(due_at, 'infinity'::timestamptz)"),
    sa.text("(- priority)"),
    sa.text("created_at"),
    sa.text("id"),
]
OPEN = "status = 'open'"
FREE, TAKEN = f"{OPEN} and assignee_id is null", f"{OPEN} and assignee_id is not null"


def upgrade() -> None:
    for name, columns, where in (
        ("mine", ["assignee_id"], OPEN),
        ("free_of_team", ["role", "team"], FREE),
        ("free_of_role", ["role"], FREE),
        ("taken_of_team", ["role", "team"], TAKEN),
        ("taken_of_role", ["role"], TAKEN),
    ):
        op.create_index(f"ix_user_tasks_{name}", TASKS, [*columns, *ORDER], postgresql_where=sa.text(where))
    for name in ("open_assignee", "open_role", "open_due"):
        op.drop_index(f"ix_user_tasks_{name}", table_name=TASKS)
    # numbers are typed from their end, too: 003 of SO-260713-003
    op.create_index(
        "ix_process_instances_number_end",
        INSTANCES,
        [sa.text("reverse(business_key) text_pattern_ops")],
        postgresql_where=sa.text("ended_at is null"),
    )
    # others begin with the same column
    op.drop_index("ix_process_instances_business_key", table_name=INSTANCES)
    op.drop_index("ix_process_instances_definition_id", table_name=INSTANCES)


def downgrade() -> None:
    op.create_index("ix_process_instances_definition_id", INSTANCES, ["definition_id"])
    op.create_index("ix_process_instances_business_key", INSTANCES, ["business_key"])
    op.drop_index("ix_process_instances_number_end", table_name=INSTANCES)
    for name, columns in (("due", ["due_at"]), ("role", ["role", "due_at"]), ("assignee", ["assignee_id", "due_at"])):
        op.create_index(f"ix_user_tasks_open_{name}", TASKS, columns, postgresql_where=sa.text(OPEN))
    for name in ("taken_of_role", "taken_of_team", "free_of_role", "free_of_team", "mine"):
        op.drop_index(f"ix_user_tasks_{name}", table_name=TASKS)
