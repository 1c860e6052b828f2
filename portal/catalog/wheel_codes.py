"""What the codes in a wheel's marking mean, as the trade uses them.

Shapes: GB/T 2484 (ISO 525) by number, GB/T 6409.1 (ISO 6104) for superabrasive wheels. Abrasives: GB/T 2476. Grits: GB/T 2481.
The words for grades are the trade's traditional ones (K 中软), not the seven classes of the standard.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code's short name, and one sentence that explains it, in both languages."""

    zh: str
    en: str
    sentence_zh: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class Shape(Meaning):
    """A shape; `name_*` is what a product of this shape is called, `zh`/`en` the short name for menus and plates."""

    name_zh: str
    name_en: str


def _shape(name_zh: str, name_en: str, zh: str, en: str, sentence_zh: str, sentence_en: str) -> Shape:
    return Shape(zh, en, sentence_zh, sentence_en, name_zh, name_en)


# fmt: off
SHAPES: dict[str, Shape] = {
    "1": _shape("平形砂轮", "Straight wheel", "平形", "Straight", "两面平直，用圆周磨削，外圆、平面、无心磨最常用。", "Flat on both sides, grinds with its rim; the usual wheel for cylindrical, surface and centreless grinding."),
    "2": _shape("筒形砂轮", "Cylinder wheel", "筒形", "Cylinder", "圆筒状，粘结或夹紧在盘上，用端面磨平面。", "A ring glued or clamped to a plate; grinds flat surfaces with its face."),
    "3": _shape("单斜边砂轮", "Wheel tapered on one side", "单斜边", "Taper 1 side", "一面向外缘收薄，用于磨齿、磨锯片等窄槽。", "Thinner towards the rim on one side, for teeth, saw blades and narrow slots."),
    "4": _shape("双斜边砂轮", "Wheel tapered on both sides", "双斜边", "Taper 2 sides", "两面向外缘收薄，用于磨齿轮和螺纹。", "Thinner towards the rim on both sides, for gears and threads."),
    "5": _shape("单面凹砂轮", "Wheel recessed on one side", "单面凹", "Recessed 1 side", "一面有凹槽，可让开法兰，磨外圆时能靠近台阶端面。", "A recess on one side takes the flange, so that the wheel reaches close to a shoulder."),
    "6": _shape("杯形砂轮", "Straight cup wheel", "杯形", "Straight cup", "杯壁平直，用端面磨刀具和平面。", "A cup with a straight wall; grinds tools and flat surfaces with its face."),
    "7": _shape("双面凹砂轮", "Wheel recessed on both sides", "双面凹", "Recessed 2 sides", "两面有凹槽，重量轻，可让开两侧法兰。", "Recesses on both sides take the flanges and save weight."),
    "9": _shape("双杯形砂轮", "Double cup wheel", "双杯形", "Double cup", "两端都是杯口，一只轮有两个工作面。", "A cup at both ends: one wheel with two working faces."),
    "11": _shape("碗形砂轮", "Flaring cup wheel", "碗形", "Flaring cup", "杯壁外张，刃磨铣刀、铰刀等刀具最常用。", "A cup with a flaring wall; the usual wheel for sharpening cutters and reamers."),
    "12": _shape("碟形砂轮", "Dish wheel", "碟形", "Dish", "边缘薄，能伸入刀齿之间，刃磨刀具前面。", "A thin rim that reaches between the teeth of a tool to sharpen their faces."),
    "13": _shape("茶托形砂轮", "Saucer wheel", "茶托形", "Saucer", "两面弧形，用于磨锯齿。", "Curved on both sides, for the gullets of saws."),
    "20": _shape("单面锥砂轮", "Wheel relieved on one side", "单面锥", "Relieved 1 side", "一侧带锥面，磨端面时减少接触。", "Relieved on one side, so that less of it touches a shoulder."),
    "21": _shape("双面锥砂轮", "Wheel relieved on both sides", "双面锥", "Relieved 2 sides", "两侧带锥面，减少与工件端面的接触。", "Relieved on both sides, so that less of it touches the work."),
    "22": _shape("单面凹单面锥砂轮", "Wheel relieved on one side, recessed on the other", "单面凹单面锥", "Relieved/recessed", "一面凹槽、一面锥面。", "Recessed on one side and relieved on the other."),
    "23": _shape("单面凹锥砂轮", "Wheel relieved and recessed on one side", "单面凹锥", "Relieved+recessed", "同一面既有锥面又有凹槽。", "Relieved and recessed on the same side."),
    "24": _shape("双面凹单面锥砂轮", "Wheel recessed on both sides, relieved on one", "双面凹单面锥", "Recessed, relieved 1", "两面凹槽，其中一面带锥面。", "Recessed on both sides and relieved on one."),
    "26": _shape("双面凹锥砂轮", "Wheel relieved and recessed on both sides", "双面凹锥", "Recessed, relieved 2", "两面都有凹槽和锥面。", "Relieved and recessed on both sides."),
    "27": _shape("钹形砂轮", "Depressed-centre wheel", "钹形", "Depressed centre", "中部下凹并有纤维增强，装在角磨机上打磨。", "A reinforced wheel with a depressed centre, for angle grinders."),
    "28": _shape("锥面钹形砂轮", "Depressed-centre wheel, saucer type", "锥面钹形", "Saucer, reinforced", "工作面带锥度的钹形砂轮，装在角磨机上。", "A depressed-centre wheel with a conical face, for angle grinders."),
    "35": _shape("粘结圆盘砂轮", "Plate-mounted disc", "粘结圆盘", "Mounted disc", "粘结或夹紧在底盘上，用端面磨削。", "Glued or clamped to a plate; grinds with its face."),
    "36": _shape("螺栓紧固平形砂轮", "Disc with inserted nuts", "螺栓紧固", "Inserted nuts", "预埋螺母固定，用端面磨削弹簧、轴承等。", "Held by inserted nuts; grinds springs and bearings with its face."),
    "37": _shape("螺栓紧固筒形砂轮", "Cylinder with inserted nuts", "螺栓筒形", "Cylinder, nuts", "预埋螺母的筒形砂轮，用端面磨平面。", "A cylinder held by inserted nuts; grinds flat surfaces."),
    "38": _shape("单面凸砂轮", "Wheel with a hub on one side", "单面凸", "Hub 1 side", "一面有凸台，工作边窄而装夹处厚。", "A hub on one side: thick where it is held, narrow where it grinds."),
    "39": _shape("双面凸砂轮", "Wheel with hubs on both sides", "双面凸", "Hub 2 sides", "两面有凸台，工作边窄而装夹处厚。", "Hubs on both sides: thick where it is held, narrow where it grinds."),
    "41": _shape("切割片", "Cutting-off wheel", "切割片", "Cutting-off", "薄片砂轮，只用于切断，不可用侧面打磨。", "A thin wheel for cutting off only; its sides must not be used for grinding."),
    "42": _shape("钹形切割片", "Depressed-centre cutting-off wheel", "钹形切割", "Cutting, depressed", "中部下凹的切割片，装在角磨机上只用于切断。", "A cutting-off wheel with a depressed centre, for angle grinders; for cutting only."),
    "1A1": _shape("平形超硬砂轮", "Straight superabrasive wheel", "平形超硬", "Straight 1A1", "磨料层在圆周，基体为金属或树脂，用于外圆和平面。", "The abrasive layer is on the rim of a body; for cylindrical and surface grinding."),
    "1A1R": _shape("超硬切割片", "Superabrasive cutting-off wheel", "超硬切割片", "Cutting 1A1R", "薄钢基体，圆周有磨料层，切断硬脆材料。", "A thin steel body with a layer on its rim, for cutting hard and brittle materials."),
    "1V1": _shape("斜边超硬砂轮", "Bevelled superabrasive wheel", "斜边超硬", "Bevelled 1V1", "圆周磨料层为斜面，用于成形和刃磨。", "The layer on the rim is bevelled, for profiles and tools."),
    "1FF1": _shape("弧形超硬砂轮", "Round-faced superabrasive wheel", "弧形超硬", "Round 1FF1", "圆周磨料层为凸弧，用于磨圆弧槽。", "The layer on the rim is rounded, for radii and grooves."),
    "1E6Q": _shape("V 形边超硬砂轮", "V-edged superabrasive wheel", "V 形超硬", "V-edged 1E6Q", "圆周为 V 形，用于磨螺纹和槽。", "The rim is V-shaped, for threads and grooves."),
    "3A1": _shape("单面凸超硬砂轮", "Superabrasive wheel with a hub on one side", "单面凸超硬", "Hub 3A1", "基体一面有凸台，磨料层窄，在圆周。", "A body with a hub on one side and a narrow layer on the rim."),
    "4A2": _shape("薄碟形超硬砂轮", "Thin dish superabrasive wheel", "薄碟超硬", "Thin dish 4A2", "基体向外缘收薄，磨料层在端面。", "The body thins towards the rim; the layer is on its face."),
    "6A2": _shape("杯形超硬砂轮", "Cup superabrasive wheel", "杯形超硬", "Cup 6A2", "磨料层在杯口端面，用于端面磨和刃磨。", "The layer is on the face of a straight cup, for face grinding and sharpening."),
    "9A3": _shape("双面超硬砂轮", "Double-faced superabrasive wheel", "双面超硬", "Double 9A3", "两端面都有磨料层。", "Layers on both faces."),
    "11A2": _shape("碗形超硬砂轮", "Flaring cup superabrasive wheel", "碗形超硬", "Flaring cup 11A2", "磨料层在碗口端面，刃磨硬质合金刀具最常用。", "The layer is on the face of a flaring cup; the usual wheel for sharpening carbide tools."),
    "11V9": _shape("碗形斜边超硬砂轮", "Flaring cup superabrasive wheel, bevelled", "碗形斜边", "Flaring cup 11V9", "磨料层在碗口外侧斜面，磨刀具后角。", "The layer is on the outer bevel of a flaring cup, for the clearance of tools."),
    "12A2": _shape("碟形超硬砂轮", "Dish superabrasive wheel", "碟形超硬", "Dish 12A2", "磨料层在碟口端面，能伸入刀齿之间。", "The layer is on the face of a dish that reaches between teeth."),
    "12V9": _shape("碟形斜边超硬砂轮", "Dish superabrasive wheel, bevelled", "碟形斜边", "Dish 12V9", "磨料层在碟口外侧斜面，磨刀具沟槽。", "The layer is on the outer bevel of a dish, for the flutes of tools."),
    "14A1": _shape("双面凸超硬砂轮", "Superabrasive wheel with hubs on both sides", "双面凸超硬", "Hubs 14A1", "基体两面有凸台，磨料层窄，在圆周，用于切槽和外圆。", "A body with hubs on both sides and a narrow layer on the rim, for slots and cylindrical grinding."),
}

