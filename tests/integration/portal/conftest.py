"""A portal over HTTP, without a browser."""

import pytest
from builders import CLERK
from portal_http import browsing


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
