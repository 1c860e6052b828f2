"""One instance as an operator sees it: where it is and why, what happened with the values it saw, what the outside was asked."""

import re
from typing import Any

import pytest
from sqlalchemy import insert, update

from portal import clock
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.outbox import OutboxAttempt, OutboxRow
from portal.workflow.models import HistoryEntry, Message, ProcessInstance
from tests.diagrams.build import border, call, catch, diagram, end, field, gateway, rule, start, table, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.operations.conftest import counted_statements, perform_effects
from tests.integration.workflow.conftest import Notebook, Office

PATH = "/desk/operations/instances"
TABLE = table("approval", {"order.amount": "number"}, "who", '>= 20000 -> "manager"', '- -> "nobody"')
PROCESS = diagram(
    "test",
    wired(
        start(), rule("decide", "approval", result="ruled"), gateway("gate"), end("e1"), end("e2"),
        user_task("approve", field("decision", "choice", "yes no"), field("limit", "money"), result="approval", due="PT4H"),
        border("late", "approve", timer="P3D", interrupting=False), action("push", "test.outside", result="pushed"),
        catch("shipped", message="shipped"), end(),
        flows="""
        start -> decide -> gate
        gate -> approve | ruled.who == "manager" and order.amount > 10000
        gate -> e1 | default
        approve -> push -> shipped -> end
        late -> e2
        """,
    ),
    messages="shipped",
    statuses="open",
)  # fmt: skip


@pytest.fixture
def instance_id(office: Office) -> int:
    """An order over the limit, which waits for approval."""
    return office.run(
        PROCESS, TABLE, order={"amount": 29558, "custom": False, "lines": [{"sku": "WA-1", "pieces": 40}]}
    )


@pytest.fixture
def shipped(instance_id: int, office: Office, notebook: Notebook) -> int:
    """The same, approved, pushed to the outside at the second try, and shipped."""
    office.complete("approve", decision="yes", limit="35000")
    with unit_of_work() as session:
        row_id = session.scalars(update(OutboxRow).values(failures=1).returning(OutboxRow.id)).one()
        session.execute(
            insert(OutboxAttempt).values(
                outbox_id=row_id,
                target="factory",
                number=1,
                at=clock.now(),
                milliseconds=1500,
                error="TimeoutError: no answer",
            )
        )
    notebook.answers["test.outside"] = {"lines": 3}
    perform_effects()
    office.send("shipped", "m1", {"parcel": "SF1398", "pieces": 40})
    return instance_id


def _text(page: Any) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_head_says_what_runs_since_when_where_it_is_and_for_whom(
    instance_id: int, office: Office, admin_browser: Any
) -> None:
    page = admin_browser.get(f"{PATH}/{instance_id}")
    said = _text(page)
    assert page.status_code == 200
    assert all(word in said for word in ("测试", "v1", "运行中", "B1", "宁波恒锐轴承有限公司", "approve 节点", "字节"))
    assert f'data-diagram="{PATH}/{instance_id}/diagram.xml"' in page.text


def test_it_says_why_every_token_is_where_it_is(instance_id: int, admin_browser: Any) -> None:
    said = _text(admin_browser.get(f"{PATH}/{instance_id}"))
    where = said.partition("停在哪里，为什么")[2].partition("对外影响账")[0]
    assert "approve 节点" in where
    assert "late" not in where
    assert "decide 节点 v1 · 第 1 行" in where
    assert "order.amount 列 29,558 ≥ 20,000" in where


def test_the_timeline_tells_the_values_each_decision_saw(instance_id: int, admin_browser: Any) -> None:
    said = _text(admin_browser.get(f"{PATH}/{instance_id}?only=decisions"))
    told = said.partition("时间线")[2]
    assert "decide 节点 v1 · 第 1 行 → manager" in told
    assert "gate 节点 → gate_to_approve" in told
    assert "ruled.who manager = manager" in told
    assert "order.amount 29,558 &gt; 10,000" in told
    assert "启动" not in told


def test_the_timeline_tells_who_entered_what_under_the_labels_of_the_form(shipped: int, admin_browser: Any) -> None:
    told = _text(admin_browser.get(f"{PATH}/{shipped}?only=people")).partition("时间线")[2]
    assert "approve 节点 完成" in told
    assert "陈立军" in told
    assert "decision 栏 yes 项" in told
    assert "limit 栏 35,000.00" in told
    assert "shipped" not in told


def test_the_timeline_tells_what_a_message_said_and_who_sent_it(shipped: int, admin_browser: Any) -> None:
    told = _text(admin_browser.get(f"{PATH}/{shipped}?only=system")).partition("时间线")[2]
    assert "消息「shipped」送到「shipped 节点」" in told
    assert "来自 factory" in told
    assert "parcel SF1398" in told
    assert "approve 节点 完成" not in told


