"""Build the demonstration catalogue: about sixty products in four hundred sizes and specifications, the same at every run."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.catalog.marking import Marking, parse_marking, print_marking, print_number
from portal.catalog.wheel_codes import ABRASIVES, BONDS, SHAPES
from portal.demo.wheel_range import CATEGORIES, FAMILIES, Family

__all__ = ["DemoCategory", "DemoProduct", "DemoVariant", "demo_categories", "demo_products", "gtin"]


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """A shelf of the shop."""

    code: str
    name_zh: str
    name_en: str
    shape: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoVariant:
    """One orderable wheel. Price in CNY a piece, None: ask; quantities in pieces; `stock` is what the warehouse holds."""

    sku: str
    marking: str
    list_price: Decimal | None
    pack_size: int
    min_quantity: int
    order_multiple: int
    lead_days: int
    gtin: str
    stock: int
    location: str
    status: str = "active"
    unit_zh: str = "片"
    unit_en: str = "pcs"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProduct:
    """A family of wheels; a custom one is granted to the companies at `granted_to` (places in demo_companies)."""

    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    category: str
    kind: str = "standard"
    granted_to: tuple[int, ...] = ()
    variants: tuple[DemoVariant, ...]


def demo_categories() -> tuple[DemoCategory, ...]:
    """Return the shelves in the order of the menu."""
    return tuple(DemoCategory(*category, position) for position, category in enumerate(CATEGORIES, start=1))


def demo_products() -> tuple[DemoProduct, ...]:
    """Return the standard range, then the custom products of two customers."""
    numbers = iter(range(1, 10_000))
    skus: set[str] = set()
    standard = [_product(place, family, numbers, skus) for place, family in enumerate(FAMILIES, start=1)]
    return (*standard, *_custom_products(len(standard) + 1, numbers))


def gtin(number: int) -> str:
    """Return the GTIN-14 of the factory's item `number`, with its check digit (GS1 General Specifications, section 7.9)."""
    digits = f"069012345{number:04d}"
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _product(place: int, family: Family, numbers: Iterator[int], skus: set[str]) -> DemoProduct:
    chance = random.Random(f"wheels-{place}")
    variants = []
    for marking in _markings(family, chance):
        if (sku := _sku(marking)) not in skus:
            skus.add(sku)
            variants.append(_variant(marking, sku, next(numbers), chance))
    shape, abrasive, bond = SHAPES[family.shape], ABRASIVES[family.abrasive], BONDS[family.bond]
    of_bond_zh, of_bond_en = ("", "") if family.bond in ("V", "BF") else (bond.zh, f", {bond.en.lower()} bond")
    purpose_zh = f"（{family.purpose_zh}）" if family.purpose_zh else ""
    purpose_en = f" ({family.purpose_en})" if family.purpose_en else ""
    return DemoProduct(
        code=f"P-{place:04d}",
        name_zh=f"{abrasive.zh}{of_bond_zh}{_plain_name(shape.name_zh)} {family.abrasive}{purpose_zh}",
        name_en=f"{abrasive.en} {_lower_first(shape.name_en)} {family.abrasive}{of_bond_en}{purpose_en}",
        description_zh=f"{abrasive.sentence_zh}{shape.sentence_zh}",
        description_en=f"{abrasive.sentence_en} {shape.sentence_en}",
        category=family.category,
        variants=tuple(variants),
    )


def _plain_name(name: str) -> str:
    """The abrasive already says that a wheel is superabrasive."""
    return name.replace("超硬", "")


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:].replace(" superabrasive", "") if not name.startswith("V") else name


def _markings(family: Family, chance: random.Random) -> list[Marking]:
    """Choose the variants: every size at least once as far as `count` goes, the common middle grits first."""
    common = sorted(family.grits, key=lambda grit: abs(family.grits.index(grit) - 1))
    pairs = [(size, grit) for grit in common for size in family.sizes][: family.count]
    markings = [parse_marking(_text(family, size, grit, chance)) for size, grit in pairs]
    return sorted(markings, key=lambda marking: (marking.diameter, marking.thickness, marking.bore, int(marking.grit)))


def _text(family: Family, size: str, grit: str, chance: random.Random) -> str:
    if family.concentration:
        return f"{family.shape}-{size}-{family.abrasive}{grit}-{family.bond}-{family.concentration}"
    grade = family.grades[min(int(chance.random() ** 2 * len(family.grades)), len(family.grades) - 1)]
    structure = chance.choice(family.structures) if family.structures else ""
    return f"{family.shape}-{size}-{family.abrasive}{grit}{grade}{structure}{family.bond}-{family.speed}m/s"


def _sku(marking: Marking) -> str:
    """`WA60K5V-400-50-203`; other shapes than the flat one stand in front."""
    shape = "" if marking.shape == "1" else f"{marking.shape}-"
    return f"{shape}{marking.specification.replace('-', '')}-{marking.size.replace('×', '-')}"


def _variant(marking: Marking, sku: str, number: int, chance: random.Random) -> DemoVariant:
    price = _price(marking)
    pack = _pack(marking)
    multiple = pack if pack <= 10 or price < 40 else 1
    return DemoVariant(
        sku=sku,
        marking=print_marking(marking),
        list_price=price if number % 97 else None,
        pack_size=pack,
        min_quantity=max(multiple, pack if price < 15 else 1),
        order_multiple=multiple,
        lead_days=20 if marking.superabrasive or marking.diameter >= 600 else 15,
        gtin=gtin(number),
        stock=_stock(pack, price, chance),
        location=f"{'ABCDEF'[number % 6]}-{number // 6 % 12 + 1:02d}-{number % 4 + 1}",
        status="discontinued" if number % 83 == 0 else "active",
    )


