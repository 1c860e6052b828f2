"""Lists kept on the server between upload and import: packed rows, the columns chosen, and what was shown of the plan."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.errors import NotFound
from portal.imports.models import ImportUpload
from portal.imports.reading import Row, Sheet
from portal.web.i18n import lazy_gettext as _

KEPT = timedelta(hours=24)


class UploadNotFound(NotFound):
    """There is no such list: it was somebody else's, it was discarded, or its day is over."""

    message = _("This list is no longer there. Upload it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded list as its administrator sees it."""

    id: int
    kind: str
    filename: str
    digest: str
    encoding: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    applied_at: datetime | None = None


def digest_of(content: bytes) -> str:
    """Return the print of a file by which an import is found again in the audit trail."""
    return hashlib.sha256(content).hexdigest()


def keep(session: Session, *, actor: Actor, kind: str, filename: str, content: bytes, sheet: Sheet) -> int:
    """Keep a list for its uploader and throw away those whose day is over; return its id."""
    session.execute(delete(ImportUpload).where(ImportUpload.created_at < clock.now() - KEPT))
    row = ImportUpload(
        user_id=actor.user_id, kind=kind, filename=filename[-200:], digest=digest_of(content), encoding=sheet.kind,
        rows=pack(sheet), created_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def get(session: Session, *, actor: Actor, upload_id: int, locked: bool = False) -> ImportUpload:
    """Return the actor's own list; raises UploadNotFound."""
    own = (ImportUpload.id == upload_id, ImportUpload.user_id == actor.user_id)
    statement = select(ImportUpload).where(*own, ImportUpload.created_at >= clock.now() - KEPT)
    row = session.scalars(statement.with_for_update() if locked else statement).one_or_none()
    if row is None:
        raise UploadNotFound
    return row


def view(row: ImportUpload) -> Upload:
    """Return what pages show of a list."""
    names = ("id", "kind", "filename", "digest", "encoding", "mapping", "counts", "applied_at")
    return Upload(**{name: getattr(row, name) for name in names})


def sheet_of(row: ImportUpload) -> Sheet:
    """Return the rows of a list as they were read."""
    rows = msgspec.msgpack.decode(zlib.decompress(row.rows), type=tuple[tuple[int, tuple[str, ...]], ...])
    return Sheet(row.encoding, tuple(Row(number, cells) for number, cells in rows))


def pack(sheet: Sheet) -> bytes:
    """Return the rows of a list as they are stored."""
    return zlib.compress(msgspec.msgpack.encode([(row.number, row.cells) for row in sheet.rows]))
