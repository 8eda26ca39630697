"""A portal over HTTP, without a browser."""

from pathlib import Path

import pytest
from builders import CLERK
from portal_http import browsing

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What a page asks the database is tried on both kinds by the services' own tests: here PostgreSQL is left to the slow tests."""
    for item in items:
        if HERE in item.path.parents and "postgres" in item.keywords:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def browser(desk):
    """On each kind of database."""
    with browsing(desk) as found:
        yield found


@pytest.fixture
def light_browser(light_desk):
    """On SQLite only."""
    with browsing(light_desk) as found:
        yield found


@pytest.fixture
def clerk(browser):
    """The technical committee's secretary, signed in."""
    browser.sign_in(browser.member(CLERK))
    return browser
