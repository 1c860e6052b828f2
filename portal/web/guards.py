"""A guard of every address: a number that no row can have is the number of nothing."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from portal.errors import NotFound
from portal.web.urls import LARGEST_ID


async def numbers_in_range(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Find nothing under a number that the database could not even be asked for."""
    if any(isinstance(value, int) and value > LARGEST_ID for value in connection.path_params.values()):
        raise NotFound