def test_a_message_that_was_kept_is_its_senders_and_not_whose_step_took_it_up(
    instance_id: int, office: Office, admin_browser: Any
) -> None:
    now = clock.now()
    payload = {"by": "陈立军", "reason": "客户不要了", "count": 2}
    with unit_of_work() as session:
        kept = Message(
            sender="orders", message_id="k", name="shipped", business_key="B1", payload=payload, received_at=now, expires_at=now
        )  # fmt: skip
        session.add(kept)
        session.flush()
        taken_up = {"kind": "message", "actor_id": office.people.admin.user_id, "actor_name": "管理员"}
        session.add(
            HistoryEntry(instance_id=instance_id, at=now, detail={"name": "shipped", "message": kept.id}, **taken_up)
        )
    told = _text(admin_browser.get(f"{PATH}/{instance_id}?only=people")).partition("时间线")[2]
    assert "陈立军 · 客户不要了" in told
    assert "count 2" in told
    assert not any(word in told for word in ("by 陈立军", "reason", "管理员"))


def test_an_operators_deeds_are_told_with_their_reason(instance_id: int, office: Office, admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.add(
            HistoryEntry(
                instance_id=instance_id, at=clock.now(), kind="fact_edited", actor_id=office.people.admin.user_id, actor_name="管理员",
                detail={"reason": "客户改了数量", "path": "order.amount", "before": 29558, "after": {"$d": "18000.00"}},
            )
        )  # fmt: skip
    told = _text(admin_browser.get(f"{PATH}/{instance_id}?only=people")).partition("时间线")[2]
    assert "改了变量 order.amount" in told
    assert "管理员 · 客户改了数量" in told
    assert "原为 29,558 改为 18,000.00" in told


def test_a_long_history_is_told_page_by_page(instance_id: int, admin_browser: Any) -> None:
    with unit_of_work() as session:
        rows = [
            {"instance_id": instance_id, "at": clock.now(), "kind": "retried", "name_zh": f"步骤{n}", "name_en": f"step {n}",
             "actor_name": "system", "detail": {}}
            for n in range(150)
        ]  # fmt: skip
        session.execute(insert(HistoryEntry), rows)
    page = admin_browser.get(f"{PATH}/{instance_id}")
    seen = re.findall(r"步骤(\d+) 重试", page.text)
    while older := re.search(r'hx-get="([^"]*before=[^"]*)"', page.text):
        page = admin_browser.get(older[1].replace("&amp;", "&"), htmx=True)
        assert "<html" not in page.text
        seen += re.findall(r"步骤(\d+) 重试", page.text)
    assert [int(n) for n in seen] == list(range(149, -1, -1))


def test_the_ledger_shows_each_try_the_key_and_what_the_receiver_answered(shipped: int, admin_browser: Any) -> None:
    page = admin_browser.get(f"{PATH}/{shipped}")
    said = _text(page).partition("对外影响账")[2].partition("时间线")[0]
    assert all(
        word in said for word in ("push 节点", "test.outside", "第 2 次成功", "TimeoutError: no answer", "试了 2 次")
    )
    assert re.search(r'title="[0-9a-f-]{36}:[0-9a-f]{8}"', page.text)


def test_an_effect_that_was_given_up_says_so(shipped: int, admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(OutboxRow).values(status="dead", failures=8, error="ValueError: unknown item"))
    said = _text(admin_browser.get(f"{PATH}/{shipped}"))
    assert "8 次后放弃" in said


def test_facts_are_a_tree_with_types_and_a_way_to_change_each(instance_id: int, admin_browser: Any) -> None:
    page = admin_browser.get(f"{PATH}/{instance_id}?tab=facts")
    said = _text(page)
    assert "amount 29,558 整数" in said
    assert "custom 否 是否" in said
    assert f'href="{PATH}/{instance_id}/actions/fact?path=order.lines.0.pieces"' in page.text
    assert "path=order.lines.0&" not in page.text


def test_what_is_waited_for_can_be_sent_and_fired(instance_id: int, office: Office, admin_browser: Any) -> None:
    office.send("early", "m0")
    page = admin_browser.get(f"{PATH}/{instance_id}?tab=waiting")
    said = _text(page)
    assert "late 节点 定时" in said
    assert f"{PATH}/{instance_id}/actions/timer?task=" in page.text
    assert "还没有步骤在等的消息" in said
    assert "early factory" in said
    office.complete("approve", decision="yes", limit="35000")
    assert "push 节点 对外动作 外部" in _text(admin_browser.get(f"{PATH}/{instance_id}?tab=waiting"))


def test_a_message_that_is_waited_for_has_a_way_to_send_it(
    instance_id: int, office: Office, admin_browser: Any
) -> None:
    office.complete("approve", decision="yes", limit="35000")
    perform_effects()
    assert (
        f"{PATH}/{instance_id}/actions/message?name=shipped"
        in admin_browser.get(f"{PATH}/{instance_id}?tab=waiting").text
    )


def test_tasks_show_who_has_them_and_what_came_of_them(shipped: int, admin_browser: Any) -> None:
    said = _text(admin_browser.get(f"{PATH}/{shipped}?tab=tasks")).partition("时间线")[0]
    assert "approve 节点 已完成 陈立军" in said
    assert "decision 栏 yes 项" in said


def test_one_that_is_over_offers_nothing_to_change(shipped: int, admin_browser: Any) -> None:
    page = admin_browser.get(f"{PATH}/{shipped}?tab=facts")
    assert "已结束" in page.text
    assert "/actions/fact" not in page.text


def test_an_instance_whose_state_cannot_be_read_shows_everything_else(instance_id: int, admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.execute(
            update(ProcessInstance).values(state=b"\x00garbage", postponements=3, postponed_until=clock.now())
        )
    for tab in ("effects", "facts", "waiting", "tasks"):
        page = admin_browser.get(f"{PATH}/{instance_id}?tab={tab}")
        said = _text(page)
        assert page.status_code == 200
        assert "它的状态读不出来" in said
        assert "已推迟 3 次" in said
        assert "decide 节点 v1 · 第 1 行" in said
    assert admin_browser.get(f"{PATH}/{instance_id}/path.json").json()["here"][0]["node"] == "approve"


def test_a_suspended_one_says_who_paused_it_and_why(instance_id: int, office: Office, admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(suspended_at=clock.now()))
        session.add(
            HistoryEntry(
                instance_id=instance_id,
                at=clock.now(),
                kind="suspended",
                actor_id=1,
                actor_name="管理员",
                detail={"reason": "等客户核对"},
            )
        )
    said = _text(admin_browser.get(f"{PATH}/{instance_id}"))
    assert "已暂停" in said
    assert "恢复之前一步也不动。 等客户核对" in said


def test_the_diagram_is_painted_with_the_path_and_the_place(instance_id: int, admin_browser: Any) -> None:
    assert 'id="approve"' in admin_browser.get(f"{PATH}/{instance_id}/diagram.xml").text
    state = admin_browser.get(f"{PATH}/{instance_id}/path.json").json()
    assert [one["node"] for one in state["here"]] == ["approve"]
    assert {"start", "decide", "gate_to_approve"} <= set(state["taken"])


def test_what_happens_inside_a_called_process_is_told_by_its_names(office: Office, admin_browser: Any) -> None:
    inner = wired(
        start(), user_task("look", field("ok", "yesno")), gateway("fine"), end(), end("e2"),
        flows="start -> look -> fine\nfine -> end | look.ok\nfine -> e2 | default",
    )  # fmt: skip
    outer = wired(start(), call("credit", "check"), user_task("after"), end(), flows="start -> credit -> after -> end")
    office.publish(diagram("check", inner))
    instance_id = office.run(diagram("test", outer))
    page = admin_browser.get(f"{PATH}/{instance_id}")
    assert "credit 节点 › look 节点" in _text(page)
    assert [one["node"] for one in admin_browser.get(f"{PATH}/{instance_id}/path.json").json()["here"]] == ["credit"]
    office.complete("credit.look", ok="true")
    told = _text(admin_browser.get(f"{PATH}/{instance_id}")).partition("时间线")[2]
    assert "ok 栏 是" in told
    assert "credit 节点 › fine 节点 → fine_to_end" in told


def test_it_is_told_in_english_too(instance_id: int, office: Office, client_for: Any) -> None:
    with unit_of_work() as session:
        user = session.get_one(User, office.people.admin.user_id)
        user.locale = "en"
        session.flush()
        session.expunge(user)
    said = _text(client_for(user, language="en").get(f"{PATH}/{instance_id}?only=decisions"))
    assert "Where it is, and why" in said
    assert "decide v1 · row 1 → manager" in said


def test_nobody_but_administrators_knows_the_page(instance_id: int, others: dict[str, Any], admin_browser: Any) -> None:
    for path in ("", "/diagram.xml", "/path.json"):
        assert admin_browser.get(f"{PATH}/{instance_id}{path}").status_code == 200
        for who, browser in others.items():
            assert browser.get(f"{PATH}/{instance_id}{path}").status_code == (303 if who == "visitor" else 404), who
        assert admin_browser.get(f"{PATH}/4711{path}").status_code == 404


@pytest.mark.parametrize(("tab", "most"), [("effects", 22), ("facts", 20), ("waiting", 21), ("tasks", 21)])
def test_a_page_takes_the_same_few_statements_however_much_has_happened(
    tab: str, most: int, shipped: int, office: Office, admin_browser: Any
) -> None:
    path = f"{PATH}/{shipped}?tab={tab}"
    admin_browser.get(path)
    with counted_statements() as short:
        admin_browser.get(path)
    with unit_of_work() as session:
        for n in range(30):
            session.add(OutboxRow(
                topic="workflow.perform_action", key=f"k{n}", payload={}, status="done", available_at=clock.now(), created_at=clock.now(),
                subject="test:B1",
            ))  # fmt: skip
            session.add(
                HistoryEntry(
                    instance_id=shipped,
                    at=clock.now(),
                    kind="message",
                    actor_name="system",
                    detail={"name": "x", "message": n},
                )
            )
    with counted_statements() as long:
        admin_browser.get(path)
    assert len(long) == len(short) <= most, "\n".join(long)
