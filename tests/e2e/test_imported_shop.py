"""A factory begins with its own lists: an administrator imports them, and the main job runs on what they held."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from tests.e2e.conftest import BOTH
from tests.e2e.people import Contact, Person, Staff, Warehouse
from tests.factories import orders
from tests.factories.accounts import PASSWORD
from tests.factories.customers import a_user
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row, price_list, price_row

WORDS = {
    "Customer list": "客户名单",
    "Upload": "上传",
    "Check against the shop": "与商城比对",
    "Import 2 new, 0 changed": "导入：新建 2，更新 0",
    "The list is in the shop": "清单已进入商城",
    "New password": "新密码",
}
PRICES = csv_file(
    price_list(
        price_row(1, "1-400*50*203-WA60K5V-35m/s", 包装数量="4片/箱", 现有库存="40"),
        price_row(2, " 1－300×40×127－GC80J7V－35m/s ", **{"含税单价(元)": "面议"}),
        ["合计", *[""] * 10],
    ),
    encoding="gb18030",
)
COMPANIES = csv_file(
    [
        CUSTOMER_HEADINGS,
        customer_row(1, 电话="199-0000-0001/19900000009", 客户类型="月结30天"),
        customer_row(2, 客户类型="款到发货"),
    ],
    encoding="gb18030",
)


class Administrator(Person):
    """Somebody who fills the shop."""

    def word(self, english: str) -> str:
        return english if self.language == "en" else WORDS[english]

    def imports(self, content: bytes, path: Path, *, customers: bool = False) -> None:
        """Upload a list, confirm its columns, look at what would happen, and import it."""
        path.write_bytes(content)
        self.opens("/desk/imports")
        if customers:
            self.chooses("Customer list")
        self.page.set_input_files("input[type=file]", path)
        self.presses("Upload", exact=True)
        self.presses("Check against the shop")
        self.presses("Import 2 new, 0 changed")
        self.sees("The list is in the shop")

    def gives_a_password(self, name: str) -> str:
        """Give a contact a password, as read out over the telephone."""
        self.opens("/desk/customers")
        self.page.get_by_role("link", name="某市第1轴承厂").first.click()
        self.page.get_by_role("link", name=name, exact=True).click()
        self.presses("New password")
        return self.page.locator("#password").inner_text()


def _staff(session: Session, role: Role, language: str, **columns: Any) -> User:
    return a_user(session, role, locale=language, password_hash=hash_password(PASSWORD), **columns)


@BOTH
def test_the_main_job_on_a_shop_filled_from_lists(
    session: Session, language: str, enter: Callable[..., Any], tmp_path: Path
) -> None:
    orders.the_order_process(session)
    seller = _staff(session, Role.SALESPERSON, language, name="李敏", team="外贸部")
    keeper = _staff(session, Role.WAREHOUSE, language)
    head = _staff(session, Role.ADMINISTRATOR, language, name="周管理")
    session.commit()

    administrator = enter(Administrator, head)
    administrator.imports(PRICES, tmp_path / "价格表.csv")
    administrator.imports(COMPANIES, tmp_path / "客户.csv", customers=True)
    password = administrator.gives_a_password("赵总")

    buyer = session.scalars(select(User).where(User.phone == "+8619900000001")).one()
    contact = enter(Contact, buyer, logged_in=False)
    contact.opens("/login")
    contact.fills("Mobile number", "19900000001")
    contact.fills("Password", password)
    contact.presses("Log in", exact=True)
    contact.page.wait_for_url("**/")
    contact.finds("400×50×203")
    contact.reads("1-400×50×203-WA60K5V-35m/s")
    number = contact.orders("WA1-0001", 8, for_approval=True)

    clerk = enter(Staff, seller)
    clerk.opens_task("Review by salesperson", number)
    clerk.decides("Approve")
    contact.sees_status("Awaiting shipment", "Unpaid")
    tracking = enter(Warehouse, keeper, phone=True).ships(number)
    contact.sees_status("Shipped")
    contact.reads(tracking)
    contact.presses("Confirm receipt")
    clerk.opens_task("Follow up payment", number)
    clerk.confirms_money()
    contact.sees_status("Completed", "Paid")
