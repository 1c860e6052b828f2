"""Publishing diagrams and decision tables: each is checked, stored as the newest version of its key, and used from then on."""

import hashlib
from typing import Any, TypeVar

from lxml import etree
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor, Role
from portal.errors import NotPermitted
from portal.web.i18n import lazy_gettext as _
from portal.workflow import expanding, lint
from portal.workflow.calls import current_calls
from portal.workflow.decision_table import DecisionTable, TableRefused, read_table
from portal.workflow.errors import DiagramRefused, Problem
from portal.workflow.expanding import Calls, called_keys
from portal.workflow.models import DecisionDefinition, ProcessDefinition
from portal.workflow.parser import parse_specs
from portal.workflow.reader import parse_xml, read
from portal.workflow.vocabulary import Text, Vocabulary, XmlRefused

D = TypeVar("D", ProcessDefinition, DecisionDefinition)


def publish(session: Session, *, xml: bytes | str, source: str, actor: Actor) -> ProcessDefinition:
    """Publish a diagram as the newest version of its key; new instances use it. `source` is `delivered` or `edited`.

    The processes it calls are those published now, and stay those. What is published already, calling the same, is left as it is and
    returned. Raises NotPermitted, DiagramRefused with every problem.
    """
    _check_may_publish(actor)
    vocabulary, problems = check(session, xml=xml)
    if vocabulary is None or problems:
        raise DiagramRefused(_("This diagram cannot be published yet"), problems)
    calls = {key: called.definition_id for key, called in _current_calls(session, xml).items()}
    return _store(session, ProcessDefinition, vocabulary.process_id, vocabulary.name, xml, source, actor, calls=calls)


def calls_are_current(session: Session, definition: ProcessDefinition) -> bool:
    """Say whether what a published process calls is what is published now."""
    current = _current_calls(session, definition.xml)
    return definition.calls == {key: called.definition_id for key, called in current.items()}


def _current_calls(session: Session, xml: bytes | str) -> Calls:
    keys = called_keys(parse_xml(xml))
    return current_calls(session, keys) if keys else {}


def publish_decision(session: Session, *, xml: bytes | str, source: str, actor: Actor) -> DecisionDefinition:
    """Publish a decision table as the newest version of its key; running processes use it from now on.

    Raises NotPermitted, DiagramRefused with the cell that is not understood.
    """
    _check_may_publish(actor)
    try:
        table = read_table(parse_xml(xml))
    except TableRefused as error:
        raise _refused_table(error.element, error.reason) from error
    except XmlRefused as error:
        raise _refused_table("", str(error)) from error
    return _store(session, DecisionDefinition, table.key, table.name, xml, source, actor)


def _refused_table(element: str, reason: str) -> DiagramRefused:
    problem = Problem(element, (element, element), _("Not understood: %(reason)s", reason=reason))
    return DiagramRefused(_("This table cannot be published yet"), [problem])


def check(session: Session, *, xml: bytes | str) -> tuple[Vocabulary | None, list[Problem]]:
    """Read a diagram and return it with everything that keeps it from being published (the studio asks while somebody draws)."""
    try:
        root = parse_xml(xml)
        vocabulary = read(root)
    except XmlRefused as error:
        return None, [Problem("", ("", ""), _("The file cannot be read: %(reason)s", reason=str(error)))]
    calls = _current_calls(session, xml)
    problems = list(expanding.problems(vocabulary, calls))
    if not problems:
        root = expanding.expand(root, calls)
        vocabulary = read(root)
    problems += lint.check(root, vocabulary, tables(session))
    if not problems:
        problems = list(_unparsable(root, vocabulary))
    return vocabulary, expanding.at_calls(problems, vocabulary)


def _unparsable(root: etree._Element, vocabulary: Vocabulary) -> list[Problem]:
    try:
        parse_specs(root, vocabulary)
    except XmlRefused as error:
        return [
            Problem(
                vocabulary.process_id, vocabulary.name, _("The engine cannot run this: %(reason)s", reason=str(error))
            )
        ]
    return []


def tables(session: Session) -> dict[str, DecisionTable]:
    """Return the published decision tables by key."""
    rows = session.scalars(select(DecisionDefinition.xml).where(DecisionDefinition.status == "published"))
    return {table.key: table for table in (read_table(parse_xml(xml)) for xml in rows)}


def _check_may_publish(actor: Actor) -> None:
    if not (actor.is_system or actor.has(Role.ADMINISTRATOR)):
        raise NotPermitted(_("Only an administrator may publish processes"))


def digest(xml: bytes | str) -> str:
    """Return the SHA-256 of a file's text, which identifies an edition."""
    return hashlib.sha256(xml.encode() if isinstance(xml, str) else xml).hexdigest()


def _store(
    session: Session,
    model: type[D],
    key: str,
    name: Text,
    xml: bytes | str,
    source: str,
    actor: Actor,
    **more: Any,
) -> D:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{model.__tablename__}:{key}"))))
    current = session.scalars(select(model).where(model.key == key, model.status == "published")).first()
    same_calls = all(getattr(current, column, None) == value for column, value in more.items())
    if current is not None and current.digest == digest(xml) and same_calls:
        return current
    newest = session.scalars(select(func.max(model.version)).where(model.key == key)).one() or 0
    session.execute(update(model).where(model.key == key, model.status == "published").values(status="retired"))
    edition = model(
        key=key, version=newest + 1, name_zh=name[0], name_en=name[1], xml=xml if isinstance(xml, str) else xml.decode(),
        digest=digest(xml), status="published", source=source, published_at=clock.now(), published_by=actor.user_id, **more,
    )  # fmt: skip
    session.add(edition)
    session.flush()
    return edition
