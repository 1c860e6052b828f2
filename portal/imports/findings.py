"""What is said about rows of a list: why one was left out, is not usable, or was taken over with a doubt."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """About one row: `reason` is a key, `message` says what is, `suggestion` what to do (both lazy texts); `value` is the cell.

    A *problem* keeps the row out, a *skipped* row needs nothing (a total, a repetition), a *notice* goes with a usable row.
    """

    kind: Literal["problem", "skipped", "notice"]
    row: int
    column: str
    reason: str
    message: Any
    suggestion: Any = ""
    value: str = ""
