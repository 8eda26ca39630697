"""A member's own page: what is asked of them, their absences declared by themselves, proxies without a mail, and their data."""

import io
import re
import zipfile
from contextlib import contextmanager
from datetime import timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, TODAY, body_of, changed_charter, provision
from portal_http import hidden, text_of, words_of
from secretariat import Secretariat

from models.lifecycle import Verb
from models.tables import Absence, Person, Proxy, Seat
from services.absences import note_absence
from services.forms import GiveProxyForm

MEMBER, HOLDER, OTHER, DEPUTY = "COTECH-06", "COTECH-05", "COTECH-03", "COTECH-08"
SOON, LATER = TODAY + timedelta(days=10), TODAY + timedelta(days=20)


def with_proxies(browser, tmp_path, **rules):
    browser.desk.under(
        changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1, **rules))
    )


def person_of(desk, seat):
    [row] = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def led_to(answer):
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def away(first=SOON, last=LATER, deputy=DEPUTY):
    return {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "deputy": deputy}


@contextmanager
def signed_in_beside(browser, seat):
    """Somebody else, signed in at a browser of their own."""
    found = browser.another()
    with found.client:
        found.sign_in(found.member(seat))
        yield found


# --- what concerns them -------------------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_asked_where_they_sit_and_who_may_stand_in(browser):
    number = browser.desk.to_technical()
    browser.sign_in(browser.member(MEMBER))
    page = browser.open("/moi")
    said = words_of(page)
    assert f'href="/actions/{number}/record_opinion?body=cotech"' in page.text
    assert "COTECH-06 Comité technique, membre" in said
    assert f"Suppléance possible : {person_of(browser.desk, DEPUTY).name} ({DEPUTY})" in said
    assert '<a href="/moi" aria-current="page">' in page.text


def test_it_is_for_whoever_is_signed_in(light_browser):
    for path in ("/moi", "/moi/absence", "/moi/pouvoir", "/moi/donnees", "/moi/donnees.zip"):
        assert light_browser.open(path).headers["location"] == "/connexion"


def test_a_pilot_finds_what_they_lead_and_what_it_waits_for(light_browser):
    number = light_browser.desk.to_work()
    light_browser.desk.watch.advance(days=100)
    light_browser.desk.settle()
    light_browser.sign_in(light_browser.member("COTECH-04"))
    page = light_browser.open("/moi")
    assert f'href="/mes-actions/{number}"' in page.text
    assert "Les actions que vous pilotez" in words_of(page)
    assert "Vos actions attendent de vous" in words_of(page)


def test_proposals_are_listed_for_whoever_made_them(light_browser):
    number = light_browser.desk.propose(provision(3, title="Une idée à suivre"), seat=MEMBER)
    light_browser.sign_in(light_browser.member(MEMBER))
    said = words_of(light_browser.open("/moi"))
    assert f"Les actions que vous avez proposées 1 {number} Une idée à suivre" in said


def test_it_takes_as_many_statements_however_much_there_is(light_browser):
    light_browser.sign_in(light_browser.member(MEMBER))
    light_browser.desk.to_technical()
    with statements_of(light_browser.desk.app) as few:
        light_browser.open("/moi")
    for _ in range(3):
        light_browser.desk.to_technical()
    with statements_of(light_browser.desk.app) as many:
        light_browser.open("/moi")
    assert len(many) == len(few)


# --- absences -----------------------------------------------------------------------------------------------------------------------


