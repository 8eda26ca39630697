"""Two real identity providers, in a virtual environment of their own (``make test-oidc`` installs it), and a portal that trusts both."""

import shutil
from types import SimpleNamespace

import pytest
from builders import CHARTER, PEOPLE, Desk, Mailbox
from machine import IN_CI, lacking
from memory import in_memory
from playwright.sync_api import sync_playwright
from ports import free_ports
from providers import CHAIR_MAIL, CLERK_MAIL, PYTHON, Canaille
from visits import Place, served

from notifications.sink import running_sink
from services.operations import install
from services.settings import Settings


@pytest.fixture(scope="session")
def place():
    """A home at work, its portal, and the providers of the city and the university."""
    if not PYTHON.exists():
        lacking("no identity provider is installed (make test-oidc does)")
    with in_memory() as home, running_sink(home / "mailbox") as smtp:
        ports = free_ports("PORTAL")
        portal = f"http://127.0.0.1:{ports['PASSERELLE_PORTAL_PORT']}"
        ville = Canaille(
            home, "ville", portal, {"camille": CLERK_MAIL, "passage": "de.passage@ville.example", "ailleurs": "x@ailleurs.example"}
        )
        univ = Canaille(home, "univ", portal, {"dominique": CHAIR_MAIL})
        for provider in (ville, univ):
            provider.start()
        environment = {
            "PASSERELLE_HOME": str(home),
            "PASSERELLE_SMTP_PORT": str(smtp),
            "PASSERELLE_OIDC": "ville,univ",
            **ports,
            **ville.settings(),
            **univ.settings(),
        }
        settings = Settings.from_environment(environment)
        app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
        try:
            with served(settings, environment) as url:
                yield SimpleNamespace(
                    home=Place(app, url, Desk(app, None), Mailbox(settings.smtp_url, settings.mailbox)),
                    url=url,
                    ville=ville,
                    univ=univ,
                    environment=environment,
                )
        finally:
            app.close()
            for provider in (ville, univ):
                provider.stop()


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium")
    if found is None and not IN_CI:
        pytest.skip("no Chromium here (on Debian or Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", "--no-first-run"])
        yield browser
        browser.close()


@pytest.fixture
def visit(place, chromium):
    """Open a browser of its own at the portal. Nothing that its pages wanted has been barred at the end."""
    opened, barred = [], []

    def come(language="fr", **more):
        locale = {"fr": "fr-FR", "en": "en-GB"}[language]
        context = chromium.new_context(locale=locale, base_url=place.url, **{"java_script_enabled": False, **more})
        context.set_default_timeout(8_000)
        page = context.new_page()
        page.on("console", lambda said: barred.append(said.text) if said.text.startswith("Refused") and place.url in page.url else None)
        opened.append(context)
        return page

    yield come
    for context in opened:
        context.close()
    assert barred == []
