"""What holds for every page: axe finds nothing, it fits a phone, and it is light. Other tests see to it that nothing foreign is asked for."""

import re
from datetime import timedelta
from itertools import count
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import CLERK, CONVENTION, PEOPLE, PILOT, body_of, changed_charter, provision
from playwright.sync_api import expect
from receivers import pass_on, receiving
from secretariat import Secretariat
from starlette.routing import Match
from visits import DESKTOP, PHONE, Hands

from models.lifecycle import Verb
from models.meetings.commands import OpenMeeting
from models.tables import Absence, Delivery, table
from portal.application import _STATIC as STATIC
from portal.application import create_portal
from portal.rights import by_token
from services.absences import note_absence
from services.feed_addresses import Whose, renew
from services.forms import DeclareConflictForm, DraftForm, GiveProxyForm, KeepOpinionForm, LiftBlockerForm, RaiseBlockerForm
from services.stages import run_deliveries
from services.webhooks.receivers import add

pytestmark = pytest.mark.browser
_SPILT = """() => [...document.querySelectorAll("main *")]
  .filter(it => it.childElementCount === 0 && it.innerText && getComputedStyle(it).display !== "inline"
    && getComputedStyle(it).overflow === "visible" && it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 1)
  .map(it => it.innerText)"""
"""Texts that run out of their boxes, over what stands beside them."""
_ASKED = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
_CONTRAST = """() => axe.run({resultTypes: ["violations"], runOnly: ["color-contrast"]})
  .then(told => told.violations.flatMap(flaw => flaw.nodes.map(it => it.html)))"""
"""What cannot be read for its colours, once axe has been on the page."""
_A_MOMENT = re.compile(r"^\d{1,2} \w+ \d{4},? (à \d{1,2}\s?h(\s?\d\d)?|at \d\d:\d\d)$")
VOTER, OTHER, KEPT_OUT, REPRESENTED, SILENT = "COTECH-05", "COTECH-06", "COTECH-07", "COTECH-03", "COTECH-04"
HEAVY = 100_000
TOKENS = count(1)
NO_PAGES = {
    "home",
    "file",
    "search_table",
    "actions_table",
    "decisions_table",
    "export_people",
    "own_data_file",
    "calendar_feed",
    "ahead_table",
    "ahead_calendar",
    "api_description",
    "sign_on",
    "sign_on_return",
    "signed_out",
    "sign_out_there",
    "robots",
    "public_file",
    "public_feed",
    "public_sitemap",
}
"""Routes that are opened but show no page of the portal."""


def subscribed(place, desk):
    """A program that takes what it is told only now and then, with a long log."""
    with receiving() as receiver:
        told = add(place.app, CONVENTION, receiver.url, ("action.drafted", "opinion.recorded", "review.closed"), CLERK)
        receiver.answers = [204, 404, 204, (302, {"Location": "/ailleurs"})] * 3
        pass_on(desk)
        for number in range(6):
            desk.propose(provision(2, title=f"Encore un brouillon, le {number}e"), form=DraftForm)
        pass_on(desk)
        run_deliveries(place.app, holder="test", gate=lambda: None)
    return told.id