ABRASIVES: dict[str, Meaning] = {
    "A": Meaning("棕刚玉", "Brown fused alumina", "韧性好、耐磨，适合碳钢、合金钢、可锻铸铁的粗磨和一般磨削。", "Tough and durable, for carbon and alloy steel and malleable iron."),
    "WA": Meaning("白刚玉", "White fused alumina", "锋利、自锐性好，适合淬火钢、高速钢的精磨。", "Cuts freely and stays sharp; for finish grinding of hardened and high-speed steel."),
    "SA": Meaning("单晶刚玉", "Monocrystalline alumina", "颗粒完整、韧性高，适合不锈钢、高钒高速钢等难磨钢材。", "Single, tough crystals; for stainless, high-vanadium and other steels that are hard to grind."),
    "PA": Meaning("铬刚玉", "Pink fused alumina", "韧性比白刚玉好，光洁度高，适合刀具、量具和成形磨。", "Tougher than white alumina and leaves a fine finish; for tools, gauges and profiles."),
    "MA": Meaning("微晶刚玉", "Microcrystalline alumina", "晶粒细、强度高，适合重负荷和深切磨削。", "Fine crystals of great strength, for heavy and deep grinding."),
    "ZA": Meaning("锆刚玉", "Zirconia alumina", "韧性最高，适合铸件、钢坯的重负荷荒磨。", "The toughest alumina, for snagging of castings and billets under load."),
    "BA": Meaning("黑刚玉", "Black alumina", "硬度较低、韧性好，多用于抛光和装饰面打磨。", "Softer and tough, mostly for polishing and decorative finishes."),
    "NA": Meaning("镨钕刚玉", "Rare-earth alumina", "含稀土的刚玉，锋利耐用，适合球墨铸铁和高磷铸铁。", "Alumina with rare earths, sharp and lasting, for nodular and high-phosphorus iron."),
    "FA": Meaning("半脆刚玉", "Semi-friable alumina", "介于棕刚玉与白刚玉之间，适合工具钢的一般磨削。", "Between brown and white alumina, for general work on tool steel."),
    "AS": Meaning("烧结刚玉", "Sintered alumina", "颗粒强度高，适合高压荒磨。", "Very strong grains, for snagging under high pressure."),
    "AA": Meaning("混合刚玉", "Blended alumina", "由几种刚玉按厂家配方混合，用途以厂家说明为准。", "The maker’s own blend of aluminas; ask for what it suits."),
    "SG": Meaning("陶瓷刚玉", "Ceramic alumina", "溶胶-凝胶法微晶磨粒，寿命长，适合高效磨削淬硬钢。", "Sol-gel grains of very fine crystals; long-lived, for fast grinding of hardened steel."),
    "C": Meaning("黑碳化硅", "Black silicon carbide", "硬而脆、导热好，适合铸铁、铜、铝和非金属。", "Hard, brittle and a good conductor of heat; for cast iron, copper, aluminium and non-metals."),
    "GC": Meaning("绿碳化硅", "Green silicon carbide", "比黑碳化硅更纯更锋利，适合硬质合金、陶瓷、玻璃。", "Purer and sharper than black silicon carbide; for carbide, ceramics and glass."),
    "SC": Meaning("立方碳化硅", "Cubic silicon carbide", "韧性好于绿碳化硅，多用于轴承超精加工。", "Tougher than green silicon carbide, mostly for superfinishing of bearings."),
    "BC": Meaning("碳化硼", "Boron carbide", "很硬，多用于研磨硬质合金。", "Very hard, mostly for lapping of carbide."),
    "D": Meaning("金刚石", "Diamond", "最硬的磨料，适合硬质合金、陶瓷、玻璃，不宜磨钢。", "The hardest abrasive, for carbide, ceramics and glass; not for steel."),
    "RVD": Meaning("金刚石 RVD", "Diamond RVD", "树脂、陶瓷结合剂用的金刚石，锋利，磨硬质合金。", "Friable diamond for resin and vitrified bonds; for carbide."),
    "MBD": Meaning("金刚石 MBD", "Diamond MBD", "金属结合剂用的金刚石，强度高，磨石材、玻璃、陶瓷。", "Strong diamond for metal bonds; for stone, glass and ceramics."),
    "SCD": Meaning("金刚石 SCD", "Diamond SCD", "加工钢与硬质合金组合件用的金刚石。", "Diamond for parts that combine carbide with steel."),
    "SMD": Meaning("金刚石 SMD", "Diamond SMD", "高强度金刚石，用于锯切和钻探。", "Very strong diamond, for sawing and drilling."),
    "CBN": Meaning("立方氮化硼", "Cubic boron nitride", "硬度仅次于金刚石，不与铁反应，适合淬硬钢、高速钢、轴承钢。", "Second only to diamond and inert to iron; for hardened, high-speed and bearing steel."),
}

