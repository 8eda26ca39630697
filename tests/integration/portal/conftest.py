"""A portal over HTTP, without a browser."""

from pathlib import Path

import pytest
from builders import CLERK
from institutions import forging
from portal_http import browsing
from signing_on import CLERK_MAIL, at

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


@pytest.fixture
def ville(watch):
    """The city's provider, where the technical committee's secretary signs in."""
    with forging(watch) as provider:
        provider.be("u-1", CLERK_MAIL)
        yield provider


@pytest.fixture
def both(desk, ville):
    """A browser at a portal where people may sign in by the city's accounts, on each kind of database."""
    with browsing(at(desk, ville.institution())) as found:
        yield found


@pytest.fixture
def light(light_desk, ville):
    """The same, on SQLite only."""
    with browsing(at(light_desk, ville.institution())) as found:
        yield found