@pytest.fixture(scope="module")
def addresses(place):
    """Pages with much on them and with nothing, as a secretary sees them, and as those do who come by mail."""
    desk = place.desk
    returned = desk.propose(provision(7, title="Une idée incomplète", description=None))
    closed, final, work = desk.to_technical(provision(1)), desk.to_final_report(), desk.to_work()
    reserved = desk.reserving(OTHER)
    desk.opine(closed, "gt-science-societe")
    desk.execute(Verb.ATTACH, work, file_name="deliberation.pdf", media_type="application/pdf", size=1000, sha256="d" * 64)
    proof = {"partner": "ville", "deliberation": "refused", "decided_on": desk.today, "document": "d" * 64}
    desk.execute(Verb.RECORD_DELIBERATION, work, reference="Délibération 118", **proof)
    for number in range(31):
        desk.propose(provision(2, title=f"Un brouillon de plus, le {number}e"), form=DraftForm)
    place.settle()
    place.later(days=190)
    desk.under(changed_charter(place.app.settings.home / "proxies.yaml", _with_proxies_and_a_room))
    latest = desk.to_technical()
    desk.ask(GiveProxyForm(seat=REPRESENTED, action=latest, body="cotech", holder=VOTER))
    place.settle()
    desk.opine(latest, "cotech", "with_reservations", seats=(OTHER,))
    desk.ask(DeclareConflictForm(seat=KEPT_OUT, action=latest, kind="other", reason="Un cousin y travaille"))
    early = {"body": "copil", "voter": "COPIL-03", "opinion": "unfavourable", "reason": "Trop cher"}
    desk.ask(KeepOpinionForm(seat="COPIL-03", action=latest, **early))
    desk.report(work, summary="Un premier lieu est ouvert.")
    place.settle()
    person, deputy = place.person(OTHER).code, {"deputy": "COTECH-08"}
    away = f"/personnes/{person}"
    for days in ((0, 7), (20, 27)):
        first, last = ((desk.today + timedelta(days=day)).isoformat() for day in days)
        note_absence(place.app, CONVENTION, person, {"starts_on": first, "ends_on": last, **deputy})
    clerk = place.person(CLERK)
    note_absence(place.app, CONVENTION, clerk.code, {"starts_on": first, "ends_on": last, "deputy": ""}, by=CLERK)
    own_absence = desk.rows(Absence, person_id=clerk.id)[0].id
    for body, words in (("cotech", "Le local promis n'est pas libre"), ("gt-inclusion", "Le marché est infructueux")):
        desk.ask(RaiseBlockerForm(seat=PILOT, action=work, body=body, reason=words))
    desk.ask(LiftBlockerForm(seat=PILOT, action=work, blocker=2, reason="Un second marché a abouti"))
    with place.app.db.write() as connection:
        stuck = table(Delivery).c.id.in_([row.id for row in desk.rows(Delivery)[:2]])
        connection.execute(table(Delivery).update().where(stuck).values(state="uncertain", answer="421 later"))
    office = Secretariat(desk, "cotech", CLERK)
    agenda = {"actions": (latest,), "items": ("Calendrier du second semestre",)}
    planned, called = office.plan(**agenda), office.convened(days=0, **agenda)
    held = office.convened(days=0, **agenda)
    office.ask(
        OpenMeeting, meeting=held, present=("COTECH-01", "COTECH-04"), remote=(VOTER, OTHER), represented=(f"{REPRESENTED}={VOTER}",)
    )
    missed = office.convened(days=0, **agenda)
    office.ask(OpenMeeting, meeting=missed, present=("COTECH-01",))
    choices = place.link(VOTER, "preferences")
    for whose in (Whose(CONVENTION, place.person(CLERK).id), Whose(CONVENTION, body="cotech")):
        renew(place.app, whose)
    told = subscribed(place, desk)
    return {
        "desk": "/bureau",
        "own page": "/moi",
        "declaring an absence": "/moi/absence",
        "changing one's own absence": f"/moi/absence/{own_absence}",
        "giving a proxy without a mail": "/moi/pouvoir",
        "own data": "/moi/donnees",
        "what waits": "/preferences/attente",
        "pilot's page": f"/mes-actions/{work}",
        "raising a blocker": f"/actions/{work}/raise_blocker",
        "lifting a blocker": f"/actions/{work}/lift_blocker?blocker=1",
        "meetings": "/seances",
        "meetings, and the address of a calendar": "/seances?agenda=renew&de=cotech",
        "meeting planned": f"/seances/{planned}",
        "meeting held": f"/seances/{held}",
        "meeting without quorum": f"/seances/{missed}",
        "planning a meeting": "/seances/nouvelle?body=cotech",
        "changing a meeting": f"/seances/{planned}/change",
        "convening": f"/seances/{planned}/convene",
        "opening a meeting": f"/seances/{called}/open",
        "noting the attendance": f"/actions/{latest}/record_attendance",
        "actions": "/actions?page=2",
        "no actions": "/actions?words=introuvable",
        "action in review": f"/actions/{latest}",
        "action with groups": f"/actions/{closed}",
        "action at work": f"/actions/{work}",
        "action returned": f"/actions/{returned}",
        "review files": f"/actions/{latest}/examens",
        "register of decisions": "/decisions",
        "searching": "/recherche",
        "results": "/recherche?words=action&page=2",
        "results, narrowed": "/recherche?words=deliberation&kind=file",
        "a search that cannot be read": "/recherche?words=%22action",
        "views": "/vues",
        "who has not answered": "/reponses",
        "where things wait": "/delais",
        "overdue": "/echeances?quand=retard",
        "due soon": "/echeances?quand=bientot",
        "without news": "/echeances?quand=sans-nouvelles",
        "set aside": "/mis-de-cote",
        "where actions stand": "/cycle",
        "what to ask of a forecast": "/previsions",
        "a forecast": f"/previsions?voir=1&action={latest}",
        "a forecast of a wrong day": "/previsions?voir=1&until=hier",
        "chasing members": f"/actions/{latest}/chase",
        "what became of a chase": "/reponses?relances=2&examens=1&refus=1",
        "proposing": "/nouvelle/proposition",
        "registering": "/nouvelle/action-engagee",
        "recording an opinion": f"/actions/{latest}/record_opinion",
        "giving an opinion early": f"/actions/{latest}/keep_opinion",
        "declaring a conflict": f"/actions/{latest}/declare_conflict",
        "withdrawing a conflict": f"/actions/{latest}/withdraw_conflict",
        "action with reservations": f"/actions/{reserved}",
        "files with reservations": f"/actions/{reserved}/examens",
        "recording a deliberation": f"/actions/{work}/record_deliberation",
        "lifting a reservation": f"/actions/{reserved}/lift_reservation",
        "giving a proxy": f"/actions/{latest}/give_proxy",
        "taking a proxy back": f"/actions/{latest}/revoke_proxy",
        "answering by proxy": f"/actions/{latest}/vote_by_proxy",
        "reporting": f"/actions/{work}/report_progress",
        "suspending": f"/actions/{work}/suspend",
        "rectifying": f"/actions/{work}/rectify",
        "not now": f"/actions/{latest}/complete",
        "attaching": f"/actions/{latest}/fichiers",
        "people": "/personnes",
        "nobody of this name": "/personnes?words=introuvable",
        "person": away,
        "adding a person": "/nouvelle-personne",
        "editing a person": f"{away}/fiche",
        "giving a seat": f"{away}/siege",
        "ending a seat": f"{away}/siege/{OTHER}",
        "noting an absence": f"{away}/absence",
        "changing an absence": f"{away}/absence/{desk.rows(Absence)[0].id}",
        "deliveries": "/envois",
        "chat rooms": "/canaux",
        "programs that are told": "/webhooks",
        "program that is told": f"/webhooks/{told}",
        "mailbox": "/courrier",
        "who is told of what": "/destinataires",
        "privacy": "/confidentialite",
        "staying signed in": "/rester",
        "help": "/aide",
        "keys": "/aide/clavier",
        "plan": "/aide/plan",
        "guide": "/aide/secretariat",
        "chapter": "/aide/secretariat/ce-que-chacun-reçoit-et-quand",
        "guide for members": "/aide/members",
        "chapter for members": "/aide/membre/répondre-par-le-lien-dun-courriel",
        "audit": "/aide/audit",
        "grid of the audit": "/aide/audit/grille",
        "accessibility": "/accessibilite",
        "preferences": "/preferences",
        "preferences, and the address of a calendar": "/preferences?agenda=make",
        "tokens": "/jetons",
        "the API": "/api/v1/docs",
        "an operation of the API": "/api/v1/docs/propose",
        "a long answer of the API": "/api/v1/docs/action",
        "reasons of the API": "/api/v1/problems",
        "a reason of the API": "/api/v1/problems/version_stale",
        "messages": "/messages",
        "message": "/messages/opinion-requested",
        "preferences by the link of a mail": choices,
        "stopping mails of a kind": choices.replace("/preferences/", "/desabonnement/"),
        "signing in": "/connexion",
        "sign-in link": place.link(CLERK, "connexion") if place.links(CLERK, "connexion") else "/connexion/none",
        "answering": place.link(VOTER, "avis", latest),
        "answered already": place.link(OTHER, "avis", latest),
        "answering what is closed": place.link(VOTER, "avis", closed),
        "answering and represented": place.link(REPRESENTED, "avis", latest),
        "answering, or giving a proxy": place.link(SILENT, "avis", latest),
        "asked of somebody who keeps out": place.link(KEPT_OUT, "avis", latest),
        "progress": place.link(PILOT, "avancement", work),
        "final report": place.link(PILOT, "bilan", final),
        "nowhere": "/nulle-part",
        "public: start": "/public",
        "public: axes": "/public/axes",
        "public: actions": "/public/actions?mots=",
        "public: an action": f"/public/actions/{work}",
        "public: decisions": "/public/decisions",
        "public: a decision": "/public/decisions/COPIL-2026-001",
        "public: meetings": "/public/seances",
        "public: data": "/public/donnees",
        "public: nowhere": "/public/actions/A-2000-001",
    }


