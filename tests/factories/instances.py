"""Make very many instances at once, by SQL: nothing ran, but their rows are as after running."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_INSTANCES = text("""
insert into process_instances (definition_id, process_key, business_key, customer_id, amount, status, state, state_format, version,
                               started_at, ended_at, suspended_at)
select :definition, :key, :letters || '-' || to_char(date '2026-01-01' + (n / 300), 'YYMMDD') || '-' || lpad((n % 300)::text, 3, '0'),
       known.ids[1 + n % array_length(known.ids, 1)],
       (n % 90000) / 10.0,
       case when n % 10 < 4 then 'completed' when n % 200 = 5 then 'cancelled' when n % 100 = 6 then 'incident' else 'running' end,
       decode(repeat(md5(n::text), 10), 'hex'), 1, 1, now() - (:many - n) * interval '1 minute',
       case when n % 10 < 4 or n % 200 = 5 then now() end,
       case when n % 100 = 7 then now() end
from generate_series(0, :many - 1) as n, (select array_agg(id order by id) as ids from customers) as known
""")
_TASKS = text("""
insert into user_tasks (id, instance_id, process_key, business_key, definition_id, node_id, name_zh, name_en, role, status, priority,
                        due_at, created_at, completed_at)
select gen_random_uuid(), id, process_key, business_key, definition_id, (cast(:nodes as text[]))[1 + id % array_length(cast(:nodes as text[]), 1)],
       '审核', 'Review', 'salesperson', case when status = 'running' then 'open' else 'completed' end, 50,
       started_at + interval '30 days', started_at, ended_at
from process_instances where definition_id = :definition and (status = 'running' or status = 'completed' and id % 8 = 0)
""")
_WAITS = text("""
insert into waits (instance_id, definition_id, task_id, node_id, kind, name, business_key, due_at, created_at)
select id, definition_id, gen_random_uuid(), :node, 'timer', :node, business_key, started_at + interval '60 days', started_at
from process_instances where definition_id = :definition and status = 'running' and id % 4 = 0
""")
_INCIDENTS = text("""
insert into incidents (instance_id, task_id, node_id, error, attempts, status, created_at)
select id, gen_random_uuid(), :node, 'FactoryUnavailable: 503', 5, 'open', started_at
from process_instances where definition_id = :definition and status = 'incident'
""")


def many_instances(
    session: Session,
    definition_id: int,
    key: str,
    *,
    many: int,
    nodes: list[str],
    failing: str,
    timed: str,
    letters: str = "SO",
) -> None:
    """Insert instances of a definition, one a minute up to now: four in ten completed, the rest at a node of `nodes` (or failed)."""
    session.execute(text("set local session_replication_role = replica"))  # its references are known to hold
    session.execute(_INSTANCES, {"definition": definition_id, "key": key, "many": many, "letters": letters})
    session.execute(_TASKS, {"definition": definition_id, "nodes": nodes})
    session.execute(_WAITS, {"definition": definition_id, "node": timed})
    session.execute(_INCIDENTS, {"definition": definition_id, "node": failing})
    for table in ("process_instances", "user_tasks", "waits", "incidents", "customers"):
        session.execute(text(f"analyze {table}"))
    session.execute(text("set local session_replication_role = origin"))
