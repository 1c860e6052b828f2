"""Take in the lists a factory already has: read, plan against the shop, show, and write all of it or nothing.

For administrators, and for the system (the command line). To everybody else there are no imports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.accounts.permissions import require_administration
from portal.errors import Conflict, InvalidInput
from portal.imports import customer_shop, product_shop, uploads
from portal.imports.columns import Columns, propose_columns
from portal.imports.customer_apply import apply_customers
from portal.imports.customer_plan import CustomerPlan, plan_customers
from portal.imports.customers_list import CustomerList
from portal.imports.kinds import KINDS, read_list
from portal.imports.models import ImportUpload
from portal.imports.plan import Advance, Difference, Plan, differences
from portal.imports.product_apply import apply_products
from portal.imports.product_plan import ProductPlan, plan_products
from portal.imports.products_list import ProductList
from portal.imports.reading import Sheet, read_sheet
from portal.imports.uploads import Upload
from portal.web.i18n import lazy_gettext as _

AnyPlan = ProductPlan | CustomerPlan


class ShopChanged(Conflict):
    """The shop is not as it was when the plan was shown; `differences` are the rows, nothing was written."""

    def __init__(self, found: tuple[Difference, ...]) -> None:
        super().__init__(_("The shop has changed since this was shown. Nothing was imported: look at it again."))
        self.differences = found


class Refused(Conflict):
    """The database refused what was planned, because somebody else wrote at the same moment; nothing was written."""

    message = _("Somebody changed the same items or customers at this moment. Nothing was imported: check again.")


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from, for the audit trail and the ledger: the file's name and its SHA-256."""

    filename: str
    digest: str


def plan_list(session: Session, *, actor: Actor, listed: ProductList | CustomerList) -> AnyPlan:
    """Compare a list with the shop as it is now; writes nothing."""
    require_administration(actor)
    if isinstance(listed, ProductList):
        return plan_products(listed, product_shop.read_shop(session, listed.products))
    return plan_customers(listed, customer_shop.read_shop(session))


def apply_list(
    session: Session, *, actor: Actor, listed: ProductList | CustomerList, source: Source, seen: Mapping[str, Any],
    advance: Advance = lambda _count: None,
) -> Plan:  # fmt: skip
    """Plan again and write all of it, if the plan is the one that was `seen` (Plan.seen); imports wait for one another.

    Raises ShopChanged with the rows that differ, RowRefused and Refused; nothing is written then.
    """
    require_administration(actor)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("portal.imports"))))
    planned = plan_list(session, actor=actor, listed=listed)
    found = differences(dict(seen), planned.plan.seen())
    if found:
        raise ShopChanged(found)
    try:
        if isinstance(planned, ProductPlan):
            apply_products(session, actor=actor, plan=planned, source=source.filename, advance=advance)
        else:
            apply_customers(session, actor=actor, plan=planned, advance=advance)
        session.flush()
    except IntegrityError as error:
        raise Refused from error
    _record(session, actor, planned.plan, source)
    return planned.plan


def keep_upload(session: Session, *, actor: Actor, kind: str, filename: str, content: bytes) -> int:
    """Read an uploaded list and keep it for a day; return its id. Raises UnreadableFile and ColumnsUnclear."""
    require_administration(actor)
    if kind not in KINDS:
        raise InvalidInput(fields={"kind": _("Choose what the list holds.")})
    sheet = read_sheet(content, filename)
    propose_columns(sheet.rows, KINDS[kind].fields)
    return uploads.keep(session, actor=actor, kind=kind, filename=filename, content=content, sheet=sheet)


def upload(session: Session, *, actor: Actor, upload_id: int) -> Upload:
    """Return an uploaded list of the actor's; raises UploadNotFound."""
    require_administration(actor)
    return uploads.view(uploads.get(session, actor=actor, upload_id=upload_id))


def columns_of(session: Session, *, actor: Actor, upload_id: int) -> tuple[Columns, Sheet]:
    """Return how the columns of an uploaded list are read now, and its rows."""
    require_administration(actor)
    row = uploads.get(session, actor=actor, upload_id=upload_id)
    sheet = uploads.sheet_of(row)
    return propose_columns(sheet.rows, KINDS[row.kind].fields, row.mapping), sheet


def choose_columns(session: Session, *, actor: Actor, upload_id: int, mapping: Mapping[str, str]) -> None:
    """Say which column holds what (field → `#3`, or "" for none). Raises ColumnsUnclear when a needed one is missing."""
    require_administration(actor)
    row = _open(session, actor, upload_id)
    read_list(row.kind, uploads.sheet_of(row), mapping)
    row.mapping, row.seen = dict(mapping), {}


def check_upload(session: Session, *, actor: Actor, upload_id: int) -> Plan:
    """Plan an uploaded list, and remember the plan as the one that was shown. Raises ColumnsUnclear."""
    require_administration(actor)
    row = _open(session, actor, upload_id)
    plan = plan_list(session, actor=actor, listed=_listed(row)).plan
    row.seen, row.counts = plan.seen(), plan.counts
    return plan


def apply_upload(session: Session, *, actor: Actor, upload_id: int) -> Upload:
    """Write an uploaded list as it was shown; one that is written already is left as it is (a second click).

    Raises ShopChanged, RowRefused and Refused.
    """
    require_administration(actor)
    row = uploads.get(session, actor=actor, upload_id=upload_id, locked=True)
    if row.applied_at is None:
        source = Source(row.filename, row.digest)
        plan = apply_list(session, actor=actor, listed=_listed(row), source=source, seen=row.seen)
        row.applied_at, row.counts, row.rows, row.seen = clock.now(), plan.counts, b"", {}
    return uploads.view(row)


def discard_upload(session: Session, *, actor: Actor, upload_id: int) -> None:
    """Throw an uploaded list away."""
    require_administration(actor)
    session.delete(uploads.get(session, actor=actor, upload_id=upload_id))


def _open(session: Session, actor: Actor, upload_id: int) -> ImportUpload:
    row = uploads.get(session, actor=actor, upload_id=upload_id, locked=True)
    if row.applied_at is not None:
        raise AlreadyImported
    return row


class AlreadyImported(Conflict):
    """The list is in the shop already."""

    message = _("This list has been imported already.")


def _listed(row: ImportUpload) -> ProductList | CustomerList:
    return read_list(row.kind, uploads.sheet_of(row), row.mapping)


def _record(session: Session, actor: Actor, plan: Plan, source: Source) -> None:
    """One entry for the list; items and companies have theirs beside it."""
    changes = {"file": [None, source.filename], "rows": [None, plan.counts]}
    action = f"import.{plan.kind}"
    audit.record(session, actor=actor, action=action, subject=("import", source.digest), changes=changes)
