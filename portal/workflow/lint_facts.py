"""Lint: every expression compiles, and names only facts that somebody provides: at the start, in a form, by an action, table or message.

Facts that are not declared (a subject without `facts`, an action without `outputs`) cannot be checked; what reads them is let through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow import registry
from portal.workflow.decision_table import DecisionTable
from portal.workflow.due import timer_expression
from portal.workflow.errors import Problem
from portal.workflow.expressions import Expression, ExpressionRefused, Path, compile_expression
from portal.workflow.vocabulary import Node, Text, Vocabulary


@dataclass(frozen=True)
class Provided:
    """One provider of a fact: the members it gives (None: not said) and for a choice the values it can have."""

    members: frozenset[str] | None
    choices: Mapping[str, frozenset[str]]


Known = Mapping[str, list[Provided]]


def check(vocabulary: Vocabulary, tables: Mapping[str, DecisionTable]) -> Iterator[Problem]:
    """Find expressions that do not compile, and those that name what nobody provides."""
    known = _known(vocabulary, tables)
    for node_id, name, text in _texts(vocabulary):
        try:
            expression = compile_expression(text)
        except ExpressionRefused as error:
            yield Problem(node_id, name, _("“%(text)s” is not understood: %(reason)s", text=text, reason=error.args[0]))
            continue
        for message in _unknown(expression, known):
            yield Problem(node_id, name, message)
    for node in vocabulary.nodes.values():
        yield from _form(node, known)
        for message in _table(tables.get(node.decision or ""), known):
            yield Problem(node.id, node.name, message)


def _texts(vocabulary: Vocabulary) -> Iterator[tuple[str, Text, str]]:
    for flow in vocabulary.flows:
        source = vocabulary.nodes.get(flow.source)
        if flow.condition and source is not None:
            yield source.id, source.name, flow.condition
    for node in vocabulary.nodes.values():
        for _input, value in node.inputs:
            yield node.id, node.name, value
        if node.event == "timer" and node.timer_kind != "timeCycle" and (text := timer_expression(node.timer or "")):
            yield node.id, node.name, text


def _form(node: Node, known: Known) -> Iterator[Problem]:
    """A field may be shown because of facts, or of fields before it."""
    fields: dict[str, list[Provided]] = {}
    for field in node.form:
        if field.shown_if:
            try:
                expression = compile_expression(field.shown_if)
            except ExpressionRefused as error:
                text = _("“%(text)s” is not understood: %(reason)s", text=field.shown_if, reason=error.args[0])
                yield Problem(node.id, node.name, text)
            else:
                for message in _unknown(expression, {**known, **fields} if known else {}):
                    yield Problem(node.id, node.name, message)
        fields[field.key] = [Provided(None, {})]


def _table(table: DecisionTable | None, known: Known) -> Iterator[Any]:
    if table is None:
        return
    for column in table.inputs:
        yield from _unknown(column.expression, known)


def _known(vocabulary: Vocabulary, tables: Mapping[str, DecisionTable]) -> Known:
    """Who provides which fact; empty when the facts at the start are not declared, as then nothing can be checked."""
    subject = registry.subject(vocabulary.process_id)
    if subject is None or subject.facts is None:
        return {}
    known: dict[str, list[Provided]] = {
        name: [Provided(frozenset(members), {})] for name, members in subject.facts.items()
    }
    for node in vocabulary.nodes.values():
        if node.result_name:
            known.setdefault(node.result_name, []).append(_provided(node, tables))
        if node.message:
            known.setdefault(node.message, []).append(Provided(None, {}))
    return known


def _provided(node: Node, tables: Mapping[str, DecisionTable]) -> Provided:
    if node.kind == "userTask":
        choices = {
            field.key: frozenset(option.value for option in field.options) for field in node.form if field.options
        }
        return Provided(frozenset(field.key for field in node.form), choices)
    table = tables.get(node.decision or "")
    if node.kind == "businessRuleTask" and table is not None:
        return Provided(frozenset(column.name for column in table.outputs), {})
    action = registry.action(node.action or "")
    outputs = action.outputs if action is not None else None
    return Provided(None if outputs is None else frozenset(outputs), {})


def _unknown(expression: Expression, known: Known) -> Iterator[Any]:
    if not known:
        return
    for path in sorted(expression.reads):
        if path[0] not in known:
            yield _("“%(text)s” asks for “%(name)s”, which nobody provides", text=expression.text, name=path[0])
        elif len(path) > 1 and any(p.members is not None and path[1] not in p.members for p in known[path[0]]):
            yield _(
                "“%(text)s” asks for “%(name)s”, which is not always there", text=expression.text, name=".".join(path)
            )
    for path, value in expression.tests:
        if not _possible(path, value, known):
            yield _("“%(text)s” can never be: “%(value)s” is not one of the options", text=expression.text, value=value)


def _possible(path: Path, value: Any, known: Known) -> bool:
    """Whether one of the forms that provide the path offers the value (or it is no choice at all)."""
    if len(path) < 2 or not isinstance(value, str):  # name and member
        return True
    choices = [provided.choices.get(path[1]) for provided in known.get(path[0], [])]
    return any(offered is None or value in offered for offered in choices) if choices else True
