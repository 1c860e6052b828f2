"""Build the demonstration customers and staff: forty companies of both types, the same at every run. No one of them is real.

Telephone numbers lie in ranges chosen to be recognised as made up: mobiles in 199 0000 xxxx, landlines with 5555.
"""

import random
from dataclasses import dataclass
from decimal import Decimal

__all__ = [
    "COMPANIES",
    "LEVELS",
    "DemoAddress",
    "DemoCompany",
    "DemoContact",
    "DemoLevel",
    "DemoPerson",
    "demo_companies",
    "demo_staff",
]

COMPANIES = 40


@dataclass(frozen=True, slots=True)
class DemoLevel:
    """A customer level."""

    code: str
    name_zh: str
    name_en: str
    position: int


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A member of staff; `role` as in accounts, `team` for those who sell."""

    login: str
    name: str
    role: str
    team: str | None
    phone: str


@dataclass(frozen=True, slots=True)
class DemoContact:
    """A person who orders for a company."""

    name: str
    phone: str
    title: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """Where a company's goods go; the first of a company is its default."""

    recipient: str
    phone: str
    region: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    """A customer. Amounts in CNY; `salesperson` is the login of one of demo_staff, None for a company not yet reviewed."""

    code: str
    name: str
    name_en: str
    city: str
    type: str
    level: str
    status: str
    salesperson: str | None
    terms: str
    credit_limit: Decimal
    overdue_amount: Decimal
    phone: str
    note: str
    contacts: tuple[DemoContact, ...]
    addresses: tuple[DemoAddress, ...]


LEVELS = (
    DemoLevel("A", "A 级", "Level A", 1),
    DemoLevel("B", "B 级", "Level B", 2),
    DemoLevel("C", "C 级", "Level C", 3),
)

_STAFF = (
    ("limin", "李敏", "salesperson", "华东组"),
    ("chenlijun", "陈立军", "salesperson", "华东组"),
    ("wangxiaoyan", "王晓燕", "salesperson", "华东组"),
    ("zhouwei", "周伟", "salesperson", "华南组"),
    ("huangjing", "黄静", "salesperson", "华南组"),
    ("linzhiyuan", "林志远", "salesperson", "华南组"),
    ("hejianguo", "何建国", "sales_manager", None),
    ("zhaoqiang", "赵强", "warehouse", None),
    ("sunli", "孙丽", "finance", None),
    ("zhoumin", "周敏", "administrator", None),
)

# city, its name in English, area code, region, street
_CITIES = (
    ("宁波", "Ningbo", "0574", "浙江省宁波市鄞州区", "潘火街道启明路"),
    ("苏州", "Suzhou", "0512", "江苏省苏州市吴中区", "木渎镇金枫南路"),
    ("无锡", "Wuxi", "0510", "江苏省无锡市惠山区", "堰桥街道堰新路"),
    ("常州", "Changzhou", "0519", "江苏省常州市武进区", "湖塘镇人民中路"),
    ("温州", "Wenzhou", "0577", "浙江省温州市瓯海区", "郭溪街道环山路"),
    ("台州", "Taizhou", "0576", "浙江省台州市路桥区", "桐屿街道财富大道"),
    ("佛山", "Foshan", "0757", "广东省佛山市顺德区", "大良街道凤翔路"),
    ("东莞", "Dongguan", "0769", "广东省东莞市长安镇", "振安中路"),
    ("洛阳", "Luoyang", "0379", "河南省洛阳市涧西区", "建设路"),
    ("济南", "Jinan", "0531", "山东省济南市历城区", "工业北路"),
)
_NAMES = (
    ("恒锐", "Hengrui"), ("瑞丰", "Ruifeng"), ("华磨", "Huamo"), ("中盛", "Zhongsheng"), ("金宏", "Jinhong"), ("天齿", "Tianchi"),
    ("海川", "Haichuan"), ("立信", "Lixin"), ("永固", "Yonggu"), ("德隆", "Delong"), ("新锐", "Xinrui"), ("博力", "Boli"),
    ("正阳", "Zhengyang"), ("明达", "Mingda"), ("远东", "Yuandong"), ("凯盛", "Kaisheng"), ("和泰", "Hetai"), ("精诚", "Jingcheng"),
    ("东力", "Dongli"), ("星火", "Xinghuo"),
)  # fmt: skip
_TRADES = (
    ("轴承有限公司", "Bearing Co., Ltd."),
    ("精密机械有限公司", "Precision Machinery Co., Ltd."),
    ("刀具有限公司", "Cutting Tools Co., Ltd."),
    ("齿轮股份有限公司", "Gear Co., Ltd."),
    ("模具有限公司", "Mould Co., Ltd."),
    ("汽车零部件有限公司", "Auto Parts Co., Ltd."),
    ("五金制品厂", "Hardware Works"),
    ("不锈钢制品有限公司", "Stainless Steel Products Co., Ltd."),
)
_FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN_NAMES = (
    "建国",
    "晓东",
    "海燕",
    "志强",
    "丽娟",
    "文斌",
    "秀英",
    "俊杰",
    "雪梅",
    "国栋",
    "慧",
    "涛",
    "敏",
    "鹏",
    "静",
    "磊",
)
_TITLES = ("采购经理", "采购员", "设备主管", "车间主任", "仓库主管")
_CREDIT = {"A": "300000.00", "B": "120000.00", "C": "50000.00"}


