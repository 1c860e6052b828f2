"""Forms: what was entered is kept, parsed into a msgspec Struct, and every refusal stands beside its field.

A form is built from a request (`Form.of`) or from values (`Form.filled`); a page shows it either way. See `parse`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self, TypeVar

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.utils.scope.state import ScopeState

from portal.errors import Conflict, InvalidInput, PortalError
from portal.web.context import PortalRequest
from portal.web.i18n import lazy_gettext, ngettext
from portal.web.i18n import lazy_gettext as _

Parsed = TypeVar("Parsed", bound=msgspec.Struct)

LONGEST = 10_000
OWN = frozenset({"_csrf_token"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Form:
    """What stands in a form's fields, and what is wrong with it. Templates ask `value`, `values`, `checked`, `error`."""

    pairs: tuple[tuple[str, str], ...] = ()
    errors: Mapping[str, Any] = field(default_factory=dict)
    message: Any = ""
    files: Mapping[str, tuple[UploadFile, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: PortalRequest) -> Self:
        """Return what the request's form holds (read before the handler runs); control characters are dropped."""
        data = ScopeState.from_scope(request.scope).form
        if not isinstance(data, Mapping):
            return cls()
        texts: list[tuple[str, str]] = []
        files: dict[str, tuple[UploadFile, ...]] = {}
        for name, value in FormMultiDict.from_form_data(data).multi_items():
            if isinstance(value, UploadFile):
                files[name] = (*files.get(name, ()), value)
            elif name not in OWN:
                texts.append((name, clean(value)))
        return cls(tuple(texts), files=files)

    @classmethod
    def filled(cls, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Return a form as it is first shown; None is an empty field, a list several values of one name."""
        pairs: list[tuple[str, str]] = []
        for name, value in {**(values or {}), **more}.items():
            several = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
            pairs += [(name, _text(one)) for one in several]
        return cls(tuple(pairs))

    def value(self, name: str, default: str = "") -> str:
        """Return what stands in a field."""
        return next((text for key, text in reversed(self.pairs) if key == name), default)

    def values(self, name: str) -> list[str]:
        """Return everything chosen under one name."""
        return [text for key, text in self.pairs if key == name]

    def checked(self, name: str, value: str = "1") -> bool:
        """Tell whether a box or choice is on."""
        return value in self.values(name)

    def has(self, name: str) -> bool:
        """Tell whether the field was sent at all."""
        return any(key == name for key, _text in self.pairs)

    def file(self, name: str) -> UploadFile | None:
        """Return an uploaded file; None when none was chosen."""
        return next((one for one in self.files.get(name, ()) if one.filename), None)

    def error(self, name: str) -> str:
        """Return what is wrong with a field, in the reader's language; empty when nothing is."""
        return str(self.errors.get(name, ""))

    @property
    def failed(self) -> bool:
        """Whether the form is shown again because something is wrong."""
        return bool(self.errors or self.message)

    def refused(self, error: PortalError) -> Self:
        """Return the form with its input kept and what the error says, for showing it again."""
        fields = error.fields if isinstance(error, InvalidInput) else {}
        return replace(self, errors=dict(fields), message=error.message)

    def parse(self, into: type[Parsed]) -> Parsed:
        """Turn the fields into a Struct; InvalidInput with a message for each field that cannot be.

        Texts are trimmed. An empty field is left out, so a default applies: `note: str = ""`, `wanted_on: date | None = None`.
        A `list[...]` takes all values of its name, a `bool` is whether the box was sent. Limits stand in `msgspec.Meta`.
        """
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for definition in msgspec.structs.fields(into):
            _read(self, definition, found, errors)
        if errors:
            raise InvalidInput(_("Please check the fields marked below."), fields=errors)
        return into(**found)


def clean(text: str) -> str:
    """Return a text as it may be stored: without control characters (PostgreSQL refuses NUL), lines ended by \\n."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(form: Form, definition: msgspec.structs.FieldInfo, found: dict[str, Any], errors: dict[str, Any]) -> None:
    name, kind = definition.encode_name, msgspec.inspect.type_info(definition.type)
    if isinstance(kind, msgspec.inspect.BoolType):
        found[definition.name] = form.value(name).lower() in {"on", "true", "1", "yes"}
        return
    many = isinstance(kind, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType, msgspec.inspect.SetType))
    raw: Any = [text.strip() for text in form.values(name) if text.strip()] if many else form.value(name).strip()
    if not raw and (many or definition.required is False):
        if many:
            found[definition.name] = msgspec.convert(raw, definition.type)
        return
    if not raw:
        errors[name] = _("This is needed.")
        return
    try:
        found[definition.name] = msgspec.convert(_prepared(raw, kind), definition.type, strict=False)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        errors[name] = _explain(kind, raw, str(error))


_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋：／　￥", "0123456789.,-+:/ ¥")


def _prepared(raw: Any, kind: msgspec.inspect.Type) -> Any:
    """Read numbers and dates as people write them: full-width digits, separators, a currency sign."""
    parts = set(map(type, _alternatives(kind)))
    if isinstance(raw, str) and len(raw) > LONGEST:
        raise ValueError("too long")
    if isinstance(raw, str) and parts & {msgspec.inspect.IntType, msgspec.inspect.DecimalType}:
        text = raw.translate(_FULL_WIDTH).replace("¥", "").replace(",", "").replace(" ", "")
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?", text):
            raise ValueError("not a number")
        return int(text) if msgspec.inspect.IntType in parts else Decimal(text)
    return raw


def _alternatives(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    yield from kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


def _explain(kind: msgspec.inspect.Type, raw: Any, problem: str) -> Any:
    """Say in words what is wrong with a value."""
    for part in _alternatives(kind):
        said = _explain_one(part, raw)
        if said is not None:
            return said
    return _("This cannot be understood.") if "too long" not in problem else _("This is too long.")


def _explain_one(kind: msgspec.inspect.Type, raw: Any) -> Any:
    match kind:
        case msgspec.inspect.IntType() | msgspec.inspect.DecimalType() | msgspec.inspect.FloatType():
            return _explain_number(kind, raw)
        case msgspec.inspect.StrType(max_length=int(most)) if len(raw) > most:
            return lazy_gettext("At most %(most)s characters, these are %(count)s.", most=most, count=len(raw))
        case msgspec.inspect.StrType(min_length=int(least)) if len(raw) < least:
            return lazy_gettext("At least %(least)s characters, these are %(count)s.", least=least, count=len(raw))
        case msgspec.inspect.DateType():
            return _("Enter a date such as 2026-07-25.")
        case msgspec.inspect.EnumType() | msgspec.inspect.LiteralType():
            return _("Choose one of the options.")
    return None


def _explain_number(kind: Any, raw: str) -> Any:
    whole = isinstance(kind, msgspec.inspect.IntType)
    try:
        value = Decimal(str(_prepared(raw, msgspec.inspect.DecimalType())))
    except ValueError:
        return _("Enter a whole number such as 24.") if whole else _("Enter a number such as 128.50.")
    least, most = getattr(kind, "ge", None), getattr(kind, "le", None)
    above = getattr(kind, "gt", None)
    if least is not None and value < least:
        return lazy_gettext("At least %(least)s.", least=least)
    if above is not None and value <= above:
        return lazy_gettext("More than %(least)s.", least=above)
    if most is not None and value > most:
        return lazy_gettext("At most %(most)s.", most=most)
    return _("Enter a whole number such as 24.") if whole else _("Enter a number such as 128.50.")


def error_count(form: Form) -> str:
    """Say how many fields are left to correct, for the bar of a long form."""
    return ngettext("%(num)s field to correct", "%(num)s fields to correct", len(form.errors)) if form.errors else ""


REFUSALS = (InvalidInput, Conflict)
"""What a handler catches to show its form again: `except forms.REFUSALS as error: return page(form.refused(error))`."""
