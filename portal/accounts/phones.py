"""Phone numbers as people type them, and as they are kept (E.164). The number is who a person is (product.md, "People")."""

import re
import unicodedata

import phonenumbers

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _

REGION = "CN"
MOBILE = re.compile(r"\+861[3-9]\d{9}")
LONGEST = 40


class InvalidPhone(InvalidInput):
    """This is not a phone number somebody can be reached at."""


def parse_phone(text: str, *, field: str = "phone") -> str:
    """Return the number in E.164 from any usual spelling (spaces, hyphens, full-width digits, 86, +86, 0086); InvalidPhone."""
    plain = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", text[:LONGEST]))
    digits = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", plain)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return f"+86{digits}"
    if plain.startswith(("+", "00")) and not digits.startswith(("+86", "0086")):
        foreign = _foreign("+" + plain.removeprefix("+").removeprefix("00"))
        if foreign is not None:
            return foreign
        raise InvalidPhone(fields={field: _("This number does not exist in its country. Check it.")})
    raise InvalidPhone(fields={field: _complaint(digits)})


def _foreign(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _complaint(digits: str) -> object:
    if not digits:
        return _("Enter a mobile number of 11 digits.")
    if len(digits) != 11:
        return _("A mobile number has 11 digits, this one has %(count)s.", count=len(digits))
    return _("A mobile number begins with 13 to 19. Check it.")
