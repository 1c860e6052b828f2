"""What a text is found by: tokens for a full-text index that knows Chinese and markings, and the tokens of a search.

Han text has no spaces, and no dictionary is needed to find it: it is indexed by each character and each neighbouring pair. A
search of one or two characters asks for just that; of a longer one the first and last pair must be there and every character
between, so that 白刚玉砂轮 finds 白刚玉平形砂轮. Tokens consist of lower-case letters
and digits only (a decimal point is `p`): `array_to_tsvector(:tokens)` stores them, `as_tsquery` asks for them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from portal.catalog.marking import (
    Marking,
    MarkingError,
    MarkingQuery,
    abrasive_family,
    parse_marking,
    parse_query,
    print_number,
)

LONGEST_TEXT = 2000
LONGEST_TOKEN = 60
LONGEST_QUERY = 100
MOST_QUERY_TOKENS = 24

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[0-9]+\.[0-9]+|(?:(?![{_HAN}])[^\W_])+)")
_PIECE = re.compile(r"\S*[-/_.]\S*")


def index_tokens(*texts: str | None) -> list[str]:
    """Return what an item is found by, each token once: from names, SKU, printed markings, codes, anything."""
    tokens: dict[str, None] = {}
    for text in texts:
        if text:
            tokens |= dict.fromkeys(_of_text(text[:LONGEST_TEXT]))
    return list(tokens)


def query_tokens(text: str) -> list[str]:
    """Return the tokens that must all be there; parts of a marking are understood however they are spelt. May be empty."""
    query = parse_query(text[:LONGEST_QUERY])
    if query is None:
        tokens = list(_of_words(text[:LONGEST_QUERY]))
    else:
        tokens = [*_of_query(query), *(token for word in query.words for token in _of_words(word))]
    return list(dict.fromkeys(tokens))[:MOST_QUERY_TOKENS]


def as_tsquery(tokens: Sequence[str], *, prefix: bool = False) -> str:
    """Write tokens as the text of a tsquery that wants them all (`CAST(:text AS tsquery)`); with `prefix` the last may go on.

    The cast takes the tokens as they are; `to_tsquery` would cut them up again.
    """
    quoted = ["'" + token.replace("\\", "\\\\").replace("'", "''") + "'" for token in tokens]
    if prefix and quoted:
        quoted[-1] += ":*"
    return " & ".join(quoted)


def _of_text(text: str) -> Iterator[str]:
    try:
        yield from _of_marking(parse_marking(text))
    except MarkingError:
        yield from _of_plain_text(_folded(text))


def _of_plain_text(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        if run["han"]:
            yield from run["han"]
            yield from _pairs(run["han"])
        else:
            yield from _word(run["word"])
    for piece in _PIECE.findall(text):
        joined = re.sub(r"[\W_]", "", piece)
        if joined.isascii():
            yield from _word(joined)


def _of_words(text: str) -> Iterator[str]:
    for run in _RUN.finditer(_folded(text)):
        yield from _wanted_of_han(run["han"]) if run["han"] else _word(run["word"])


def _wanted_of_han(han: str) -> Iterator[str]:
    if len(han) < 3:
        yield han
    elif len(han) == 3:
        yield from (han[:2], han[2])
    else:
        yield from (han[:2], *han[2:-2], han[-2:])


def _pairs(han: str) -> Iterator[str]:
    return (han[at : at + 2] for at in range(len(han) - 1))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _word(word: str) -> Iterator[str]:
    token = word.replace(".", "p")
    if 0 < len(token) <= LONGEST_TOKEN:
        yield token


def _of_marking(marking: Marking) -> Iterator[str]:
    sizes = [marking.diameter, marking.thickness, marking.bore, marking.rim, marking.layer]
    yield from ("x".join(run) for run in _runs([_number(size) for size in sizes if size is not None]))
    grain = [marking.abrasive, marking.grit, *([marking.grade] if marking.grade else [])]
    yield from (_code("".join(run)) for run in _runs(grain) if run != [marking.grade])
    yield from _rest(marking.shape, marking.structure, marking.bond, marking.concentration, marking.speed)
    yield _code(abrasive_family(marking.abrasive))
    yield _code(marking.grit.lstrip("FW"))
    yield _code(marking.specification)


def _of_query(query: MarkingQuery) -> Iterator[str]:
    sizes = [query.diameter, query.thickness, query.bore, query.rim, query.layer]
    if said := [_number(size) for size in sizes if size is not None]:
        yield "x".join(said)
    grain = "".join(code for code in (query.abrasive, query.grit, query.grade) if code)
    if grain:
        yield _code(grain)
    yield from _rest(query.shape, query.structure, query.bond, query.concentration, query.speed)


def _rest(
    shape: str | None, structure: str | None, bond: str | None, concentration: str | None, speed: str | None
) -> Iterator[str]:
    """Codes too short to be told apart by themselves carry what they are."""
    marks = (("shape", shape), ("structure", structure), ("bond", bond), ("", concentration), ("speed", speed))
    yield from (mark + _code(code) for mark, code in marks if code)


def _runs(parts: Sequence[str]) -> Iterable[list[str]]:
    """Every stretch of neighbouring parts."""
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            yield list(parts[start:end])


def _number(size: Decimal) -> str:
    return print_number(size).replace(".", "p")


def _code(code: str) -> str:
    return re.sub(r"[^0-9a-z]", "", code.lower().replace(".", "p"))
