"""Delivered updates: a newer file came with a release, but an administrator had edited the published version. They choose.

Nothing is stored but the choice to keep one's own (in the audit trail): what is offered is computed from the files that are there and
the digests of what was delivered and published.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor, Role
from portal.accounts.models import AuditEntry, User
from portal.errors import Conflict, NotFound, NotPermitted
from portal.web.i18n import lazy_gettext as _
from portal.web.nav import badge
from portal.workflow.decision_table import TableRefused, read_table
from portal.workflow.delivery import delivered_files, key_of
from portal.workflow.differences import Difference, diagram_differences, table_differences
from portal.workflow.models import DecisionDefinition, ProcessDefinition
from portal.workflow.operators import reason_of
from portal.workflow.publishing import digest, publish, publish_decision
from portal.workflow.reader import parse_xml, read
from portal.workflow.vocabulary import Text, XmlRefused

KEPT, TAKEN = "update.kept", "update.taken"


@dataclass(frozen=True)
class Delivered:
    """A delivered file: `kind` is `process` or `decision`."""

    kind: str
    key: str
    path: Path
    digest: str


@dataclass(frozen=True)
class Offer:
    """A delivered edition that waits because the published one is an administrator's."""

    file: Delivered
    name: Text
    definition_id: int
    version: int
    published_at: datetime
    published_by: str | None
    differences: tuple[Difference, ...] = ()
    fault: Any = None
    """Why it cannot be read, if it cannot."""


@lru_cache(maxsize=4)
def _delivered(stamps: tuple[tuple[Path, int], ...]) -> tuple[Delivered, ...]:
    """The files, read once as long as none of them changes."""
    return tuple(
        Delivered("decision" if path.suffix == ".dmn" else "process", key_of(path), path, digest(path.read_bytes()))
        for path, _stamp in stamps
    )


def _files() -> tuple[Delivered, ...]:
    return _delivered(tuple((path, path.stat().st_mtime_ns) for path in delivered_files()))


@badge("updates")
def waiting(session: Session, *, actor: Actor) -> int:
    """Count the updates that wait for an administrator, for the navigation."""
    return sum(1 for _offer in _offers(session)) if actor.has(Role.ADMINISTRATOR) else 0


def offers(session: Session) -> list[Offer]:
    """Return the delivered editions that wait, each with its differences from the published one in words."""
    return [_compared(session, offer) for offer in _offers(session)]


def _offers(session: Session) -> Iterator[Offer]:
    for kind, model in (("process", ProcessDefinition), ("decision", DecisionDefinition)):
        files = [file for file in _files() if file.kind == kind]
        one: Any = model
        rows = session.execute(
            select(one.id, one.key, one.version, one.name_zh, one.name_en, one.digest, one.published_at, User.name)
            .outerjoin(User, User.id == one.published_by)
            .where(one.status == "published", one.source == "edited", one.key.in_([file.key for file in files]))
        )  # fmt: skip
        edited = {row.key: row for row in rows}
        for file in files:
            row = edited.get(file.key)
            if row is not None and row.digest != file.digest and _is_news(session, one, file):
                yield Offer(file, (row.name_zh, row.name_en), row.id, row.version, row.published_at, row.name)


def _is_news(session: Session, model: Any, file: Delivered) -> bool:
    """Whether this content was neither delivered before nor put aside."""
    last = (
        select(model.digest)
        .where(model.key == file.key, model.source == "delivered")
        .order_by(model.version.desc())
        .limit(1)
    )
    if session.scalars(last).first() == file.digest:
        return False
    kept = select(AuditEntry.id).where(
        AuditEntry.subject_type == file.kind, AuditEntry.subject_key == file.key, AuditEntry.action == KEPT,
        AuditEntry.changes["digest"][1].astext == file.digest,
    )  # fmt: skip
    return session.scalars(kept.limit(1)).first() is None


def _compared(session: Session, offer: Offer) -> Offer:
    model: Any = ProcessDefinition if offer.file.kind == "process" else DecisionDefinition
    published = session.scalars(select(model.xml).where(model.id == offer.definition_id)).one()
    try:
        differences = _differences(offer.file.kind, published, offer.file.path.read_bytes())
    except (XmlRefused, TableRefused) as error:
        return Offer(
            offer.file,
            offer.name,
            offer.definition_id,
            offer.version,
            offer.published_at,
            offer.published_by,
            (),
            str(error),
        )
    return Offer(
        offer.file, offer.name, offer.definition_id, offer.version, offer.published_at, offer.published_by, tuple(differences)
    )  # fmt: skip


def _differences(kind: str, published: str, delivered: bytes) -> list[Difference]:
    if kind == "process":
        return diagram_differences(read(parse_xml(published)), read(parse_xml(delivered)))
    return table_differences(read_table(parse_xml(published)), read_table(parse_xml(delivered)))


def take(session: Session, *, actor: Actor, kind: str, key: str, digest: str, version: int, reason: str) -> int:
    """Publish a delivered edition as the newest version and return its number; what runs stays on its own.

    `digest` and `version` are the file and the published version that were looked at. Raises NotPermitted, NotFound, InvalidInput
    (field `reason`), Conflict (either is another by now), DiagramRefused.
    """
    offer = _asked(session, actor, kind, key, digest)
    why = reason_of(reason)
    make = publish if kind == "process" else publish_decision
    edition = make(session, xml=offer.file.path.read_bytes(), source="delivered", actor=actor)
    if edition.version != version + 1:
        raise Conflict(_("Another version has been published meanwhile; look at the differences from it first"))
    audit.record(
        session, actor=actor, action=TAKEN, subject=(kind, key), reason=why,
        changes={"version": [offer.version, edition.version], "digest": [None, digest]},
    )  # fmt: skip
    return edition.version


def keep_ours(session: Session, *, actor: Actor, kind: str, key: str, digest: str) -> None:
    """Put a delivered edition aside until another one is delivered. Raises NotPermitted, NotFound, Conflict."""
    _asked(session, actor, kind, key, digest)
    audit.record(session, actor=actor, action=KEPT, subject=(kind, key), changes={"digest": [None, digest]})


def _asked(session: Session, actor: Actor, kind: str, key: str, digest: str) -> Offer:
    if not actor.has(Role.ADMINISTRATOR):
        raise NotPermitted(_("Only an administrator may publish processes"))
    offer = next((one for one in _offers(session) if (one.file.kind, one.file.key) == (kind, key)), None)
    if offer is None:
        raise NotFound
    if offer.file.digest != digest:
        raise Conflict(_("Another edition has been delivered meanwhile; look at it first"))
    return offer
