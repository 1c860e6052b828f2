"""Couriers: how they are called and where a parcel of theirs can be followed. A parcel names its courier by key.

Other systems may report a courier we do not list; its own text is then shown as it is, without a link.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _


@dataclass(frozen=True)
class Courier:
    """A courier; `tracking_page` holds {number}. `numbered` is False for our own van and for goods that are fetched."""

    key: str
    name_zh: str
    name_en: str
    tracking_page: str = ""
    numbered: bool = True


COURIERS: Final = {
    courier.key: courier
    for courier in (
        Courier("sf", "顺丰", "SF Express", "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}"),
        Courier("deppon", "德邦", "Deppon", "https://www.deppon.com/newwebsite/track/ordertrack?billNo={number}"),
        Courier("jd", "京东物流", "JD Logistics", "https://www.jdl.com/orderSearch/?waybillCodes={number}"),
        Courier("ane", "安能物流", "ANE Logistics", "https://www.ane56.com/search/index?code={number}"),
        Courier("zto", "中通", "ZTO Express", "https://www.zto.com/express/expressCheck.html?txtBill={number}"),
        Courier("yto", "圆通", "YTO Express", "https://www.yto.net.cn/query/waybill.html?number={number}"),
        Courier("ems", "邮政 EMS", "EMS", "https://www.ems.com.cn/queryList?mailNo={number}"),
        Courier("own", "自有车送货", "Our own van", numbered=False),
        Courier("pickup", "客户自提", "Customer pick-up", numbered=False),
    )
}

SHORTEST, LONGEST = 6, 40
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class InvalidTrackingNumber(InvalidInput):
    """A tracking number is missing or cannot be one."""


def clean_tracking_number(courier: Courier, text: str) -> str:
    """Return the number as it is kept: capital letters and digits, without the spaces and dashes people write.

    Empty is right only for a courier without numbers. Raises InvalidTrackingNumber.
    """
    number = re.sub(r"[\s\-]+", "", text.translate(_FULL_WIDTH)).upper()
    if not number and not courier.numbered:
        return ""
    if not number:
        raise InvalidTrackingNumber(_("Enter the tracking number from the waybill."))
    if not re.fullmatch(r"[A-Z0-9]+", number):
        raise InvalidTrackingNumber(_("A tracking number has only letters and digits."))
    if not SHORTEST <= len(number) <= LONGEST:
        raise InvalidTrackingNumber(
            _("A tracking number has %(least)d to %(most)d characters; this one has %(count)d.",
              least=SHORTEST, most=LONGEST, count=len(number))
        )  # fmt: skip
    return number


def courier_name(key: str, locale: str) -> str:
    """Return how a courier is called in a language; a key that is not listed is its own name."""
    courier = COURIERS.get(key)
    if courier is None:
        return key
    return courier.name_zh if locale == "zh" else courier.name_en


def tracking_url(key: str, number: str) -> str:
    """Return where the parcel can be followed; empty when that is not known."""
    courier = COURIERS.get(key)
    if courier is None or not courier.tracking_page or not number:
        return ""
    return courier.tracking_page.format(number=quote(number, safe=""))
