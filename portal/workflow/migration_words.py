"""What is different between a step and its counterpart, in words (lazy texts). Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.naming import Named
from portal.workflow.vocabulary import Node


def changes(old: Node, new: Node, *, border: bool = False) -> Iterator[Any]:
    """Say in words what is different for a token at a node after it has moved."""
    if border:
        name = Named(new.name)
        if old.timer != new.timer:
            yield _(
                "“%(name)s”: %(before)s → %(after)s",
                name=name,
                before=_spoken(old.timer) or "–",
                after=_spoken(new.timer) or "–",
            )
        if old.message != new.message:
            yield _(
                "“%(name)s”: %(before)s → %(after)s", name=name, before=old.message or "–", after=new.message or "–"
            )
        return
    if old.name != new.name:
        yield _("renamed: %(before)s → %(after)s", before=Named(old.name), after=Named(new.name))
    yield from _form_changes(old, new)
    for before, after, text in (
        (_spoken(old.due), _spoken(new.due), _("due: %(before)s → %(after)s")),
        (_role(old.role), _role(new.role), _("role: %(before)s → %(after)s")),
        (old.assignee, new.assignee, _("given to: %(before)s → %(after)s")),
        (_spoken(old.timer), _spoken(new.timer), _("timer: %(before)s → %(after)s")),
        (old.message, new.message, _("message: %(before)s → %(after)s")),
        (old.action, new.action, _("action: %(before)s → %(after)s; what was asked for already goes on")),
    ):
        if before != after:
            yield text % {"before": before or "–", "after": after or "–"}


def _form_changes(old: Node, new: Node) -> Iterator[Any]:
    before, after = {f.key: f for f in old.form}, {f.key: f for f in new.form}
    for key, field_ in after.items():
        if key not in before:
            text = _("form: new required field “%(name)s”") if field_.required else _("form: new field “%(name)s”")
            yield text % {"name": Named(field_.label)}
        elif field_.required and not before[key].required:
            yield _("form: “%(name)s” is now required", name=Named(field_.label))
        elif field_ != before[key]:
            yield _("form: “%(name)s” changed", name=Named(field_.label))
    for key, field_ in before.items():
        if key not in after:
            yield _("form: “%(name)s” is gone", name=Named(field_.label))


_ROLES = {
    "contact": _("Contact person"), "salesperson": _("Salesperson"), "sales_manager": _("Sales manager"),
    "warehouse": _("Warehouse"), "finance": _("Finance"), "administrator": _("Administrator"),
}  # fmt: skip


def _role(role: str | None) -> Any:
    return _ROLES.get(role or "", role)


def _spoken(text: str | None) -> Any:
    """An ISO duration in words; anything else as it is written."""
    match = _ISO.fullmatch(text or "")
    if match is None or not any(match.groups()):
        return text
    units = (_("%(n)s w"), _("%(n)s d"), _("%(n)s h"), _("%(n)s min"), _("%(n)s s"))
    return Joined([unit % {"n": part} for unit, part in zip(units, match.groups(), strict=True) if part])


_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class Joined:
    """Lazy texts, one after the other."""

    parts: Sequence[Any]

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.parts)
