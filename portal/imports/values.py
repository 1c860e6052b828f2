"""Read single cells of a factory's lists as people fill them in. Each raises Unreadable with what is wrong and what to do."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.money import CENT, LARGEST
from portal.web.i18n import lazy_gettext as _

LARGEST_QUANTITY = 10_000_000


class Unreadable(ValueError):
    """A cell that cannot be understood: `reason` is a key, `message` and `suggestion` are for the reader."""

    def __init__(self, reason: str, message: Any, suggestion: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Pack:
    """How many base units make a pack; the units' names when the cell says them."""

    size: int
    unit: str = ""
    pack_unit: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number: a mobile in E.164 (`+8613…`), or a landline as `0512-15886423`."""

    number: str
    mobile: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """A customer's type and the terms that the cell names, such as 月结30天."""

    type: str
    terms: str = ""


_NONE = {"", "-", "--", "/", "\\", "无", "n/a", "na", "none", "null"}
_ASK = {"面议", "价格面议", "面谈", "询价", "电议", "待定", "议价", "另议", "ask", "tbd", "onrequest", "poa"}


def says_nothing(text: str) -> bool:
    """Whether a cell is empty, or filled with a dash or a word for nothing."""
    return _folded(text) in _NONE


def parse_price(text: str) -> Decimal | None:
    """Read a price in CNY per unit; None where it has to be asked for (面议, a dash, an empty cell)."""
    plain = re.sub(r"[\s¥￥]|元|rmb|cny", "", _folded(text)).removeprefix("y")
    plain = re.sub(r"/[^\d/]{1,3}$", "", plain)
    if plain in _NONE or plain in _ASK:
        return None
    if not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", plain):
        raise Unreadable(
            "price", _("The price %(text)s cannot be read.", text=text), _("Write a number such as 186.00, or 面议.")
        )
    amount = Decimal(plain.replace(",", ""))
    rounded = amount.quantize(CENT)
    if abs(amount - rounded) > Decimal("0.0001"):
        raise Unreadable(
            "price", _("The price %(text)s has fractions of a cent.", text=text), _("Round it to two places.")
        )
    if not 0 < rounded <= LARGEST:
        raise Unreadable(
            "price", _("The price %(text)s is not possible.", text=text), _("Write a price over zero, or 面议.")
        )
    return rounded


def parse_quantity(text: str) -> int | None:
    """Read a count of base units, with or without a unit (`1,200`, `12 片`); None for an empty cell or a dash."""
    plain = _folded(text).replace(" ", "")
    if plain in _NONE:
        return None
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?([^\d.,\-]{0,4})", plain)
    number = int(match[1].replace(",", "")) if match else -1
    if not 0 <= number <= LARGEST_QUANTITY:
        raise Unreadable(
            "quantity", _("The quantity %(text)s cannot be read.", text=text), _("Write a whole number such as 120.")
        )
    return number


_UNIT = r"(片|只|个|件|支|块|套|条|pcs|pc|pieces?)"
_PACK_UNIT = r"(箱|盒|包|件|袋|box|ctn|carton|pack)"
_PACKS = (
    re.compile(rf"(?P<size>\d+){_UNIT}?(?:/|每|per){_PACK_UNIT}"),
    re.compile(rf"(?:每|1){_PACK_UNIT}=?(?P<size>\d+){_UNIT}?"),
    re.compile(rf"(?P<size>\d+){_UNIT}?装?"),
)


def parse_pack(text: str) -> Pack:
    """Read how goods are packed: `100片/箱`, `每箱25片`, `10`; an empty cell means one by one."""
    plain = _folded(text).replace(" ", "").replace(",", "")
    if plain in _NONE:
        return Pack(1)
    for pattern in _PACKS:
        if match := pattern.fullmatch(plain.removesuffix(".0")):
            size = int(match["size"][:9])
            if 1 <= size <= 100_000:
                names = [name for name in match.groups() if name and not name.isdigit()]
                pack_unit = next((name for name in names if re.fullmatch(_PACK_UNIT, name)), "")
                unit = next((name for name in names if re.fullmatch(_UNIT, name) and name != pack_unit), "")
                return Pack(size, unit, pack_unit)
    raise Unreadable(
        "pack",
        _("The packing %(text)s cannot be read.", text=text),
        _("Write how many are in a pack, such as 100片/箱."),
    )


_UNITS = {
    "片": "pcs", "只": "pcs", "个": "pcs", "件": "pcs", "支": "pcs", "块": "pcs", "条": "pcs", "枚": "pcs",
    "盒": "box", "箱": "carton", "包": "pack", "套": "set", "袋": "bag", "公斤": "kg", "千克": "kg", "米": "m",
}  # fmt: skip
_UNITS_EN = {
    "pcs": "片",
    "pc": "片",
    "piece": "片",
    "pieces": "片",
    "box": "盒",
    "carton": "箱",
    "ctn": "箱",
    "set": "套",
    "kg": "公斤",
    "pack": "包",
}


