"""The stories of `test_order_paths.py` together: they pass every node and every flow of the delivered diagram."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.workflow.models import HistoryEntry
from tests.workflows import test_order_paths
from tests.workflows.shop import Shop, diagram, elements_of


def stories() -> Iterator[Callable[..., None]]:
    """Every story that needs nothing but a shop."""
    for name, function in inspect.getmembers(test_order_paths, inspect.isfunction):
        if name.startswith("test_") and list(inspect.signature(function).parameters) == ["shop"]:
            yield function


def test_the_stories_leave_no_node_and_no_flow_of_the_diagram_out(shop: Shop, session: Session, clock: Any) -> None:
    for story in stories():
        story(shop)
    test_order_paths.test_an_order_nobody_confirms_completes_by_itself_after_seven_days(shop, clock)

    rows = session.scalars(
        select(HistoryEntry.node_id).where(HistoryEntry.kind.in_(("node_entered", "flow_taken"))).distinct()
    )
    left_out = elements_of(diagram()) - set(rows)
    assert left_out == set(), f"no story passes {sorted(left_out)}"


@pytest.mark.parametrize("kind", ["userTask", "serviceTask", "sequenceFlow", "boundaryEvent", "subProcess", "endEvent"])
def test_the_list_of_what_must_be_passed_is_read_from_the_diagram(kind: str) -> None:
    xml = diagram()
    of_kind = {element.get("id") for element in xml.iter(f"{{http://www.omg.org/spec/BPMN/20100524/MODEL}}{kind}")}
    assert of_kind
    assert of_kind <= elements_of(xml)
