"""The actor: who is asking. Every service and every query takes one."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does here (product.md, "People")."""

    CONTACT = "contact"
    SALESPERSON = "salesperson"
    SALES_MANAGER = "sales_manager"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Actor:
    """Somebody acting, with what permissions are decided by; `user_id` is None only for the system itself."""

    user_id: int | None
    name: str
    roles: frozenset[str]
    customer_id: int | None = None
    team: str | None = None
    locale: str = "zh"

    def has(self, *roles: str) -> bool:
        """Say whether the actor holds any of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """Say whether the actor works for the manufacturer."""
        return self.customer_id is None and self.user_id is not None

    @property
    def is_contact(self) -> bool:
        """Say whether the actor buys for a customer."""
        return self.customer_id is not None

    @property
    def is_system(self) -> bool:
        """Say whether no person is acting: a process step, a timer, the production system."""
        return self.user_id is None


SYSTEM = Actor(user_id=None, name="system", roles=frozenset())
