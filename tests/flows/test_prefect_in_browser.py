"""Operators' way through the interface that is served by default, in a real browser that must never look beyond loopback."""

import shutil
from urllib.parse import urlsplit

import pytest
from builders import propose_form
from machine import lacking
from playwright.sync_api import expect, sync_playwright

from services.prefect_env import read_secret

pytestmark = [pytest.mark.prefect, pytest.mark.browser, pytest.mark.slow]
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@pytest.fixture
def page():
    """A page that keeps every address it was made to ask for. Without Chromium its tests are skipped, but never in continuous integration."""
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("no Chromium here (on Debian or Ubuntu: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        page = browser.new_page(locale="fr-FR", viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(30_000)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("websocket", lambda socket: page.asked.append(socket.url))
        yield page
        browser.close()


@pytest.fixture
def visit(system, page, tmp_path):
    """Go somewhere in the interface, wait for a text, keep a picture."""

    def go(path, text):
        page.goto(f"{system.settings.prefect_url}{path}")
        expect(page.get_by_text(text).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=tmp_path / f"{len(list(tmp_path.iterdir())):02}.png", full_page=True)

    return go


def hosts(page):
    """Every host the browser turned to; what is written into the page itself goes nowhere."""
    return {urlsplit(address).hostname for address in page.asked if not address.startswith(("data:", "blob:"))}


def log_in(system, page):
    page.goto(system.settings.prefect_url)
    page.get_by_label("Admin Password").or_(page.locator("input[type=password]")).first.fill(read_secret(system.settings.prefect_auth))
    page.get_by_role("button", name="Login").click()


def test_no_request_leaves_loopback_on_the_operators_way(system, page, visit):
    with system.relay():
        form = system.run("proposal/propose", **propose_form().model_dump(mode="json", exclude_none=True))
        system.at_rest()
    number = form.name.removeprefix("propose: ")
    deployment = system.api.deployment("proposal/propose")
    log_in(system, page)
    visit("/dashboard", "Flow Runs")
    visit("/runs", form.name)
    visit(f"/runs/flow-run/{form.id}", form.name)
    page.get_by_text("Artifacts", exact=True).last.click()
    expect(page.get_by_text("propose-answer").first).to_be_visible()
    visit(f"/artifacts/artifact/{system.artifact(form.id)['id']}", "refused because")
    visit(f"/deployments/deployment/{deployment.id}", "propose")
    visit(f"/deployments/deployment/{deployment.id}/run", "Titre")
    visit("/automations", "Passerelle: proposal runs when it is woken")
    visit("/artifacts", "propose-answer")
    visit(f"/events?resource=passerelle.action.{number}", "passerelle.action.proposed")
    visit("/work-pools", "passerelle")
    assert hosts(page) == {"127.0.0.1"}
    assert any(address.endswith("/ui-settings") for address in page.asked)


def test_the_second_interface_is_not_served_even_to_a_browser_that_asks_for_it(system, page):
    page.context.add_cookies([{"name": "prefect_ui_version", "value": "v2", "url": system.settings.prefect_url}])
    page.goto(f"{system.settings.prefect_url}/v2/dashboard")
    assert page.request.get(f"{system.settings.prefect_url}/ui-settings").json()["available_uis"] == ["v1"]
    assert hosts(page) == {"127.0.0.1"}