BONDS: dict[str, Meaning] = {
    "V": Meaning("陶瓷", "Vitrified", "耐热、耐水、保形好，精密磨削最常用，怕冲击。", "Stands heat and coolant and keeps its form; the usual bond for precision, but it dislikes shocks."),
    "B": Meaning("树脂", "Resin", "强度高、有弹性，适合高速、切断和荒磨，不宜久泡碱性冷却液。", "Strong and slightly elastic, for high speed, cutting and snagging; alkaline coolant weakens it in time."),
    "BF": Meaning("增强树脂", "Reinforced resin", "树脂内加纤维网布，抗冲击，用于切割片和角磨片。", "Resin with layers of glass fibre against breakage, for cutting and angle-grinder wheels."),
    "R": Meaning("橡胶", "Rubber", "弹性大、光洁度高，用于无心磨导轮和薄片切割，耐热差。", "Elastic and fine in finish, for centreless regulating wheels and thin cuts; dislikes heat."),
    "RF": Meaning("增强橡胶", "Reinforced rubber", "橡胶内加纤维，抗冲击，用于薄片切割。", "Rubber with fibres against breakage, for thin cutting wheels."),
    "M": Meaning("金属", "Metal", "磨料把持牢、寿命长，用于超硬砂轮磨玻璃、陶瓷、石材。", "Holds the grain firmly and lasts; for superabrasive wheels on glass, ceramics and stone."),
    "G": Meaning("电镀", "Electroplated", "单层超硬磨料电镀在基体上，锋利，适合成形磨。", "One layer of superabrasive plated to a body; sharp, for profiles."),
    "E": Meaning("虫胶", "Shellac", "弹性好、发热小，用于轧辊和刃口的光磨。", "Elastic and cool, for finishing rolls and edges."),
    "MG": Meaning("菱苦土", "Magnesia", "自锐性好、发热小，强度低，用于磨刀和磨粮。", "Cool and self-sharpening but weak, for knives and milling stones."),
    "PL": Meaning("塑料", "Plastic", "热塑性塑料结合，弹性好，用于抛光和精磨。", "Thermoplastic, elastic, for polishing and fine grinding."),
}
# fmt: on