class TestAbsences:
    def test_a_member_declares_corrects_and_takes_back_their_own_and_a_secretary_sees_who_did(self, browser):
        browser.sign_in(browser.member(MEMBER))
        assert led_to(browser.send("/moi/absence", **away())) == "/moi?fait=absence#absences"
        [row] = browser.desk.rows(Absence)
        assert (row.starts_on, row.ends_on, row.noted_by, row.noted_at) == (SOON, LATER, MEMBER, browser.desk.app.clock.wall())
        form = browser.open(f"/moi/absence/{row.id}")
        changed = away(last=LATER + timedelta(days=1), deputy="")
        sent = {"seal": hidden(form, "seal"), "seen": hidden(form, "seen"), **changed}
        assert led_to(browser.client.post(f"/moi/absence/{row.id}", data=sent)) == "/moi?fait=absence#absences"
        [row] = browser.desk.rows(Absence)
        assert (row.ends_on, row.deputy_id) == (LATER + timedelta(days=1), None)
        with signed_in_beside(browser, CLERK) as clerk:
            assert f"Noté par le siège {MEMBER} le" in words_of(clerk.open(f"/personnes/{person_of(browser.desk, MEMBER).code}"))
        assert led_to(browser.send(f"/moi/absence/{row.id}/retrait", "/moi")) == "/moi?fait=retrait#absences"
        assert browser.desk.rows(Absence) == []

    def test_what_a_secretary_notes_says_so(self, light_browser):
        light_browser.sign_in(light_browser.member(CLERK))
        light_browser.send(f"/personnes/{person_of(light_browser.desk, MEMBER).code}/absence", **away())
        assert [row.noted_by for row in light_browser.desk.rows(Absence)] == [CLERK]
        with signed_in_beside(light_browser, MEMBER) as member:
            assert f"Noté par le siège {CLERK}" in words_of(member.open("/moi"))

    def test_the_same_rules_hold_and_are_told_by_field(self, light_browser):
        light_browser.sign_in(light_browser.member(MEMBER))
        answer = light_browser.send("/moi/absence", **away(LATER, SOON, "COTECH-05"))
        assert answer.status_code == 422
        assert "Dernier jour d'absence : la fin" in words_of(answer)
        assert "Suppléance qui répond : « COTECH-05 » n'est pas connu ici" in words_of(answer)
        assert light_browser.desk.rows(Absence) == []

    def test_nobody_reaches_the_absence_of_another(self, light_browser):
        desk = light_browser.desk
        note_absence(desk.app, CONVENTION, person_of(desk, HOLDER).code, away())
        [row] = desk.rows(Absence)
        light_browser.sign_in(light_browser.member(MEMBER))
        assert light_browser.open(f"/moi/absence/{row.id}").status_code == 404
        assert light_browser.send(f"/moi/absence/{row.id}", "/moi/absence", **away(), seen="").status_code == 404
        led_to(light_browser.send(f"/moi/absence/{row.id}/retrait", "/moi"))
        assert desk.rows(Absence) == [row]

    def test_the_deputy_finds_on_their_page_whom_they_stand_in_for_and_answers_from_there(self, light_browser):
        light_browser.sign_in(light_browser.member(MEMBER))
        led_to(light_browser.send("/moi/absence", **away(TODAY, LATER)))
        number = light_browser.desk.to_technical()
        with signed_in_beside(light_browser, DEPUTY) as deputy:
            page = deputy.open("/moi")
        said, name = words_of(page), person_of(light_browser.desk, MEMBER).name
        assert f"en suppléance de {MEMBER} ({name})" in said
        assert f"Vous suppléez {MEMBER} ({name}) · Comité technique" in said
        assert f'href="/actions/{number}/record_opinion?body=cotech"' in page.text

    def test_an_absence_that_has_begun_offers_its_last_day_alone(self, light_browser):
        light_browser.sign_in(light_browser.member(MEMBER))
        led_to(light_browser.send("/moi/absence", **away(TODAY, LATER)))
        [row] = light_browser.desk.rows(Absence)
        page = light_browser.open(f"/moi/absence/{row.id}")
        assert ('name="ends_on"' in page.text, 'name="starts_on"' in page.text) == (True, False)
        assert light_browser.send(f"/moi/absence/{row.id}/retrait", "/moi").status_code == 422


# --- proxies ------------------------------------------------------------------------------------------------------------------------


