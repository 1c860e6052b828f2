"""Strategies: possible markings, and the ways in which people spell one."""

from decimal import Decimal

from hypothesis import strategies as st

from portal.catalog.marking import Marking, print_marking
from portal.catalog.marking_form import CONVENTIONAL, MICROGRITS, OLD_MICROGRITS, SUPERABRASIVES
from portal.catalog.wheel_codes import SHAPES

sizes = st.decimals(min_value="0.5", max_value="1200", places=2)
speeds = st.none() | st.integers(min_value=1, max_value=320).map(str)
structures = st.none() | st.integers(min_value=0, max_value=14).map(str)
grades = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
grits = (
    st.integers(min_value=4, max_value=220).map(str)
    | st.sampled_from(MICROGRITS).map(lambda grit: f"F{grit}")
    | st.sampled_from(OLD_MICROGRITS).map(lambda grit: f"W{grit}")
)
meshes = st.integers(min_value=20, max_value=1200).map(str) | st.sampled_from(["100/120", "120/140", "230/270"])


@st.composite
def bores(draw: st.DrawFn) -> tuple[Decimal, Decimal, Decimal]:
    diameter = draw(st.decimals(min_value=3, max_value=1200, places=1))
    return diameter, draw(sizes), draw(st.decimals(min_value="0.5", max_value=diameter - 1, places=2))


@st.composite
def conventional(draw: st.DrawFn) -> Marking:
    diameter, thickness, bore = draw(bores())
    return Marking(
        shape=draw(st.sampled_from([shape for shape in SHAPES if shape.isdigit()] + ["99", "1N"])),
        diameter=diameter,
        thickness=thickness,
        bore=bore,
        abrasive=draw(st.sampled_from([*CONVENTIONAL, "38A", "51A"])),
        grit=draw(grits),
        grade=draw(grades),
        structure=draw(structures),
        bond=draw(st.sampled_from(["V", "B", "BF", "R", "RF", "E", "MG", "PL"])),
        speed=draw(speeds),
        details=draw(
            st.sampled_from(
                [(), (("P", Decimal(200)), ("F", Decimal("13.5"))), (("J", Decimal(90)), ("W", Decimal(10)))]
            )
        ),
    )


@st.composite
def superabrasive(draw: st.DrawFn) -> Marking:
    diameter, thickness, bore = draw(bores())
    layer = draw(st.none() | sizes)
    return Marking(
        shape=draw(st.sampled_from([shape for shape in SHAPES if not shape.isdigit()])),
        diameter=diameter,
        thickness=thickness,
        bore=bore,
        layer=layer,
        rim=draw(st.none() | sizes) if layer else None,
        abrasive=draw(st.sampled_from(SUPERABRASIVES)),
        grit=draw(meshes),
        grade=draw(st.none() | grades),
        bond=draw(st.sampled_from(["B", "M", "V", "G"])),
        concentration=draw(st.none() | st.integers(min_value=25, max_value=200).map(lambda share: f"C{share}")),
        speed=draw(speeds),
    )


markings = conventional() | superabrasive()


@st.composite
def spellings(draw: st.DrawFn) -> tuple[Marking, str]:
    """A marking with a conventional spelling of it as labels have it: other signs, widths, cases and gaps."""
    marking = draw(conventional())
    text = print_marking(marking)
    text = text.replace("×", draw(st.sampled_from(["x", "X", "*", "×", " × ", "＊", "х", "✕"])))
    text = text.replace("-", draw(st.sampled_from(["-", " ", " - ", "－", "–", "—", "_"])))
    text = {"as printed": text, "lower": text.lower(), "upper": text.upper()}[
        draw(st.sampled_from(["as printed", "lower", "upper"]))
    ]
    chosen = draw(st.sets(st.integers(min_value=0, max_value=len(text) - 1), max_size=12))
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    text = "".join(one.translate(wide) if at in chosen else one for at, one in enumerate(text))
    return marking, draw(st.sampled_from(["", " ", "N"])) + text + draw(st.sampled_from(["", "  ", "\u3000"]))
