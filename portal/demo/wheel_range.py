"""The demonstration factory's range: which families of wheels it makes, in which standard sizes (GB/T 4127, GB/T 6409) and specifications."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """A product: one shape, abrasive and bond, made in some sizes, grits and grades. `count` variants are listed."""

    shape: str
    abrasive: str
    bond: str
    sizes: tuple[str, ...]
    grits: tuple[str, ...]
    grades: str
    structures: tuple[str, ...]
    speed: str
    count: int
    category: str
    purpose_zh: str = ""
    purpose_en: str = ""
    concentration: str = ""


CATEGORIES: tuple[tuple[str, str, str, str], ...] = (
    ("straight", "平形", "Straight", "1"),
    ("recessed-two", "双面凹", "Recessed two sides", "7"),
    ("recessed-one", "单面凹", "Recessed one side", "5"),
    ("cup", "杯形", "Straight cup", "6"),
    ("flaring-cup", "碗形", "Flaring cup", "11"),
    ("dish", "碟形", "Dish", "12"),
    ("tapered", "斜边", "Tapered", "4"),
    ("cutting", "切割片", "Cutting-off", "41"),
    ("depressed", "钹形", "Depressed centre", "27"),
    ("superabrasive", "超硬", "Superabrasive", "1A1"),
)
"""Code, Chinese and English name, the shape that stands for it."""

_STRAIGHT = (
    "200×20×32",
    "250×25×32",
    "300×32×75",
    "300×40×127",
    "350×40×127",
    "400×40×127",
    "400×40×203",
    "400×50×203",
    "500×63×305",
)
_LARGE = ("500×63×305", "600×63×305", "600×75×305", "750×75×305", "900×100×305")
_INTERNAL = ("20×20×6", "30×32×10", "40×40×13", "50×40×16", "60×40×20")
_RECESSED_ONE = ("300×50×127", "400×63×203", "500×75×305")
_RECESSED_TWO = ("400×50×203", "500×63×305", "600×63×305", "600×75×305")
_CUP = ("100×50×20", "125×63×32", "150×80×32")
_BOWL = ("100×35×20", "125×45×32", "150×50×32")
_DISH = ("100×13×20", "125×13×32", "150×16×32")
_CUTTING = ("107×1.2×16", "125×1.2×22.23", "180×1.6×22.23", "230×2×22.23", "350×3.2×25.4", "400×3.2×32")
_DEPRESSED = ("100×6×16", "125×6×22.23", "180×6×22.23", "230×6×22.23")
_FIVE = ("46", "60", "80", "100", "120")
_FOUR = ("46", "60", "80", "100")
_MICRONS = ("D64", "D91", "D126", "D151")


def _vitrified(
    shape: str, abrasive: str, sizes: tuple[str, ...], grades: str, count: int, category: str, **more: str
) -> Family:
    grits = _FIVE if count > 7 else _FOUR
    return Family(
        shape, abrasive, "V", sizes, grits, grades, ("5", "6"), more.pop("speed", "35"), count, category, **more
    )


def _super(
    shape: str, abrasive: str, bond: str, sizes: tuple[str, ...], count: int, concentration: str = "C100"
) -> Family:
    grits = tuple(grit[1:] for grit in _MICRONS)
    return Family(shape, abrasive, bond, sizes, grits, "", (), "", count, "superabrasive", concentration=concentration)


_HIGH_SPEED = {"speed": "50", "purpose_zh": "高速", "purpose_en": "high speed"}
_BORES = {"purpose_zh": "内圆磨", "purpose_en": "internal"}

FAMILIES: tuple[Family, ...] = (
    _vitrified("1", "WA", _STRAIGHT, "KJL", 24, "straight"),
    _vitrified("1", "A", _STRAIGHT, "LKM", 18, "straight"),
    _vitrified("1", "PA", _STRAIGHT, "KJ", 12, "straight"),
    _vitrified("1", "SA", _STRAIGHT[2:], "KL", 9, "straight"),
    _vitrified("1", "GC", _STRAIGHT[:6], "JH", 12, "straight"),
    _vitrified("1", "C", _STRAIGHT[:7], "KJ", 8, "straight"),
    _vitrified("1", "MA", _STRAIGHT[4:], "LK", 5, "straight"),
    _vitrified("1", "WA", _LARGE, "LK", 10, "straight", **_HIGH_SPEED),
    _vitrified("1", "A", _LARGE, "ML", 8, "straight", **_HIGH_SPEED),
    _vitrified("1", "SG", _LARGE[:3], "K", 4, "straight", **_HIGH_SPEED),
    _vitrified("1", "WA", _INTERNAL, "KL", 8, "straight", **_BORES),
    _vitrified("1", "PA", _INTERNAL, "JK", 6, "straight", **_BORES),
    _vitrified("1", "SA", _INTERNAL[1:], "K", 4, "straight", **_BORES),
    Family("1", "A", "B", ("400×50×203", "500×63×203", "600×75×305"), ("16", "24", "30"), "PQ", ("5",), "50", 5, "straight", "荒磨", "snagging"),
    Family("1", "ZA", "B", ("500×63×203", "600×75×305"), ("14", "16", "20"), "RQ", ("4",), "63", 4, "straight", "荒磨", "snagging"),
    Family("1", "C", "B", ("300×40×75", "400×40×127"), ("24", "36", "46"), "NP", ("5",), "40", 4, "straight"),
    Family("1", "A", "R", ("200×100×75", "255×150×111", "305×150×127"), ("80", "120"), "PR", (), "35", 4, "straight", "无心磨导轮", "regulating"),
    _vitrified("5", "WA", _RECESSED_ONE, "KL", 7, "recessed-one"),
    _vitrified("5", "A", _RECESSED_ONE, "LM", 6, "recessed-one"),
    _vitrified("5", "PA", _RECESSED_ONE, "KJ", 5, "recessed-one"),
    _vitrified("5", "GC", _RECESSED_ONE[:2], "J", 4, "recessed-one"),
    _vitrified("7", "WA", _RECESSED_TWO, "KL", 9, "recessed-two"),
    _vitrified("7", "A", _RECESSED_TWO, "LM", 8, "recessed-two"),
    _vitrified("7", "PA", _RECESSED_TWO, "KJ", 6, "recessed-two"),
    _vitrified("7", "SA", _RECESSED_TWO[:3], "K", 5, "recessed-two"),
    _vitrified("7", "GC", _RECESSED_TWO[:2], "J", 4, "recessed-two"),
    _vitrified("6", "WA", _CUP, "JK", 7, "cup", speed="30"),
    _vitrified("6", "GC", _CUP, "JH", 6, "cup", speed="30"),
    _vitrified("6", "PA", _CUP, "J", 5, "cup", speed="30"),
    _vitrified("6", "C", _CUP, "K", 4, "cup", speed="30"),
    _vitrified("11", "WA", _BOWL, "JK", 9, "flaring-cup", speed="30"),
    _vitrified("11", "GC", _BOWL, "HJ", 9, "flaring-cup", speed="30"),
    _vitrified("11", "PA", _BOWL, "J", 6, "flaring-cup", speed="30"),
    _vitrified("11", "SA", _BOWL, "J", 5, "flaring-cup", speed="30"),
    _vitrified("11", "C", _BOWL, "K", 4, "flaring-cup", speed="30"),
    _vitrified("12", "WA", _DISH, "JK", 7, "dish", speed="30"),
    _vitrified("12", "PA", _DISH, "J", 6, "dish", speed="30"),
    _vitrified("12", "GC", _DISH, "H", 5, "dish", speed="30"),
    _vitrified("12", "SA", _DISH, "J", 4, "dish", speed="30"),
    _vitrified("3", "WA", ("150×10×32", "200×13×32", "250×16×75"), "KL", 5, "tapered"),
    _vitrified("4", "WA", ("200×13×32", "250×16×75", "300×20×127"), "KL", 6, "tapered"),
    _vitrified("4", "PA", ("250×16×75", "300×20×127"), "K", 4, "tapered"),
    Family("41", "A", "BF", _CUTTING, ("24", "30", "36", "46"), "RQ", (), "80", 10, "cutting", "金属", "metal"),
    Family("41", "WA", "BF", _CUTTING[:4], ("46", "60"), "QR", (), "80", 6, "cutting", "不锈钢", "stainless steel"),
    Family("41", "ZA", "BF", _CUTTING[3:], ("24", "30"), "SR", (), "80", 4, "cutting", "铸钢", "cast steel"),
    Family("41", "C", "BF", _CUTTING[1:], ("24", "30", "36"), "RQ", (), "80", 5, "cutting", "石材、铸铁", "stone and cast iron"),
    Family("27", "A", "BF", _DEPRESSED, ("24", "30", "36"), "RQ", (), "80", 8, "depressed", "金属", "metal"),
    Family("27", "WA", "BF", _DEPRESSED[:3], ("36", "46"), "QP", (), "80", 5, "depressed", "不锈钢", "stainless steel"),
    Family("27", "ZA", "BF", _DEPRESSED[1:], ("24", "30"), "SR", (), "80", 4, "depressed", "重负荷", "heavy duty"),
    Family("27", "C", "BF", _DEPRESSED[:3], ("24", "30"), "RQ", (), "80", 4, "depressed", "石材", "stone"),
    _super("1A1", "D", "B", ("100×10×20×5", "125×10×32×5", "150×10×32×5", "200×15×75×5"), 9),
    _super("1A1", "CBN", "B", ("125×10×32×5", "150×10×32×5", "200×15×75×5"), 6),
    _super("1A1", "CBN", "V", ("50×20×16×5", "350×20×127×5", "400×20×203×5"), 5, "C150"),
    _super("1A1R", "D", "M", ("100×0.8×20×5", "150×1×32×5", "200×1.2×32×5"), 4, "C50"),
    _super("6A2", "D", "B", ("100×35×20×10×5", "125×40×32×10×5", "150×40×32×15×5"), 6, "C75"),
    _super("6A2", "CBN", "B", ("100×35×20×10×5", "125×40×32×10×5"), 4),
    _super("11A2", "D", "B", ("75×30×20×6×4", "100×35×20×10×5", "125×40×32×10×5"), 7, "C75"),
    _super("11A2", "CBN", "B", ("100×35×20×10×5", "125×40×32×10×5"), 4),
    _super("12A2", "D", "B", ("100×20×20×6×3", "125×18×32×6×3", "150×20×32×10×4"), 5, "C75"),
    _super("11V9", "D", "B", ("75×30×20×2×10", "100×35×20×3×10"), 4),
    _super("14A1", "D", "M", ("150×10×32×5×5", "200×10×75×5×5"), 4, "C75"),
    _super("1FF1", "D", "B", ("100×6×20×5", "125×8×32×5"), 3),
)  # fmt: skip
