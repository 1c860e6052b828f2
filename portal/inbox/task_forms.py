"""A task's form as a page shows it: which fields are shown for what has been entered so far, with words in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.web import formats
from portal.web.forms import Form
from portal.web.i18n import pick
from portal.workflow.expressions import ExpressionError, compile_expression
from portal.workflow.forms import FormField, Option

SEGMENTS = 4
"""Up to this many choices stand side by side; more are a list."""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, ready to be drawn; `steers` says that other fields are shown or hidden by it."""

    key: str
    type: str
    label: str
    help: str
    required: bool
    value: str
    error: str
    options: tuple[tuple[str, str], ...]
    steers: bool
    segments: bool


def fields_shown(fields: tuple[FormField, ...], *, form: Form, facts: Mapping[str, Any]) -> tuple[FieldView, ...]:
    """Return the fields to draw. A field's default starting with `=` is an expression over
    the facts; a date's default `today` is today's date where the shop is."""
    entered = {field.key: _entered(field, form, facts) for field in fields}
    steering = {path[0] for field in fields if field.shown_if for path in compile_expression(field.shown_if).reads}
    return tuple(
        _view(field, entered[field.key], form.error(field.key), field.key in steering)
        for field in fields
        if _shown(field, {**facts, **{key: value or None for key, value in entered.items()}})
    )


def chosen_option(fields: tuple[FormField, ...], views: tuple[FieldView, ...]) -> Option | None:
    """Return the option chosen where a form opens with a choice, its decision: what the main button will say and do."""
    if not views or views[0].type != "choice":
        return None
    options = next(field.options for field in fields if field.key == views[0].key)
    return next((option for option in options if option.value == views[0].value), None)


def _entered(field: FormField, form: Form, facts: Mapping[str, Any]) -> str:
    if form.has(field.key):
        return form.value(field.key)
    default = field.default or ""
    if default.startswith("="):
        return _computed(default[1:].strip(), facts)
    return formats.today().isoformat() if (field.type, default) == ("date", "today") else default


def _computed(expression: str, facts: Mapping[str, Any]) -> str:
    try:
        value = compile_expression(expression).evaluate(facts)
    except ExpressionError:
        return ""
    return "" if value is None else str(value)


def _shown(field: FormField, scope: Mapping[str, Any]) -> bool:
    if not field.shown_if:
        return True
    try:
        return compile_expression(field.shown_if).holds(scope)
    except ExpressionError:
        return False


def _view(field: FormField, value: str, error: str, steers: bool) -> FieldView:
    options = tuple((option.value, pick(*option.name)) for option in field.options)
    return FieldView(
        key=field.key,
        type=field.type,
        label=pick(*field.label),
        help=pick(*field.help),
        required=field.required,
        value=value,
        error=error,
        options=options,
        steers=steers,
        segments=field.type == "yesno" or (field.type == "choice" and len(options) <= SEGMENTS),
    )
