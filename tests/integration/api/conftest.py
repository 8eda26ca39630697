"""The API over HTTP, as programs use it: the real application, with tokens made as people make them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_http import Program, token_of
from builders import CLERK
from portal_http import served

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What the API asks the database is tried on both kinds by the services' own tests: here PostgreSQL is left to the slow tests."""
    for item in items:
        if HERE in item.path.parents and "postgres" in item.keywords:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def program(desk) -> Iterator[Program]:
    """The technical committee's secretary, by a program; on each kind of database."""
    with served(desk.app) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        yield Program(client, desk, token_of(desk, CLERK))


@pytest.fixture
def light_program(light_desk) -> Iterator[Program]:
    """The same, on SQLite only."""
    with served(light_desk.app) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        yield Program(client, light_desk, token_of(light_desk, CLERK))