def _after_clicks(addresses):
    """Pages that come after a click: by name, how to get there."""

    def asked(hands):
        hands.page.goto("/connexion")
        hands.fill(email="personne@ailleurs.example")
        hands.button(hands.say("sign_in.send")).click()

    def proposed_nothing(hands):
        hands.page.goto(addresses["proposing"])
        hands.button(hands.say("act.propose")).click()
        expect(hands.page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#title")

    def suspended_without_reasons(hands):
        hands.page.goto(addresses["suspending"])
        expect(hands.page.locator("label[for=reason] .must")).to_be_visible()
        hands.button(hands.form("SuspendForm")).click()
        expect(hands.page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#reason")
        expect(hands.page.locator("#reason")).to_be_focused()

    def answered_without_reasons(hands):
        hands.page.goto(addresses["answering"])
        hands.choose("opinion", "adjournment")
        hands.button(hands.say("answer.send")).click()
        expect(hands.page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#reason")

    def added_nobody(hands):
        hands.page.goto(addresses["adding a person"])
        hands.button(hands.say("people.add")).click()
        expect(hands.page.get_by_role("alert").get_by_role("link").first).to_have_attribute("href", "#person")

    def imported_nothing(hands):
        _preview(hands, b"nothing")
        expect(hands.page.get_by_role("alert")).to_be_visible()

    def previewed(hands):
        _preview(hands, PEOPLE.read_bytes().replace(b"Service Finances", b"Le service Finances"))
        hands.heading(hands.say("people.preview_title"))

    def a_mail(hands):
        hands.page.goto("/courrier")
        hands.page.locator("main li a").first.click()
        expect(hands.page.locator("dl.headers dd").last).to_have_text(_A_MOMENT)

    def foreseen(hands):
        hands.page.goto("/preferences")
        hands.select(hands.page.locator("#rhythm"), "weekly")
        hands.button(hands.say("foreseen.see")).click()
        expect(hands.page.get_by_role("heading", name=hands.say("foreseen.preview"))).to_be_visible()

    return {
        f.__name__: f
        for f in (
            asked,
            foreseen,
            proposed_nothing,
            suspended_without_reasons,
            answered_without_reasons,
            added_nobody,
            _a_token,
            _no_token,
            imported_nothing,
            previewed,
            a_mail,
        )
    }


def _a_token(hands):
    hands.page.goto("/jetons")
    hands.fill(name=f"Tableau de bord n° {next(TOKENS)}")
    hands.choose("scopes", "read")
    hands.button(hands.say("tokens.make")).click()
    expect(hands.page.locator("#secret")).to_be_focused()


def _no_token(hands):
    hands.page.goto("/jetons")
    hands.button(hands.say("tokens.make")).click()
    expect(hands.page.get_by_role("alert").get_by_role("link").first).to_have_attribute("href", "#name")


def _with_proxies_and_a_room(document):
    body_of(document, "cotech")["rules"].update(proxies_per_holder=1)
    body_of(document, "gt-inclusion").update(channel="file:salons/inclusion-sociale-et-culturelle")


def _preview(hands, table):
    hands.page.goto("/personnes")
    hands.page.set_input_files("#file", {"name": "personnes.csv", "mimeType": "text/csv", "buffer": table})
    hands.button(hands.say("people.preview")).click()


@pytest.mark.parametrize(
    ("language", "size", "colours"),
    [
        pytest.param("fr", DESKTOP, ("light", "dark"), id="french-desktop"),
        pytest.param("en", PHONE, ("dark", "light"), id="english-phone", marks=pytest.mark.slow),
    ],
)
def test_every_page_is_accessible_fits_a_phone_and_is_light(place, addresses, visit, language, size, colours):
    place.speak(language)
    hands = Hands(visit(CLERK, language=language, size=size, scripts=True, colours=colours[0]), language)
    scales, axe, found = Scales(hands.page), Axe(), []
    ways = {name: (lambda hands, address=address: hands.page.goto(address)) for name, address in addresses.items()}
    for name, go in (ways | _after_clicks(addresses)).items():
        go(hands)
        found += [(name, flaw["id"], flaw["nodes"][0]["html"]) for flaw in axe.run(hands.page, options=_ASKED).response["violations"]]
        found += [(name, colours[1], unread) for unread in _unread_in(hands.page, colours)]
        found += [(name, "language", got) for got in [hands.page.locator("html").get_attribute("lang")] if got != language]
        found += [(name, "spilt", text) for text in hands.page.evaluate(_SPILT)]
        if size != PHONE:
            hands.page.set_viewport_size(PHONE)
        found += [(name, "wide", wide) for wide in [hands.page.evaluate("document.documentElement.scrollWidth")] if wide > PHONE["width"]]
        if size != PHONE:
            hands.page.set_viewport_size(size)
        found += [(name, "heavy", weight) for weight in [scales.weight()] if weight > HEAVY]
    assert found == []


def _unread_in(page, colours):
    """What cannot be read in the colours that are not shown now: all else is the same page."""
    shown, other = colours
    page.emulate_media(color_scheme=other)
    unread = page.evaluate(_CONTRAST)
    page.emulate_media(color_scheme=shown)
    return unread


class Scales:
    """What the page at hand weighs, with its style and its picture, as for somebody who comes for the first time."""

    def __init__(self, page):
        self._always = sum(file.stat().st_size for file in STATIC.iterdir())
        self._last = 0
        page.on("response", self._weigh)

    def _weigh(self, response):
        if response.request.is_navigation_request():
            self._last = int(response.headers["content-length"])

    def weight(self):
        return self._always + self._last


def test_no_page_is_forgotten_here(place, addresses):
    web = create_portal(place.app)
    routes = [route for route in web.router.routes if "GET" in (getattr(route, "methods", None) or ()) and not by_token(route.name)]
    visited = {route.name for route in routes for path in addresses.values() if _leads_to(route, path)} | {"mail"}
    assert {route.name for route in routes} - NO_PAGES - visited == set()


def _leads_to(route, path):
    scope = {"type": "http", "method": "GET", "path": urlsplit(path).path, "headers": []}
    return route.matches(scope)[0] is Match.FULL


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_longest_state_fits_a_phone(visit, place, language):
    number = place.desk.to_steering(provision(7))
    page = visit("COTECH-04", language=language, size=PHONE, scripts=True)
    for path in ("/bureau", "/actions", f"/actions/{number}"):
        page.goto(path)
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, PHONE["width"])
