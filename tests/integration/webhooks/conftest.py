"""Receivers of this machine."""

import pytest
from builders import CONVENTION
from receivers import receiving

from services.webhooks.receivers import add


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def other():
    with receiving() as found:
        yield found


@pytest.fixture
def subscribe():
    """Subscribes an address, and returns its id and secret."""
    return lambda desk, url, *topics: add(desk.app, CONVENTION, url, topics, "operator")
