"""One home, one portal in a process of its own and one Chromium for all tests of the portal; stages are driven by hand, mails arrive in a Maildir."""

import os
import shutil
from collections.abc import Iterator

import pytest
from builders import CHARTER, PEOPLE, Desk, Mailbox
from memory import in_memory
from playwright.sync_api import sync_playwright
from ports import free_ports
from visits import DESKTOP, Place, Watched, served

from notifications.sink import running_sink
from portal.context import SESSION
from services.operations import install
from services.settings import Settings

IN_CI = os.environ.get("CI") == "true"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LOCALES = {"fr": "fr-FR", "en": "en-GB"}


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A home at work, with the real charter and the placeholder persons: one for each file, since who signs in spends tries, and leaves traces."""
    with in_memory() as home, running_sink(home / "mailbox") as smtp:
        environment = {"PASSERELLE_HOME": str(home), "PASSERELLE_SMTP_PORT": str(smtp), "PASSERELLE_WEBHOOK_HOSTS": "127.0.0.1"}
        environment |= free_ports("PORTAL")
        settings = Settings.from_environment(environment)
        app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
        try:
            with served(settings, environment) as url:
                yield Place(app, url, Desk(app, None), Mailbox(settings.smtp_url, settings.mailbox))
        finally:
            app.close()


@pytest.fixture(scope="module")
def chromium():
    """The browser, for one file at a time: as long as it is driven, its event loop is the process's, and other tests have loops of their own. Without one the tests are skipped, but never in continuous integration."""
    found = shutil.which("chromium")
    if found is None and not IN_CI:
        pytest.skip("no Chromium here (on Debian or Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def visit(place, chromium):
    """Open a browser of its own: for somebody's seat, in a language, at a width, with scripts or without.

    At the end of the test none of its requests has left the portal, no page has broken and the browser has barred nothing.
    """
    opened = []

    def come(seat=None, *, language="fr", size=None, scripts=False, colours="light"):
        context = chromium.new_context(
            locale=LOCALES[language], viewport=size or DESKTOP, java_script_enabled=scripts, color_scheme=colours, base_url=place.url
        )
        context.set_default_timeout(8_000)
        if seat is not None:
            context.add_cookies([{"name": SESSION, "value": place.session(seat), "url": place.url}])
        page = context.new_page()
        opened.append((context, Watched(page, place.url)))
        return page

    yield come
    for context, watched in opened:
        context.close()
        watched.judge()
