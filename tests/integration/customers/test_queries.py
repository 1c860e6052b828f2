"""Who sees which customer."""

import pytest
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor
from portal.customers import queries
from portal.customers.queries import CustomerNotFound
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of, an_address


def seen(session: Session, actor: Actor, **filters: str) -> set[str]:
    return {row.name for row in queries.customers_page(session, actor=actor, **filters).rows}


def test_everybody_sees_their_customers_and_nobody_elses(session: Session) -> None:
    mine, theirs = a_salesperson(session), a_salesperson(session)
    own = a_customer(session, name="我的", salesperson_id=mine.id)
    a_customer(session, name="别人的", salesperson_id=theirs.id)
    everything = {"我的", "别人的"}
    assert seen(session, actor_of(mine)) == {"我的"}
    assert seen(session, actor_of(a_contact(session, own))) == {"我的"}
    assert seen(session, actor_of(a_user(session, "warehouse"))) == set()
    for actor in (SYSTEM, *(actor_of(a_user(session, role)) for role in ("sales_manager", "finance", "administrator"))):
        assert seen(session, actor) == everything


def test_a_customer_of_others_is_not_there(session: Session) -> None:
    actor = actor_of(a_salesperson(session))
    other = a_customer(session, salesperson_id=a_salesperson(session).id)
    an_address(session, other)
    a_contact(session, other)
    with pytest.raises(CustomerNotFound):
        queries.customer(session, actor=actor, customer_id=other.id)
    assert queries.contacts(session, actor=actor, customer_id=other.id) == ()
    assert queries.addresses(session, actor=actor, customer_id=other.id) == ()
    assert queries.customer_by_code(session, actor=actor, code=other.code) is None


@pytest.mark.parametrize("text", ["海天", "宁波 海天", "C00218", "王磊", "13805741234", "HAITIAN"])
def test_a_customer_is_found_by_name_number_and_contact(session: Session, text: str) -> None:
    found = a_customer(session, name="宁波海天轴承有限公司", name_en="Ningbo Haitian", code="C00218")
    a_contact(session, found, name="王磊", phone="+8613805741234")
    a_contact(session, a_customer(session, name="台州泵业"), name="张三")
    admin = actor_of(a_user(session, "administrator"))
    assert seen(session, admin, search=text) == {"宁波海天轴承有限公司"}


@pytest.mark.parametrize("text", ["%", "_", "x" * 10_000, "🛞", "\\", "' --"])
def test_a_search_for_nonsense_finds_nothing(session: Session, text: str) -> None:
    a_customer(session)
    assert seen(session, actor_of(a_user(session, "administrator")), search=text) == set()


def test_the_list_is_narrowed_and_cut_into_pages(session: Session) -> None:
    for number in range(5):
        a_customer(session, type="two" if number else "one", level="B" if number == 1 else "A")
    admin = actor_of(a_user(session, "administrator"))
    assert queries.customers_page(session, actor=admin, type="two").total == 4
    assert queries.customers_page(session, actor=admin, level="B").total == 1
    page = queries.customers_page(session, actor=admin, page=2, size=2)
    assert (len(page.rows), page.total, page.next, page.previous, page.last) == (2, 5, 3, 1, 3)


def test_a_contact_finds_the_own_salesperson(session: Session) -> None:
    person = a_salesperson(session, "李敏")
    with_one = actor_of(a_contact(session, a_customer(session, salesperson_id=person.id)))
    assert queries.my_salesperson(session, actor=with_one).name == "李敏"
    assert queries.my_salesperson(session, actor=actor_of(a_contact(session))) is None