# fmt: off
MACROGRITS = (
    "4", "5", "6", "7", "8", "10", "12", "14", "16", "20", "22", "24", "30", "36", "40", "46", "54", "60", "70", "80", "90",
    "100", "120", "150", "180", "220",
)
# fmt: on

GRIT_CLASSES: tuple[tuple[int, Meaning], ...] = (
    (24, Meaning("粗粒", "Coarse", "号越小磨粒越粗；粗粒去量大，用于荒磨和粗磨。", "A lower number is a coarser grain; coarse ones remove much, for rough work.")),
    (60, Meaning("中粒", "Medium", "中等粗细，去量和光洁度兼顾，用于一般磨削和半精磨。", "A balance of removal and finish, for general grinding.")),
    (220, Meaning("细粒", "Fine", "磨粒细，表面光洁，用于精磨和成形磨。", "Fine grains for a good finish and for profiles.")),
    (9999, Meaning("微粉", "Microgrit", "微粉级磨粒，用于超精磨、镜面磨和研磨。", "Very fine grain for superfinishing, mirror finish and honing.")),
)  # fmt: skip

SUPERABRASIVE_GRIT = Meaning(
    "微米级",
    "Micron size",
    "超硬磨料按筛孔微米数或目数标粒度，微米数越大越粗，如 D126 约为 120/140 目。",
    "Superabrasive grit is a sieve size in micrometres, larger is coarser, or a mesh range: 126 is about 120/140.",
)

