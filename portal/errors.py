"""The kinds of refusal the portal knows; `portal.web.errors` maps each kind to a page, once.

A capability subclasses a kind beside whoever raises it and passes what a person needs to read: a message that says what
happened and what to do next, in their language (lazy gettext), and for input the message of each field.
"""

from collections.abc import Mapping
from typing import Any


class PortalError(Exception):
    """A refusal a person can read; never carries what the actor may not see."""

    message: Any = "This did not work."

    def __init__(self, message: Any = None, **data: Any) -> None:
        if message is not None:
            self.message = message
        self.data = data
        super().__init__(str(self.message))


class NotFound(PortalError):
    """It does not exist, or the actor may not know that it does: the two are never told apart."""

    message = "Not found"


class NotPermitted(PortalError):
    """The actor may see it but may not do this to it."""

    message = "Not permitted"


class Conflict(PortalError):
    """The world has moved on: done already, taken by another, changed since it was read."""

    message = "This has changed in the meantime"


class InvalidInput(PortalError):
    """What was entered cannot be accepted; `fields` maps a field's name to its message."""

    message = "Please check the fields marked below"

    def __init__(self, message: Any = None, *, fields: Mapping[str, Any] | None = None, **data: Any) -> None:
        super().__init__(message, **data)
        self.fields: dict[str, Any] = dict(fields or {})


class TooManyRequests(PortalError):
    """Too often; `retry_after` is in seconds."""

    message = "Too many attempts"

    def __init__(self, message: Any = None, *, retry_after: int, **data: Any) -> None:
        super().__init__(message, **data)
        self.retry_after = retry_after