def demo_staff() -> tuple[DemoPerson, ...]:
    """Return six salespeople in two teams, a sales manager, warehouse, finance and an administrator."""
    return tuple(
        DemoPerson(login, name, role, team, f"1990000{9001 + place}")
        for place, (login, name, role, team) in enumerate(_STAFF)
    )


def demo_companies() -> tuple[DemoCompany, ...]:
    """Return the forty customers; the last two have registered themselves and await review."""
    chance = random.Random("companies")
    return tuple(_company(place, chance) for place in range(COMPANIES))


def _company(place: int, chance: random.Random) -> DemoCompany:
    city, city_en, area, region, street = _CITIES[place % len(_CITIES)]
    name, name_en = _NAMES[(place * 7 + place // 20) % len(_NAMES)]
    trade, trade_en = _TRADES[(place * 3 + place // 8) % len(_TRADES)] if place else _TRADES[0]
    reviewed = place < COMPANIES - 2
    level = "AABBBCCC"[place % 8] if reviewed else "C"
    kind = "one" if level == "A" or (level == "B" and place % 2) else "two"
    contacts = tuple(
        _contact(place, number, f"{name_en}-{city_en}", chance)
        for number in range(1 + (place % 3 == 0) + (place % 7 == 0))
    )
    return DemoCompany(
        code=f"K{place + 1:04d}",
        name=f"{city}{name}{trade}",
        name_en=f"{city_en} {name_en} {trade_en}",
        city=city,
        type=kind,
        level=level,
        status="active" if reviewed else "unreviewed",
        salesperson=_STAFF[place % 6][0] if reviewed else None,
        terms=("月结60天" if level == "A" else "月结30天") if kind == "one" else "款到发货",
        credit_limit=Decimal(_CREDIT[level]) if kind == "one" else Decimal("0.00"),
        overdue_amount=Decimal("18600.00") if place in (1, 17) and kind == "one" else Decimal("0.00"),
        phone=f"{area}-5555{place + 1:04d}",
        note="",
        contacts=contacts,
        addresses=tuple(_address(contacts[0], region, street, place, number) for number in range(1 + (place % 4 == 0))),
    )


def _contact(place: int, number: int, site: str, chance: random.Random) -> DemoContact:
    name = chance.choice(_FAMILY_NAMES) + chance.choice(_GIVEN_NAMES)
    title = _TITLES[(place + number) % len(_TITLES)]
    return DemoContact(
        name, f"1990000{place + 1:02d}{number + 1:02d}", title, f"buyer{number + 1}@{site.lower()}.example"
    )


def _address(contact: DemoContact, region: str, street: str, place: int, number: int) -> DemoAddress:
    detail = (
        f"{street} {18 + place * 7} 号" if number == 0 else f"{street} {19 + place * 7} 号二厂 {place % 5 + 1} 号门"
    )
    return DemoAddress(contact.name, contact.phone, region, detail)
