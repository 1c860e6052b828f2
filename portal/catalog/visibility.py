"""Who sees which product: the one predicate that every list, search, link, code, cart and API starts from.

Hidden is the same as not there (product.md, "Custom products"): whoever needs a product asks through here or not at all.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import aliased

from portal.accounts.actor import Actor, Role
from portal.catalog.models import Product, Variant, VisibilityGrant
from portal.customers.models import Customer


def visible_products(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Product that holds for what the actor may see.

    Staff and the system see all. A contact sees active products: standard ones and those allowed to the company or its
    level, unless one is denied to either; a company that is not reviewed yet sees standard ones only.
    """
    if actor.is_contact:
        return visible_to_customer(actor.customer_id)
    return true() if actor.is_staff or actor.is_system else false()


def visible_items(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Product and Variant that holds for what the actor may see; contacts see active ones only."""
    if actor.is_contact:
        return and_(visible_products(actor), Variant.status == "active")
    return visible_products(actor)


def visible_to_customer(customer_id: int | None) -> ColumnElement[bool]:
    """Return the condition on Product for the contacts of a customer."""
    allowed = and_(_granted("allow", customer_id), _of_customer(customer_id, Customer.status != "unreviewed"))
    return and_(
        Product.status == "active",
        or_(Product.kind == "standard", allowed),
        ~_granted("deny", customer_id),
    )


def may_see_prices(actor: Actor) -> bool:
    """Say whether the actor's role sees prices at all: the warehouse does not. (Unreviewed companies are left out by SQL.)"""
    return actor.is_system or actor.is_contact or bool(set(actor.roles) - {Role.WAREHOUSE.value})


def _granted(effect: str, customer_id: int | None) -> ColumnElement[bool]:
    grant = aliased(VisibilityGrant)
    level = select(Customer.level).where(Customer.id == customer_id).scalar_subquery()
    return exists().where(
        grant.product_id == Product.id,
        grant.effect == effect,
        or_(grant.customer_id == customer_id, grant.level == level),
    )


def _of_customer(customer_id: int | None, condition: Any) -> ColumnElement[bool]:
    return exists().where(Customer.id == customer_id, condition)
