"""The marking of a grinding wheel: read leniently, print strictly, understand a search for one.

What it says is in `marking_form`, reading in `marking_parser`, searches in `marking_query`.
"""

from portal.catalog.marking_form import (
    REASONS,
    Marking,
    MarkingError,
    abrasive_family,
    print_marking,
    print_number,
)
from portal.catalog.marking_parser import MAX_LENGTH, find_marking, parse_marking
from portal.catalog.marking_query import MarkingQuery, match_spans, parse_query

__all__ = [
    "MAX_LENGTH",
    "REASONS",
    "Marking",
    "MarkingError",
    "MarkingQuery",
    "abrasive_family",
    "find_marking",
    "match_spans",
    "parse_marking",
    "parse_query",
    "print_marking",
    "print_number",
]
