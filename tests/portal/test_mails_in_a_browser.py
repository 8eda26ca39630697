"""Mails as a browser shows them: axe finds nothing, and nothing is wider than a phone, whatever people wrote."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from visits import PHONE

from notifications.catalogue import MESSAGES
from notifications.preview import previewed
from notifications.render import render
from notifications.samples import complete, sample

pytestmark = pytest.mark.browser
TELLING = ("opinion-requested", "convocation", "digest", "sign-in")
"""Between them they have every part of the layout."""
_WIDEST = "Math.max(...[...document.querySelectorAll('*')].map(it => Math.ceil(it.getBoundingClientRect().right)))"


@pytest.mark.parametrize(("language", "colours"), [("fr", "light"), ("en", "dark")])
def test_mails_are_accessible_and_fit_a_phone(visit, language, colours):
    page, axe, found = visit(size=PHONE, language=language, scripts=True, colours=colours), Axe(), []
    for message in MESSAGES:
        page.set_content(previewed(message, language).html)
        flaws = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"] if message in TELLING else []
        found += [(message, flaw["id"], flaw["nodes"][0]["html"]) for flaw in flaws]
        found += [(message, wide) for wide in [page.evaluate(_WIDEST)] if wide > PHONE["width"]]
    assert found == []


def test_words_that_do_not_end_stay_within_a_phone(visit):
    page, endless = visit(size=PHONE, scripts=True), "https://visio.example/" + "a1b2" * 50
    facts = complete("fr")
    long = {
        "action": {**facts["action"], "title": endless, "lead_body": endless},
        "reasons": [endless],
        "questions": [endless],
        "recipient": {**facts["recipient"], "name": endless},
    }
    meeting = {"meeting": {**facts["meeting"], "join": endless, "place": endless, "agenda": [endless]}}
    asked, convened = sample("opinion-requested", "fr"), sample("convocation", "fr")
    for message, context in (("opinion-requested", asked | long), ("convocation", convened | meeting)):
        page.set_content(render(message, "fr", context).html)
        assert page.evaluate(_WIDEST) == PHONE["width"]
