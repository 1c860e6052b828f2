"""Who pays what and who sees what: customer prices, visibility grants, package codes."""

from decimal import Decimal

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.catalog import entries, permissions
from portal.catalog.models import CustomerPrice, PackageCode, Product, Variant, VisibilityGrant
from portal.customers.entries import refuse
from portal.customers.models import Customer, CustomerLevel
from portal.customers.queries import visible_to
from portal.errors import InvalidInput, NotFound, NotPermitted
from portal.web.i18n import gettext as _

EFFECTS = ("allow", "deny")


class GrantNotFound(NotFound):
    """There is no such grant, price or code, or no such thing to give it to."""


class PackageCodeTaken(InvalidInput):
    """The code is on another item's package already."""

    def __init__(self) -> None:
        super().__init__(fields={"code": _("This code belongs to another item already.")})


def set_customer_price(session: Session, *, actor: Actor, customer_id: int, variant_id: int, price: Decimal) -> None:
    """Agree a price (CNY per base unit, tax included) with a customer; replaces the one before. Raises InvalidInput."""
    permissions.require_editor(actor)
    _require(session, actor, customer_id)
    refuse(entries.price_problem("price", price))
    if session.get(Variant, variant_id) is None:
        raise GrantNotFound
    before = session.scalar(_price(customer_id, variant_id))
    statement = insert(CustomerPrice).values(customer_id=customer_id, variant_id=variant_id, price=price)
    session.execute(
        statement.on_conflict_do_update(index_elements=["customer_id", "variant_id"], set_={"price": price})
    )
    _record_price(session, actor, customer_id, variant_id, before, price)


def remove_customer_price(session: Session, *, actor: Actor, customer_id: int, variant_id: int) -> None:
    """Let the list's price count again for a customer."""
    permissions.require_editor(actor)
    _require(session, actor, customer_id)
    before = session.scalar(_price(customer_id, variant_id))
    where = (CustomerPrice.customer_id == customer_id, CustomerPrice.variant_id == variant_id)
    session.execute(delete(CustomerPrice).where(*where))
    _record_price(session, actor, customer_id, variant_id, before, None)


def grant_visibility(
    session: Session,
    *,
    actor: Actor,
    product_id: int,
    customer_id: int | None = None,
    level: str | None = None,
    effect: str = "allow",
) -> VisibilityGrant:
    """Allow or deny a product to one customer or to one level; an opposite grant to the same one is replaced."""
    permissions.require_editor(actor)
    _check_target(session, actor, customer_id, level, effect)
    if session.get(Product, product_id, with_for_update=True) is None:
        raise GrantNotFound
    row = session.scalars(_grant(product_id, customer_id, level)).one_or_none()
    before = row.effect if row else None
    if row is None:
        row = VisibilityGrant(product_id=product_id, customer_id=customer_id, level=level, effect=effect)
        session.add(row)
    row.effect = effect
    session.flush()
    _record_grant(session, actor, row, [before, effect])
    return row


def revoke_visibility(session: Session, *, actor: Actor, grant_id: int) -> None:
    """Take a grant away; raises GrantNotFound."""
    permissions.require_editor(actor)
    row = session.get(VisibilityGrant, grant_id)
    if row is None:
        raise GrantNotFound
    _check_target(session, actor, row.customer_id, row.level, row.effect)
    _record_grant(session, actor, row, [row.effect, None])
    session.delete(row)
    session.flush()


def add_package_code(session: Session, *, actor: Actor, variant_id: int, code: str, lot: str = "") -> PackageCode:
    """Let a package's code lead to an item; a Digital Link is kept by its GTIN. Raises InvalidInput, PackageCodeTaken."""
    from portal.catalog.package_codes import stored_code

    permissions.require_editor(actor)
    entries.check_code(code, lot)
    if session.get(Variant, variant_id) is None:
        raise GrantNotFound
    kept = stored_code(code)
    found = session.scalars(select(PackageCode).where(PackageCode.code == kept)).one_or_none()
    if found is not None and found.variant_id != variant_id:
        raise PackageCodeTaken
    row = found or PackageCode(code=kept, variant_id=variant_id)
    row.lot = lot.strip() or None
    session.add(row)
    session.flush()
    changes = {"package_code": [None, kept]}
    audit.record(session, actor=actor, action="variant.code_added", subject=("variant", variant_id), changes=changes)
    return row


def remove_package_code(session: Session, *, actor: Actor, code_id: int) -> None:
    """Forget a package's code; raises GrantNotFound."""
    permissions.require_editor(actor)
    row = session.get(PackageCode, code_id)
    if row is None:
        raise GrantNotFound
    changes = {"package_code": [row.code, None]}
    audit.record(
        session, actor=actor, action="variant.code_removed", subject=("variant", row.variant_id), changes=changes
    )
    session.delete(row)
    session.flush()


def _require(session: Session, actor: Actor, customer_id: int) -> None:
    if session.scalar(select(Customer.id).where(Customer.id == customer_id, visible_to(actor))) is None:
        raise GrantNotFound


def _check_target(session: Session, actor: Actor, customer_id: int | None, level: str | None, effect: str) -> None:
    if effect not in EFFECTS:
        raise InvalidInput(fields={"effect": _("Choose allow or deny.")})
    if (customer_id is None) == (level is None):
        raise InvalidInput(fields={"customer_id": _("Choose a customer or a level.")})
    if customer_id is not None:
        _require(session, actor, customer_id)
    elif not permissions.may_grant_to_levels(actor):
        raise NotPermitted(_("Only a sales manager or an administrator decides for a whole level."))
    elif session.get(CustomerLevel, level) is None:
        raise InvalidInput(fields={"level": _("Choose a level.")})


def _price(customer_id: int, variant_id: int) -> Select[Decimal]:
    return select(CustomerPrice.price).where(
        CustomerPrice.customer_id == customer_id, CustomerPrice.variant_id == variant_id
    )


def _grant(product_id: int, customer_id: int | None, level: str | None) -> Select[VisibilityGrant]:
    return select(VisibilityGrant).where(
        VisibilityGrant.product_id == product_id,
        VisibilityGrant.customer_id.is_not_distinct_from(customer_id),
        VisibilityGrant.level.is_not_distinct_from(level),
    )


def _record_price(
    session: Session, actor: Actor, customer_id: int, variant_id: int, before: Decimal | None, after: Decimal | None
) -> None:
    if before == after:
        return
    changes = {
        "price": [None if amount is None else str(amount) for amount in (before, after)],
        "customer": [None, customer_id],
    }
    audit.record(
        session, actor=actor, action="variant.customer_price", subject=("variant", variant_id), changes=changes
    )


def _record_grant(session: Session, actor: Actor, row: VisibilityGrant, effect: list[str | None]) -> None:
    if effect[0] == effect[1]:
        return
    target = {"customer": [None, row.customer_id]} if row.customer_id is not None else {"level": [None, row.level]}
    changes = {"effect": effect, **target}
    audit.record(
        session, actor=actor, action="product.visibility", subject=("product", row.product_id), changes=changes
    )
