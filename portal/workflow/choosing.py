"""Choosing a gateway's way: the first flow whose condition holds, with an account of every test for the history. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.workflow.expressions import Seen, compile_expression, shown
from portal.workflow.vocabulary import Flow


@dataclass(frozen=True)
class Choice:
    """The flow that was chosen, and what was tried before it."""

    flow: Flow
    tried: list[dict[str, Any]] = field(default_factory=list)

    @property
    def account(self) -> dict[str, Any]:
        """What the history says about it; nothing where there was nothing to choose."""
        return {"conditions": self.tried, "default": self.flow.default} if self.tried else {}


def choose(flows: Sequence[Flow], facts: Mapping[str, Any]) -> Choice:
    """Choose in the order the flows are written in, else the default. Raises ExpressionError."""
    if len(flows) == 1:
        return Choice(flows[0])
    tried: list[dict[str, Any]] = []
    for flow in flows:
        if flow.default or flow.condition is None:
            continue
        tests: list[Seen] = []
        hit = compile_expression(flow.condition).holds(facts, tests)
        tried.append(
            {
                "flow": flow.id,
                "zh": flow.name[0],
                "en": flow.name[1],
                "hit": hit,
                "tests": [_seen(test) for test in tests],
            }
        )
        if hit:
            return Choice(flow, tried)
    return Choice(next(flow for flow in flows if flow.default), tried)


def _seen(test: Seen) -> dict[str, Any]:
    return {"label": test.label, "value": shown(test.value), "test": test.test, "hit": test.hit}
