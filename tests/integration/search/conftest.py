"""A portal over HTTP for the pages of search."""

import pytest
from builders import CLERK
from portal_http import browsing


@pytest.fixture
def clerk(light_desk):
    """The technical committee's secretary, signed in, on SQLite."""
    with browsing(light_desk) as browser:
        browser.sign_in(browser.member(CLERK))
        yield browser


@pytest.fixture
def member(clerk):
    """Another browser, with nothing in it, at the same portal."""
    browser = clerk.another()
    with browser.client:
        yield browser