def parse_unit(text: str) -> tuple[str, str]:
    """Name a base unit in both languages; an empty cell means pieces (片)."""
    plain = _folded(text).strip(" .()")
    if plain in _NONE:
        return "片", "pcs"
    if plain in _UNITS_EN:
        return _UNITS_EN[plain], _UNITS.get(_UNITS_EN[plain], plain)
    if len(plain) <= 4:
        return plain, _UNITS.get(plain, plain)
    raise Unreadable("unit", _("The unit %(text)s is not known.", text=text), _("Write 片, 只, 盒 or 箱."))


_ONE = {"一", "1", "i", "one", "甲", "类型一", "类型1", "一类", "1类", "type1", "typeone", "先生产", "先生产后收款"}
_TWO = {"二", "2", "ii", "two", "乙", "类型二", "类型2", "二类", "2类", "type2", "typetwo", "先收款", "先收款后生产"}
_CREDIT = re.compile(r".*(月结|账期|帐期|赊|货到|后付|net\d|credit).*")
_IN_ADVANCE = re.compile(r".*(款到|现款|现结|现金|预付|先款|先付|款清|prepa|advance|cash).*")


def parse_customer_type(text: str) -> Terms:
    """Read a customer's type from its name or from payment terms: 月结 is type one, 款到发货 type two (product.md)."""
    plain = re.sub(r"[\s.。]", "", _folded(text))
    if plain in _ONE or plain in _TWO:
        return Terms("one" if plain in _ONE else "two")
    advance, credit = _IN_ADVANCE.fullmatch(plain), _CREDIT.fullmatch(plain)
    if bool(advance) != bool(credit):
        return Terms("two" if advance else "one", text.strip())
    raise Unreadable(
        "type",
        _("The customer type %(text)s is not known.", text=text or "—"),
        _("Write 类型一 or 类型二, or terms such as 月结30天 or 款到发货."),
    )


def parse_yes_no(text: str) -> bool | None:
    """Read yes or no in either language; None for an empty cell."""
    plain = _folded(text).strip(" .")
    if plain in {"是", "有", "对", "√", "✓", "y", "yes", "true", "1"}:
        return True
    if plain in {"否", "不", "×", "✗", "n", "no", "false", "0", "x"}:
        return False
    if plain in _NONE:
        return None
    raise Unreadable("yes_no", _("%(text)s is neither yes nor no.", text=text), _("Write 是 or 否."))


_MOBILE = r"(?:(?:\+|00)?86[- ]?)?(?P<mobile>1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)"
_LANDLINE = r"(?:(?:\+|00)?86[- ]?)?\(?(?P<area>0\d{2,3})\)?[- ]?(?P<local>\d{7,8})(?!\d)(?:[-转#]\d{1,5}(?!\d))?"
_SERVICE = r"(?P<service>[48]00[- ]?\d{3}[- ]?\d{4})(?!\d)"
_REST = r"(?<=[/、,;])\s*(?P<rest>\d{1,8})(?!\d)"
_PHONE = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_LANDLINE}|{_SERVICE})|{_REST}")


def parse_phones(text: str) -> tuple[Phone, ...]:
    """Read every number in a cell (`17001867482/17001867489`, `0512-15886423、24`); a short one changes the end of the one before.

    An empty cell has none; Unreadable when digits are left that make no number.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u3001", "、").replace("–", "-").replace("—", "-")
    phones: list[Phone] = []
    left = _PHONE.sub(lambda match: _collect(match, phones), plain)
    if re.search(r"\d{3}", left) or (not phones and plain.strip() not in _NONE):
        raise Unreadable(
            "phone",
            _("The telephone number %(text)s cannot be read.", text=text),
            _("Write 11 digits for a mobile, or an area code and 7 or 8 digits; separate several by /."),
        )
    return tuple(dict.fromkeys(phones))


def _collect(match: re.Match[str], phones: list[Phone]) -> str:
    if match["mobile"]:
        phones.append(Phone("+86" + re.sub(r"\D", "", match["mobile"]), mobile=True))
    elif match["area"]:
        phones.append(Phone(f"{match['area']}-{match['local']}", mobile=False))
    elif match["service"]:
        phones.append(Phone(re.sub(r"\D", "", match["service"]), mobile=False))
    elif phones:
        last = phones[-1]
        phones.append(Phone(last.number[: -len(match["rest"])] + match["rest"], last.mobile))
    else:
        return match[0]
    return " "


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()