class TestMandates:
    def test_a_member_gives_a_proxy_for_one_review_and_takes_it_back_without_a_mail(self, browser, tmp_path):
        with_proxies(browser, tmp_path)
        number = browser.desk.to_technical()
        browser.sign_in(browser.member(MEMBER))
        assert led_to(browser.fill("/moi/pouvoir", what=f"{number}.cotech", holder=HOLDER)) == "/moi?fait=pouvoir#proxies"
        event = browser.desk.events(number)[-1]
        assert (event.topic, event.actor, event.via, event.payload["holder"]) == ("proxy.given", MEMBER, "portal", HOLDER)
        page = browser.open("/moi")
        assert f"Vous avez donné pouvoir à {HOLDER}" in words_of(page)
        assert "Aucun examen où votre avis est attendu" in words_of(browser.open("/moi/pouvoir"))
        back = browser.send("/moi/pouvoir/retrait", "/moi", number=number, body="cotech", giver=MEMBER)
        assert led_to(back) == "/moi?fait=pouvoir-retire#proxies"
        assert browser.desk.topics(number)[-1] == "proxy.revoked"

    def test_sent_twice_it_is_given_once(self, browser, tmp_path):
        with_proxies(browser, tmp_path)
        number = browser.desk.to_technical()
        browser.sign_in(browser.member(MEMBER))
        form = browser.open("/moi/pouvoir")
        sent = {"seal": hidden(form, "seal"), "key": hidden(form, "key"), "what": f"{number}.cotech", "holder": HOLDER, "until": ""}
        for _ in range(2):
            assert led_to(browser.client.post("/moi/pouvoir", data=sent))
        assert len(browser.desk.rows(Proxy)) == 1

    def test_for_a_meeting_every_open_review_on_its_agenda_is_represented(self, browser, tmp_path):
        with_proxies(browser, tmp_path)
        desk = browser.desk
        numbers = [desk.to_technical(), desk.to_technical()]
        apart = desk.to_technical()
        meeting = Secretariat(desk, "cotech", CLERK).plan(actions=tuple(numbers))
        browser.sign_in(browser.member(MEMBER))
        page = browser.open("/moi/pouvoir")
        assert f"Séance {meeting}, Comité technique : 2 examen(s) en cours à l'ordre du jour" in words_of(page)
        assert led_to(browser.fill("/moi/pouvoir", what=meeting, holder=HOLDER, until=LATER.isoformat()))
        assert [desk.topics(number)[-1] for number in numbers] == ["proxy.given"] * 2
        assert {row.until for row in desk.rows(Proxy)} == {LATER}
        assert desk.topics(apart)[-1] == "review.opened"

    def test_in_a_meeting_what_is_represented_already_stays_so(self, light_browser, tmp_path):
        with_proxies(light_browser, tmp_path)
        desk = light_browser.desk
        first, second = desk.to_technical(), desk.to_technical()
        meeting = Secretariat(desk, "cotech", CLERK).plan(actions=(first, second))
        desk.ask(GiveProxyForm(seat=MEMBER, action=first, body="cotech", holder=OTHER))
        light_browser.sign_in(light_browser.member(MEMBER))
        assert led_to(light_browser.fill("/moi/pouvoir", what=meeting, holder=HOLDER))
        assert [(row.holder) for row in desk.rows(Proxy)] == [OTHER, HOLDER]

    def test_for_a_meeting_of_which_some_is_represented_already_it_is_given_once_when_sent_twice(self, light_browser, tmp_path):
        with_proxies(light_browser, tmp_path)
        desk = light_browser.desk
        first, second = desk.to_technical(), desk.to_technical()
        meeting = Secretariat(desk, "cotech", CLERK).plan(actions=(first, second))
        desk.ask(GiveProxyForm(seat=MEMBER, action=second, body="cotech", holder=OTHER))
        light_browser.sign_in(light_browser.member(MEMBER))
        form = light_browser.open("/moi/pouvoir")
        sent = {"seal": hidden(form, "seal"), "key": hidden(form, "key"), "what": meeting, "holder": HOLDER, "until": ""}
        for _ in range(2):
            assert led_to(light_browser.client.post("/moi/pouvoir", data=sent)) == "/moi?fait=pouvoir#proxies"
        assert [row.holder for row in desk.rows(Proxy)] == [OTHER, HOLDER]
        afresh = light_browser.client.post("/moi/pouvoir", data=sent | {"key": "another"})
        assert (afresh.status_code, "a déjà donné pouvoir" in words_of(afresh)) == (422, True)

    def test_all_or_nothing_and_every_reason_is_told(self, light_browser, tmp_path):
        with_proxies(light_browser, tmp_path)
        desk = light_browser.desk
        first, second = desk.to_technical(), desk.to_technical()
        meeting = Secretariat(desk, "cotech", CLERK).plan(actions=(first, second))
        desk.ask(GiveProxyForm(seat=OTHER, action=second, body="cotech", holder=HOLDER))
        light_browser.sign_in(light_browser.member(MEMBER))
        answer = light_browser.fill("/moi/pouvoir", what=meeting, holder=HOLDER)
        assert answer.status_code == 422
        assert 'id="holder-problem"' in answer.text
        assert [row.giver for row in desk.rows(Proxy)] == [OTHER]

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"what": "", "holder": HOLDER}, "what"),
            ({"what": "A-2026-999.cotech", "holder": HOLDER}, "what"),
            ({"holder": ""}, "holder"),
            ({"holder": "COPIL-03"}, "holder"),
            ({"holder": HOLDER, "until": "hier"}, "until"),
        ],
        ids=["nothing", "unknown", "nobody", "of another body", "no day"],
    )
    def test_what_is_wrong_is_told_by_its_field(self, light_browser, tmp_path, sent, field):
        with_proxies(light_browser, tmp_path)
        number = light_browser.desk.to_technical()
        light_browser.sign_in(light_browser.member(MEMBER))
        answer = light_browser.fill("/moi/pouvoir", **{"what": f"{number}.cotech", "until": "", **sent})
        assert (answer.status_code, f'id="{field}-problem"' in answer.text, f'href="#{field}"' in answer.text) == (422, True, True)

    def test_where_the_charter_knows_no_proxies_none_is_offered(self, light_browser):
        light_browser.desk.to_technical()
        light_browser.sign_in(light_browser.member(MEMBER))
        page = light_browser.open("/moi/pouvoir")
        assert ("Aucun examen" in words_of(page), 'name="holder"' in page.text) == (True, False)

    def test_nobody_takes_back_the_proxy_of_another(self, light_browser, tmp_path):
        with_proxies(light_browser, tmp_path)
        number = light_browser.desk.to_technical()
        light_browser.desk.ask(GiveProxyForm(seat=OTHER, action=number, body="cotech", holder=HOLDER))
        light_browser.sign_in(light_browser.member(MEMBER))
        answer = light_browser.send("/moi/pouvoir/retrait", "/moi", number=number, body="cotech", giver=OTHER)
        assert (answer.status_code, light_browser.desk.topics(number)[-1]) == (422, "proxy.given")

    def test_the_holder_answers_from_their_page(self, light_browser, tmp_path):
        with_proxies(light_browser, tmp_path)
        desk = light_browser.desk
        number = desk.to_technical()
        desk.ask(GiveProxyForm(seat=MEMBER, action=number, body="cotech", holder=HOLDER))
        desk.execute(Verb.RECORD_OPINION, number, HOLDER, body="cotech", voter=HOLDER, opinion="favourable")
        light_browser.sign_in(light_browser.member(HOLDER))
        page = light_browser.open("/moi")
        assert f"Vous portez le pouvoir de {MEMBER}" in words_of(page)
        links = re.findall(rf'href="(/actions/{number}/\w+\?body=cotech)"', page.text)
        assert links == [f"/actions/{number}/vote_by_proxy?body=cotech"]


# --- data ---------------------------------------------------------------------------------------------------------------------------


def test_a_member_takes_their_data_along_and_learns_whom_to_write_to(browser):
    browser.desk.to_technical()
    browser.sign_in(browser.member(MEMBER))
    page = browser.open("/moi/donnees")
    said = words_of(page)
    assert "Examens où votre avis a été demandé 1" in said
    assert "Vos droits" in said
    assert "Pour toute demande" in said
    answer = browser.open("/moi/donnees.zip")
    code = person_of(browser.desk, MEMBER).code
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/zip", "private, no-store")
    assert re.fullmatch(rf'attachment; filename="mes-donnees-{code}-[\d-]+\.zip"', answer.headers["content-disposition"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {"index.html", "data.json", "seat.csv", "delivery.csv", "sign_in.csv"} <= set(packed.namelist())


def test_whoever_has_their_data_read_out_again_and_again_is_held_up(light_browser):
    light_browser.sign_in(light_browser.member(MEMBER))
    codes = [light_browser.open("/moi/donnees.zip").status_code for _ in range(21)]
    assert (codes[0], codes[-1]) == (200, 429)