_PER_LITRE = {"A": 30, "WA": 39, "SA": 46, "PA": 44, "MA": 48, "GC": 51, "C": 33, "ZA": 47, "SG": 96}
_BOND_FACTOR = {"V": 1.0, "B": 1.05, "BF": 1.0, "R": 1.9}


def _price(marking: Marking) -> Decimal:
    """A plausible price by volume, abrasive and bond; superabrasive wheels by the carats in their layer."""
    amount = _superabrasive_price(marking) if marking.superabrasive else _ordinary_price(marking)
    step = Decimal("0.10") if amount < 20 else Decimal("0.50") if amount < 100 else Decimal(1)
    return ((Decimal(str(amount)) / step).quantize(Decimal(1)) * step).quantize(Decimal("0.01"))


def _ordinary_price(marking: Marking) -> float:
    litres = _ring(marking.diameter, marking.bore) * float(marking.thickness) / 1e6
    fine = 1 + min(int(marking.grit), 120) / 1200
    making = 0.9 if marking.bond == "BF" else 7.5
    hollow = 0.75 if marking.shape in ("6", "11", "12") else 1
    return (making + litres * hollow * _PER_LITRE[marking.abrasive]) * _BOND_FACTOR[marking.bond] * fine


def _superabrasive_price(marking: Marking) -> float:
    layer = float(marking.layer or 5)
    face = marking.rim is not None and marking.shape != "14A1"
    inner = marking.diameter - 2 * (marking.rim or Decimal(5)) if face else marking.diameter - Decimal(2 * layer)
    cubic_centimetres = _ring(marking.diameter, inner) * (layer if face else float(marking.thickness)) / 1e3
    carats = cubic_centimetres * 4.4 * int((marking.concentration or "C100")[1:]) / 100
    return 60 + float(marking.diameter) * 0.5 + carats * (7.5 if marking.abrasive == "CBN" else 5)


def _ring(outer: Decimal, inner: Decimal) -> float:
    """Area in square millimetres."""
    return math.pi / 4 * (float(outer) ** 2 - float(inner) ** 2)


def _pack(marking: Marking) -> int:
    if marking.superabrasive:
        return 1
    if marking.bond == "BF":
        return 25 if marking.diameter >= 300 else 50 if marking.diameter >= 180 else 100
    limits = ((64, 50), (130, 20), (200, 10), (300, 5), (400, 4), (450, 2))
    return next((pack for most, pack in limits if marking.diameter <= most), 1)


def _stock(pack: int, price: Decimal, chance: random.Random) -> int:
    """A quarter is out of stock, some are low, the cheap lie in heaps."""
    luck = chance.random()
    if luck < 0.25:
        return 0
    if luck < 0.4:
        return chance.randint(1, 3) * pack
    most = 400 if price < 20 else 120 if price < 200 else 40 if price < 800 else 10
    return max(1, round(chance.uniform(0.2, 1) * most / pack)) * pack


_CUSTOM: tuple[tuple[int, str, str, str, str, str, str], ...] = (
    (0, "recessed-two", "7-400×50×127-PA54J7V-50m/s", "968.00", "双面凹砂轮（轴承内圈滚道磨）", "Wheel recessed on both sides (bearing raceways)", "2"),
    (0, "straight", "1-500×25×305-SA70K6V-60m/s", "1280.00", "单晶刚玉平形砂轮（轴承外圈，修形 R12）", "Monocrystalline straight wheel (outer rings, R12)", "1"),
    (0, "superabrasive", "1A1-400×15×203×5-CBN126-V-C150-80m/s", "5860.00", "CBN 陶瓷砂轮（轴承套圈）", "CBN vitrified wheel (bearing rings)", "1"),
    (1, "superabrasive", "14A1-150×8×32×4×6-D107-B-C100", "780.00", "金刚石树脂砂轮（双斜边，客户图号 G-0098-B）", "Diamond resin wheel (drawing G-0098-B)", "1"),
    (1, "flaring-cup", "11-125/98×45×32-W10E13-GC80H6V-30m/s", "86.50", "碗形砂轮（加厚壁，硬质合金刀具刃磨）", "Flaring cup, thick wall (carbide tools)", "10"),
)  # fmt: skip


def _custom_products(first: int, numbers: Iterator[int]) -> Iterator[DemoProduct]:
    for place, (company, category, text, price, name_zh, name_en, pack) in enumerate(_CUSTOM, start=first):
        marking = parse_marking(text)
        variant = _variant(
            marking, f"D{place:04d}-{print_number(marking.diameter)}", next(numbers), random.Random(text)
        )
        custom = replace(
            variant,
            list_price=Decimal(price),
            pack_size=int(pack),
            min_quantity=int(pack),
            order_multiple=int(pack),
            stock=0,
            lead_days=20,
        )
        yield DemoProduct(
            code=f"P-{place:04d}",
            name_zh=name_zh,
            name_en=name_en,
            description_zh="按客户图样制造，只供该客户订购。",
            description_en="Made to the customer's drawing, for that customer only.",
            category=category,
            kind="custom",
            granted_to=(company,),
            variants=(custom,),
        )
