"""Passwords: Argon2id with OWASP's parameters, and what is refused as too easy (NIST SP 800-63B: length, not composition)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _

SHORTEST, LONGEST = 8, 200
EASY = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "88888888",
        "66666666",
        "00000000",
        "87654321",
        "password",
        "password1",
        "passw0rd",
        "qwertyui",
        "qwerty123",
        "1qaz2wsx",
        "abcd1234",
        "abc12345",
        "a1234567",
        "a12345678",
        "aa123456",
        "asdfghjk",
        "iloveyou",
        "woaini1314",
        "5201314520",
        "admin123",
        "admin888",
        "administrator",
        "12341234",
        "11223344",
        "123123123",
        "147258369",
        "qazwsxedc",
        "zaq12wsx",
        "portal123",
    ]
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class WeakPassword(InvalidInput):
    """A password that others would guess."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash to store (about 25 ms)."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Tell whether a password is right; takes the same time when there is none stored (or nobody at all)."""
    if len(password) > LONGEST:
        password = password[:LONGEST] + "\0"
    try:
        _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_strength(password: str, *, phone: str, field: str = "password") -> None:
    """Refuse what is short, common, or the person's own number; WeakPassword names the field."""
    if len(password) < SHORTEST:
        raise WeakPassword(fields={field: _("Use at least %(least)s characters.", least=SHORTEST)})
    if len(password) > LONGEST:
        raise WeakPassword(fields={field: _("Use at most %(most)s characters.", most=LONGEST)})
    if password.lower() in EASY or len(set(password)) < 3 or password in phone:
        raise WeakPassword(fields={field: _("Others would guess this. Use something less common.")})


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
