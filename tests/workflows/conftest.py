"""A shop of its own for every test."""

import pytest
from sqlalchemy.orm import Session

from tests.workflows.shop import Shop


@pytest.fixture
def shop(session: Session) -> Shop:
    """A shop with the delivered order process."""
    return Shop(session)
