"""What a package's code may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.package_codes import LONGEST, read_code, stored_code

GTIN = "06901230000020"


@pytest.mark.parametrize(
    ("text", "key", "lot"),
    [
        (f"https://id.example.com/01/{GTIN}/10/L2324", GTIN, "L2324"),
        (f"https://id.example.com/01/{GTIN}/10/L23%2F24/21/0007", GTIN, "L23/24"),
        (f"HTTPS://ID.EXAMPLE.COM/01/{GTIN}", GTIN, None),
        ("https://id.example.com/01/6901230000020", GTIN, None),
        (f"(01){GTIN}(10)L2324", GTIN, "L2324"),
        (f"01{GTIN}\x1d10L2324", GTIN, "L2324"),
        ("6901230000020", GTIN, None),
        ("https://portal.example.com/q/WA1-0001", "WA1-0001", None),
        ("/q/WA1-0001", "WA1-0001", None),
        ("http://[x/q/a", "http://[x/q/a", None),
        ("  wa1-0001 ", "WA1-0001", None),
    ],
)
def test_codes_are_read(text: str, key: str, lot: str | None) -> None:
    code = read_code(text)
    assert key in code.keys
    assert code.lot == lot


@pytest.mark.parametrize(
    "text",
    [
        "1-400×50×203-WA60K5V-35m/s",
        "1-400*50*203 WA60K5V 35",
        "N1－４００×５０×２０３－WA60K5V",
        "检验合格 1-400×50×203-WA60K5V-35m/s 2019-04",
    ],
)
def test_an_old_label_is_read_for_the_marking_on_it(text: str) -> None:
    assert (read_code(text).marking or "").startswith("1-400×50×203-WA60K5V")


def test_the_table_keeps_a_digital_link_by_its_number() -> None:
    assert stored_code(f"https://id.example.com/01/{GTIN}/10/L2324") == GTIN
    assert stored_code("6901230000020") == GTIN
    assert stored_code(" old label 7 ") == "old label 7"


@given(st.text(max_size=2000))
def test_no_text_breaks_the_reader(text: str) -> None:
    code = read_code(text)
    assert len(code.text) <= LONGEST
    assert all("\x00" not in key for key in code.keys)