GRADE_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("ABCDEF", "超软", "Very soft"),
    ("GHIJ", "软", "Soft"),
    ("KL", "中软", "Medium soft"),
    ("MNO", "中", "Medium"),
    ("PQR", "中硬", "Medium hard"),
    ("STU", "硬", "Hard"),
    ("VWXYZ", "超硬", "Very hard"),
)
GRADE_SENTENCE = (
    "硬度是磨粒被把持的牢固程度，A 最软、Z 最硬；磨硬材料选软，磨软材料选硬。",
    "How firmly the grains are held, from A (soft) to Z (hard); a soft grade for hard work and the other way round.",
)

STRUCTURE_CLASSES: tuple[tuple[int, Meaning], ...] = (
    (3, Meaning("紧密", "Dense", "组织号越小磨粒越密；紧密组织保形好，用于成形和精密磨。", "A lower number packs the grains closer; dense wheels keep their form.")),
    (7, Meaning("中等", "Medium", "磨粒与气孔比例适中，用于一般磨削。", "Grains and pores in balance, for general grinding.")),
    (14, Meaning("疏松", "Open", "气孔多，不易堵塞、发热小，用于软韧材料和大接触面。", "Many pores: loads less and runs cooler, for soft or tough work and large contact.")),
)  # fmt: skip
