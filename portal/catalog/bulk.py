"""Many items at once, for lists that are imported: the same rules and audit entries as in `service`, in a few statements.

Whoever has written all batches calls `indexing.index_products` once: it goes over whole products.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.models import AuditEntry
from portal.catalog import permissions
from portal.catalog.entries import VariantEntry, check_code
from portal.catalog.models import PackageCode, Variant
from portal.catalog.package_codes import stored_code
from portal.catalog.service import variant_columns
from portal.customers import revisions

_BATCH = 1000


def create_variants(session: Session, *, actor: Actor, entries: Sequence[tuple[int, VariantEntry]]) -> list[int]:
    """Add items to products (product id, item) and return their ids in this order; raises InvalidInput.

    An article number that is taken breaks the unique constraint (IntegrityError): whoever calls has looked before.
    """
    permissions.require_editor(actor)
    rows = [Variant(product_id=product_id, **variant_columns(entry)) for product_id, entry in entries]
    session.add_all(rows)
    session.flush()
    names = ("sku", "marking", "list_price")
    session.add_all(
        _entry(actor, "variant.created", row.id, revisions.summary({name: getattr(row, name) for name in names}, names))
        for row in rows
    )
    return [row.id for row in rows]


def edit_variants(session: Session, *, actor: Actor, changes: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """Change fields of items (variant id → fields of VariantEntry), each as one edit; raises InvalidInput.

    Return the products whose items are to be found by other words now.
    """
    permissions.require_editor(actor)
    recorded = []
    for row in _locked(session, sorted(changes)):
        version = row.version
        changed = revisions.assign(row, _changed_columns(row, changes[row.id]))
        if changed:
            recorded.append((row, version, changed))
    session.flush()
    session.add_all(
        _entry(actor, "variant.edited", row.id, changed | {"version": [version, row.version]})
        for row, version, changed in recorded
    )
    return {row.product_id for row, _version, changed in recorded if "marking" in changed}


def add_package_codes(session: Session, *, actor: Actor, codes: Mapping[str, int]) -> None:
    """Let codes on packages lead to items (code → variant id), without lots; the codes are new ones. Raises InvalidInput."""
    permissions.require_editor(actor)
    for code in codes:
        check_code(code, "")
    kept = {stored_code(code): variant_id for code, variant_id in codes.items()}
    session.add_all(PackageCode(code=code, variant_id=variant_id) for code, variant_id in kept.items())
    session.add_all(
        _entry(actor, "variant.code_added", variant_id, {"package_code": [None, code]})
        for code, variant_id in kept.items()
    )
    session.flush()


def _locked(session: Session, variant_ids: Sequence[int]) -> list[Variant]:
    rows: list[Variant] = []
    for start in range(0, len(variant_ids), _BATCH):
        wanted = select(Variant).where(Variant.id.in_(variant_ids[start : start + _BATCH])).order_by(Variant.id)
        rows += session.scalars(wanted.with_for_update().execution_options(populate_existing=True))
    return rows


def _changed_columns(row: Variant, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Check the whole item as it is going to be, and return the columns of the fields that are given."""
    present = {name: getattr(row, name) for name in VariantEntry.__struct_fields__}
    columns = variant_columns(VariantEntry(**{**present, **changes}))
    if "marking" in changes:
        return columns
    return {name: columns[name] for name in changes}


def _entry(actor: Actor, action: str, variant_id: int, changes: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=clock.now(),
        actor_id=actor.user_id,
        actor_name=actor.name,
        action=action,
        subject_type="variant",
        subject_key=str(variant_id),
        changes=changes,
    )
