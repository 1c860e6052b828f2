"""The page of one instance: its diagram with the path taken, what happened, what the outside saw, what it knows and waits for."""

from typing import Any
from urllib.parse import quote

from litestar import MediaType, Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.operations import instance_page as shown
from portal.operations.queries import instance as queries
from portal.operations.queries.places import Places, places
from portal.operations.story import tell
from portal.operations.words import tree
from portal.web.context import PortalRequest
from portal.web.htmx import is_htmx
from portal.web.live import may_follow
from portal.web.templates import Page
from portal.web.urls import int_of
from portal.workflow import queries as workflow
from portal.workflow.open_tokens import Token, tokens

PATH = "/desk/operations/instances/{instance_id:int}"
PARTS = {"story": "operations/_instance_story.html", "tab": "operations/_instance_tab.html"}


@get(PATH, sync_to_thread=True)
def instance(request: PortalRequest, instance_id: FromPath[int]) -> Page:
    """Show an instance; htmx asks for a part of it."""
    asked = request.query_params
    tab, only = asked.get("tab", ""), asked.get("only", "")
    tab, only = tab if tab in shown.TABS else shown.TABS[0], only if only in shown.FILTERS else ""
    part = asked.get("part", "") if is_htmx(request) else ""
    with unit_of_work() as session:
        context = _context(session, instance_id, tab=tab, only=only, before=int_of(asked.get("before"), 0), part=part)
        context["live_url"] = _live_url(session, current_actor(request), context["instance"])
    context |= {"tab": tab, "only": only, "now": clock.now()}
    return Page(
        PARTS.get(part) or ("operations/_instance.html" if is_htmx(request) else "operations/instance.html"), context
    )


@get(PATH + "/diagram.xml", sync_to_thread=True)
def diagram(instance_id: FromPath[int]) -> Response[str]:
    """Return the diagram that an instance runs on."""
    with unit_of_work() as session:
        found = queries.instance_view(session, instance_id=instance_id)
        xml = workflow.definition_xml(session, found.definition_id)
    return Response(xml, media_type=MediaType.XML, headers={"Cache-Control": "no-store"})


@get(PATH + "/path.json", sync_to_thread=True)
def path(instance_id: FromPath[int]) -> dict[str, Any]:
    """Return where an instance is on its diagram, and how it came there."""
    with unit_of_work() as session:
        return shown.diagram_state(session, instance_id=instance_id)


def _live_url(session: Session, actor: Actor, found: queries.InstanceView) -> str:
    """Follow the business object where somebody says who may, else all tasks."""
    subject = f"subject:{found.process_key}:{found.business_key}"
    topic = subject if may_follow(session, actor=actor, topic=subject) else "tasks"
    return f"/live?topic=user:{actor.user_id}&topic={quote(topic)}"


def _context(session: Session, instance_id: int, *, tab: str, only: str, before: int, part: str) -> dict[str, Any]:
    found = queries.instance_view(session, instance_id=instance_id)
    nodes = places(session, found.definition_id)
    context: dict[str, Any] = {"instance": found}
    if part != "tab":
        context |= _story(session, instance_id, nodes, only=only, before=before)
    if part == "story":
        return context
    open_tokens = tokens(session, instance_id)
    facts = queries.facts(session, instance_id=instance_id)
    context |= _tab(session, found, nodes, open_tokens, facts, tab)
    return context if part else context | _head(session, found, nodes, open_tokens, readable=facts is not None)


def _story(session: Session, instance_id: int, nodes: Places, *, only: str, before: int) -> dict[str, Any]:
    entries, more = queries.history(session, instance_id=instance_id, only=only, before=before or None)
    lines = tell(entries, queries.known(session, places=nodes, entries=entries))
    count = 0 if before else queries.history_count(session, instance_id=instance_id, only=only)
    return {"lines": lines, "older": entries[-1].id if more else None, "told": count}


def _head(
    session: Session, found: queries.InstanceView, nodes: Places, open_tokens: list[Token], *, readable: bool
) -> dict[str, Any]:
    return {
        "chip": shown.status_chip(found),
        "address": shown.address(found),
        "places": shown.whereabouts(session, instance=found, nodes=nodes, tokens=open_tokens),
        "suspension": queries.last_suspension(session, instance_id=found.id) if found.suspended_at else None,
        "readable": readable,
    }


def _tab(
    session: Session, found: queries.InstanceView, nodes: Places, open_tokens: list[Token], facts: Any, tab: str
) -> dict[str, Any]:
    if tab == "effects":
        effects = queries.effects(session, process_key=found.process_key, business_key=found.business_key)
        return {"effects": shown.effect_lines(nodes, effects)}
    if tab == "facts":
        rows, left = tree(facts or {})
        return {"facts": rows, "left": left, "known": facts is not None}
    if tab == "tasks":
        return {"tasks": shown.task_rows(nodes, queries.tasks(session, instance_id=found.id))}
    kept = queries.kept_messages(session, business_key=found.business_key)
    return {"waits": shown.waits(nodes, open_tokens), "kept": kept}


HANDLERS = [instance, diagram, path]
