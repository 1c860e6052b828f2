"""A database with very many tasks, made by SQL in little time: running instances that can really be completed, and completed ones.

The measured salesperson, of team "一组", has 400 open tasks of their own or a hundredth of all, whichever is more. Half of the others
are that team's; two of five are free. One in five is late, one in five due today. One completed task goes with four open ones, at least 600. Two of
the salesperson's tasks are one customer's.
"""

# ruff: noqa: S608  the texts are put together from what is written here; every value is a parameter

from dataclasses import dataclass

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from portal.accounts import service as accounts
from portal.accounts.actor import SYSTEM
from portal.accounts.models import User
from portal.bench.diagrams import SIZES, diagram, process_key
from portal.bench.little_shop import LittleShop
from portal.database import unit_of_work
from portal.workflow import service

TEAM = "一组"
LEAST_MINE = 400
LEAST_DONE = 600
COLLEAGUES = 24
TABLES = ("process_instances", "user_tasks", "customers")


@dataclass(frozen=True)
class Many:
    """What there is to look for: a number and a customer of the measured salesperson's tasks."""

    mine: int
    number: str
    customer_id: int
    customer: str


def prepare(shop: LittleShop) -> None:
    """Publish the processes, run one of each as a pattern, and hire colleagues."""
    with unit_of_work() as session:
        session.get_one(User, shop.salesperson.user_id).team = TEAM
        for place in range(COLLEAGUES):
            phone = f"198000{place:05d}"
            user = accounts.create_user(session, actor=SYSTEM, name=f"同事 {place}", phone=phone, roles=["salesperson"])
            user.team = TEAM if place % 2 else "二组"
        for size in SIZES:
            key = process_key(size)
            service.publish(session, xml=diagram(key, SIZES[size], ours=True), source="delivered", actor=SYSTEM)
            facts = {"order": {"number": "PATTERN", "customer_type": "one"}}
            service.start_process(session, key=key, business_key=f"PATTERN-{size}", facts=facts, actor=SYSTEM)


def fill(url: str, shop: LittleShop, *, open_tasks: int) -> Many:
    """Write the tasks into the database at `url`, which `prepare` has seen; indexes are made afterwards."""
    mine = max(LEAST_MINE, open_tasks // 100)
    customers = max(mine, open_tasks // 20)
    given = {
        "open": open_tasks, "all": open_tasks + max(open_tasks // 4, LEAST_DONE), "mine": mine, "customers": customers, "me": shop.salesperson.user_id,
        "mine_customers": mine // 2,
    }  # fmt: skip
    with psycopg.connect(url) as connection:
        connection.execute("set local session_replication_role = replica")  # the rows refer to what is there
        connection.execute("set local synchronous_commit = off")
        indexes = _without_indexes(connection)
        for statement in (_CUSTOMERS, _INSTANCES, _TASKS):
            connection.execute(statement, given)
        for sequence in ("customers", "process_instances"):
            connection.execute(
                f"select setval(pg_get_serial_sequence('{sequence}', 'id'), (select max(id) from {sequence}))"
            )
        for index in indexes:
            connection.execute(index)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"vacuum (analyze) {', '.join(TABLES)}")
        connection.execute("checkpoint")
        row = connection.execute(_EXAMPLE, given).fetchone()
    assert row is not None
    return Many(mine, *row)


def _without_indexes(connection: Connection[TupleRow]) -> list[str]:
    """Drop the indexes that are no constraint's; return how they are made."""
    rows = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index where indrelid = any(%s::regclass[]) "
        "and not exists (select from pg_constraint where conindid = indexrelid)",
        (list(TABLES),),
    ).fetchall()
    for name, _definition in rows:
        connection.execute(f"drop index {name}")
    return [definition for _name, definition in rows]


_CUSTOMERS = """
insert into customers (id, code, name, name_en, type, level, status, credit_limit, overdue_amount, terms, phone, note, created_at, version)
overriding system value
select 1000 + n, 'M' || n, '轴承' || n || '公司', '', 'one', 'A', 'active', 0, 0, '', '', '', now(), 1
from generate_series(1, %(customers)s) n
"""
_PATTERNS = """
patterns as (
    select i.definition_id, i.process_key, i.state_format, t.node_id, t.name_zh, t.name_en, t.role,
           convert_from(i.state, 'UTF8') as state, replace(t.id::text, '-', '') as task
    from process_instances i join user_tasks t on t.instance_id = i.id where i.business_key like 'PATTERN-%%'
), numbered as (
    select n, md5('task ' || n) as task, 'SO-260713-' || lpad(n::text, 7, '0') as number, n <= %(open)s as is_open,
           case when n %% 10 = 7 then 'bench_order' else 'bench_small' end as process_key
    from generate_series(1, %(all)s) n
)"""
_INSTANCES = f"""
with {_PATTERNS}
insert into process_instances (id, definition_id, process_key, business_key, customer_id, amount, status, state, state_format, version,
                               started_at, ended_at)
overriding system value
select 1000 + n, p.definition_id, p.process_key, number,
       1001 + n %% case when n <= %(mine)s then %(mine_customers)s else %(customers)s end,
       (n %% 5000)::numeric, case when is_open then 'running' else 'completed' end,
       convert_to(replace(p.state, p.task, numbered.task), 'UTF8'), p.state_format, 1, now() - interval '3 days',
       case when not is_open then now() end
from numbered join patterns p on p.process_key = numbered.process_key
"""
_TASKS = f"""
with {_PATTERNS}, staff as (
    select id, team, row_number() over (order by id) - 1 as place from users where name like '同事 %%'
), shared as (
    select numbered.*, case when n <= %(mine)s then %(me)s when n %% 5 > 1 or not is_open then staff.id end as assignee
    from numbered join staff on staff.place = n %% {COLLEAGUES}
)
insert into user_tasks (id, instance_id, process_key, business_key, definition_id, node_id, name_zh, name_en, role, assignee_id, team,
                        status, priority, due_at, created_at, claimed_at, completed_at, completed_by)
select shared.task::uuid, 1000 + n, p.process_key, number, p.definition_id, p.node_id, p.name_zh, p.name_en, p.role,
       case when is_open then assignee end, case when n <= %(mine)s or n %% 2 = 1 then '{TEAM}' else '二组' end,
       case when is_open then 'open' else 'completed' end, n %% 3,
       case n %% 20 when 0 then null when 1 then now() + interval '1 minute' * (n %% 50) else
            case when n %% 5 = 1 then now() - interval '1 minute' * (n %% 4000) when n %% 5 = 2 then now() + interval '30 minutes' + interval '1 second' * (n %% 60)
                 else now() + interval '1 day' + interval '1 minute' * (n %% 20000) end end,
       now() - interval '1 minute' * (n %% 9000), case when is_open and assignee is not null then now() end,
       case when not is_open then now() - interval '1 second' * (n %% 90000) end,
       case when not is_open then case when n %% 5 = 0 then %(me)s else assignee end end
from shared join patterns p on p.process_key = shared.process_key
"""
_EXAMPLE = """
select t.business_key, c.id, c.name from user_tasks t join process_instances i on i.id = t.instance_id
join customers c on c.id = i.customer_id where t.assignee_id = %(me)s and t.status = 'open' order by t.business_key limit 1 offset 100
"""
