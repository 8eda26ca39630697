"""What people and institutions do around a sign-in, over HTTP."""

from dataclasses import replace
from urllib.parse import urlencode

from builders import CONVENTION
from portal_http import words_of

from models.tables import Person

CLERK_MAIL = "secretariat.technique@ville.example"
START, BACK = "/connexion/par/ville", "/connexion/par/ville/retour"


def at(desk, *institutions):
    """The desk of a home where people may sign in by these."""
    desk.app = replace(desk.app, settings=replace(desk.app.settings, institutions=institutions))
    return desk


def went_there(browser, start=START):
    """Where the portal sends somebody."""
    answer = browser.open(start)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def come_back(browser, provider, back=BACK, **changes):
    """Go there, sign in, come back; with these changes to what the provider sends back."""
    sent = {**provider.authorize(went_there(browser, back.removesuffix("/retour"))), **changes}
    return browser.open(f"{back}?{urlencode({name: text for name, text in sent.items() if text is not None})}")


def signed_in(browser):
    return browser.open("/bureau").status_code == 200


def refusal(answer):
    """Status and words of a page that signs nobody in; it always offers the mail."""
    assert 'href="/connexion"' in answer.text
    return answer.status_code, words_of(answer)


def person(desk, code="secretariat-cotech"):
    return desk.rows(Person, convention=CONVENTION, code=code)[0]
