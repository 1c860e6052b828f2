"""Quantities and reasons typed by hand."""

import pytest

from portal.errors import InvalidInput
from portal.production.quantities import LARGEST, require_pieces, require_reason


@pytest.mark.parametrize("quantity", [0, -1, LARGEST + 1])
def test_a_quantity_out_of_range_is_refused_at_its_field(quantity: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_pieces(quantity, field="safety")
    assert list(refused.value.fields) == ["safety"]


def test_zero_is_right_where_nothing_can_be_meant() -> None:
    assert require_pieces(0, least=0) == 0
    assert require_pieces(LARGEST) == LARGEST


def test_a_reason_is_trimmed_and_must_say_something() -> None:
    assert require_reason("  破损\n 3 片 ") == "破损 3 片"
    for reason in ("", " \n", "x" * 301):
        with pytest.raises(InvalidInput):
            require_reason(reason)
