"""Lint: what nodes ask for exists (roles, rules, actions, tables, statuses), forms can be filled in, and people read both languages."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from portal.accounts.actor import Role
from portal.web.i18n import lazy_gettext as _
from portal.workflow import registry
from portal.workflow.calendar import parse_duration
from portal.workflow.decision_table import DecisionTable
from portal.workflow.due import parse_cycle
from portal.workflow.errors import Problem
from portal.workflow.expressions import CONSTANTS
from portal.workflow.forms import TYPES, FormField
from portal.workflow.vocabulary import Node, Vocabulary

TONES = frozenset({"wait", "move", "good", "end", "stop"})
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
ROLES = frozenset(role.value for role in Role)


def check(vocabulary: Vocabulary, tables: Mapping[str, DecisionTable]) -> Iterator[Problem]:
    """Find what nodes ask for that is not there."""
    for message in _declarations(vocabulary):
        yield Problem(vocabulary.process_id, vocabulary.name, message)
    for node in vocabulary.nodes.values():
        for message in _node(node, vocabulary, tables):
            yield Problem(node.id, node.name, message)


def _declarations(vocabulary: Vocabulary) -> Iterator[Any]:
    for status in vocabulary.statuses.values():
        if not NAME.fullmatch(status.key) or not status.zh or status.zh == status.en:
            yield _("The status “%(key)s” needs a key in small letters and a name in both languages", key=status.key)
        if status.tone not in TONES:
            yield _("The status “%(key)s” has the unknown tone “%(tone)s”", key=status.key, tone=status.tone)
    for milestone in vocabulary.milestones:
        if not milestone.key or not milestone.name[0] or milestone.name[0] == milestone.name[1]:
            yield _("The milestone “%(key)s” needs a key and a name in both languages", key=milestone.key)


def _node(node: Node, vocabulary: Vocabulary, tables: Mapping[str, DecisionTable]) -> Iterator[Any]:
    if node.status and node.status not in vocabulary.statuses:
        yield _("The status “%(key)s” is not declared on the process", key=node.status)
    if node.result and (not NAME.fullmatch(node.result) or node.result in CONSTANTS):
        yield _("“%(name)s” cannot name a result: use small letters, digits and _", name=node.result)
    if node.skippable and node.kind not in ("serviceTask", "businessRuleTask"):
        yield _("Only a service task or a business rule task can be skipped")
    if node.message and (not NAME.fullmatch(node.message) or node.message in {*CONSTANTS, *_given(vocabulary)}):
        yield _(
            "“%(name)s” cannot name a message: use small letters, digits and _, and no name of what the process begins with",
            name=node.message,
        )
    if node.kind == "userTask":
        yield from _user_task(node)
    elif node.kind == "serviceTask":
        yield from _service_task(node)
    elif node.kind == "businessRuleTask" and (not node.decision or node.decision not in tables):
        yield _("There is no decision table “%(key)s”", key=node.decision or "")
    if node.event == "timer":
        yield from _timer(node)
    if node.kind == "boundaryEvent":
        yield from _border(vocabulary.nodes.get(node.attached_to or ""))


def _given(vocabulary: Vocabulary) -> frozenset[str]:
    """The facts the process begins with, which a message of the same name would overwrite."""
    subject = registry.subject(vocabulary.process_id)
    return frozenset(subject.facts or ()) if subject is not None else frozenset()


def _border(host: Node | None) -> Iterator[Any]:
    action = registry.action(host.action or "") if host is not None and host.kind == "serviceTask" else None
    if action is not None and not action.external:
        yield _("The action it is attached to finishes at once, so this event could never happen")


def _timer(node: Node) -> Iterator[Any]:
    if not node.timer:
        yield _("It is not said when this timer is due")
    elif node.timer_kind == "timeCycle":
        if node.kind != "boundaryEvent" or node.interrupting:
            yield _("Only an event on the border that does not interrupt may repeat; draw a loop with a timer")
        elif not _is_cycle(node.timer):
            yield _("“%(text)s” is not a repetition like R/PT1H or R3/P1D, of a minute or more", text=node.timer)
    elif re.fullmatch(r"P[0-9A-Z.]*", node.timer) and not _is_duration(node.timer):
        yield _("“%(text)s” is not a duration like P7D or PT4H", text=node.timer)


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def _is_cycle(text: str) -> bool:
    try:
        parse_cycle(text)
    except ValueError:
        return False
    return True


def _user_task(node: Node) -> Iterator[Any]:
    if not node.role and not node.assignee:
        yield _("It is not said who does this task: choose a role or a rule")
    if node.role and node.role not in ROLES:
        yield _("There is no role “%(role)s”", role=node.role)
    if node.assignee and registry.rule(node.assignee) is None:
        yield _("There is no rule “%(rule)s” that names a person", rule=node.assignee)
    if node.due and not _is_duration(node.due):
        yield _("“%(text)s” is not a duration like P7D or PT4H", text=node.due)
    if node.name[0] == node.name[1]:
        yield _("The task needs an English name")
    keys = [field.key for field in node.form]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield _("Two fields of the form have the key “%(key)s”", key=key)
    for field in node.form:
        yield from _field(field)


def _field(field: FormField) -> Iterator[Any]:
    if not NAME.fullmatch(field.key) or field.key in CONSTANTS:
        yield _("“%(key)s” cannot be a field's key: use small letters, digits and _", key=field.key)
    if field.type not in TYPES:
        yield _("The field “%(key)s” has the unknown type “%(type)s”", key=field.key, type=field.type)
    if not field.label[0] or field.label[0] == field.label[1]:
        yield _("The field “%(key)s” needs a label in both languages", key=field.key)
    if field.type == "choice" and not field.options:
        yield _("The field “%(key)s” has no options to choose from", key=field.key)
    values = [option.value for option in field.options]
    if any(not value for value in values) or len(set(values)) < len(values):
        yield _("Every option of the field “%(key)s” needs a value of its own", key=field.key)
    if any(not option.name[0] or option.name[0] == option.name[1] for option in field.options):
        yield _("Every option of the field “%(key)s” needs a name in both languages", key=field.key)


def _service_task(node: Node) -> Iterator[Any]:
    action = registry.action(node.action or "")
    if action is None:
        yield _("There is no service action “%(name)s”", name=node.action or "")
        return
    given = [name for name, _value in node.inputs]
    for name in sorted(set(given) - action.inputs.keys()):
        yield _("The action “%(action)s” has no input “%(name)s”", action=action.name, name=name)
    for name, kind in action.inputs.items():
        if not kind.endswith("?") and name not in given:
            yield _("The action “%(action)s” needs the input “%(name)s”", action=action.name, name=name)
