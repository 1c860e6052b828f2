"""Names and moments inside lazy texts: written in the language of whoever reads the text, not of whoever made it."""

from datetime import datetime

from portal.web.formats import moment
from portal.web.i18n import pick


class Named:
    """A pair (Chinese, English) of which the reader sees one."""

    __slots__ = ("_pair",)

    def __init__(self, pair: tuple[str, str]) -> None:
        self._pair = pair

    def __str__(self) -> str:
        return pick(*self._pair)


class When:
    """A moment as it is written in running text."""

    __slots__ = ("_at",)

    def __init__(self, at: datetime | None) -> None:
        self._at = at

    def __str__(self) -> str:
        return moment(self._at)


class Listed:
    """Several texts or names, joined as a list."""

    __slots__ = ("_items",)

    def __init__(self, items: list[object]) -> None:
        self._items = items

    def __str__(self) -> str:
        return ("、" if pick("zh", "en") == "zh" else ", ").join(str(item) for item in self._items)
