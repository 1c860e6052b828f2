import time

import pytest

from portal.accounts import passwords
from portal.accounts.passwords import WeakPassword, check_strength, hash_password, matches


def test_a_hash_is_argon2id_with_owasps_parameters() -> None:
    assert hash_password("correct horse 7").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_right_password_matches() -> None:
    stored = hash_password("correct horse 7")
    assert matches(stored, "correct horse 7")
    assert not matches(stored, "correct horse 8")
    assert not matches("not a hash", "correct horse 7")


def test_nobody_has_a_password_and_finding_that_out_takes_as_long() -> None:
    stored = hash_password("correct horse 7")
    matches(None, "warm up")
    known, unknown = (min(_seconds(one) for _ in range(5)) for one in (stored, None))
    assert not matches(None, "nobody has this password")
    assert unknown > known / 2


def _seconds(stored: str | None) -> float:
    began = time.perf_counter()
    matches(stored, "wrong wrong")
    return time.perf_counter() - began


def test_a_very_long_password_costs_no_more_and_never_matches_its_beginning() -> None:
    stored = hash_password("x" * passwords.LONGEST)
    assert matches(stored, "x" * passwords.LONGEST)
    assert not matches(stored, "x" * 100_000)


@pytest.mark.parametrize(
    "password", ["short", "12345678", "PASSWORD", "13800001234", "aaaaaaaaaa", "ababababab", "x" * 201]
)
def test_what_others_would_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_strength(password, phone="+8613800001234")


def test_a_sentence_is_fine() -> None:
    check_strength("我们家的猫叫小白", phone="+8613800001234")
