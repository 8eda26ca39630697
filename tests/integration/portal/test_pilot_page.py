"""The pilot's page: what is awaited, milestones that are reached or moved, indicators, blockers, and news without a mail."""

import re
from datetime import timedelta

import pytest
from builders import CLERK, PILOT, provision
from portal_http import text_of, words_of

from models.tables import Blocker, Milestone, Report

OTHER = "COTECH-06"
WORDS = "Le local promis n'est pas libre"


@pytest.fixture
def pilot(browser):
    """The pilot of an action at work, signed in; the action."""
    number = browser.desk.to_work()
    browser.sign_in(browser.member(PILOT))
    return browser, number


@pytest.fixture
def light_pilot(light_browser):
    number = light_browser.desk.to_work()
    light_browser.sign_in(light_browser.member(PILOT))
    return light_browser, number


def test_it_says_what_is_awaited_the_next_request_for_news_and_the_indicators(pilot):
    browser, number = pilot
    said = words_of(browser.open(f"/mes-actions/{number}"))
    sheet = browser.desk.action(number).sheet
    assert "Prochaine demande de nouvelles" in said
    assert sheet["milestones"][0]["title"] in said
    assert sheet["indicators"].splitlines()[0].replace("\u00a0", " ") in said
    assert "prochaine relance le" in said.lower()
    assert "Aucun point bloquant n'est signalé" in said


def test_others_are_led_to_the_file_and_secretaries_may_look(light_pilot):
    browser, number = light_pilot
    for seat, status in ((OTHER, 303), (CLERK, 200)):
        with browser.another().client as client:
            somebody = type(browser)(client, browser.desk)
            somebody.sign_in(somebody.member(seat))
            answer = somebody.open(f"/mes-actions/{number}")
            assert answer.status_code == status
            if status == 303:
                assert answer.headers["location"] == f"/actions/{number}"


def test_news_is_given_without_a_mail_and_a_milestone_reached_by_one_click(pilot):
    browser, number = pilot
    page = browser.open(f"/mes-actions/{number}")
    [link] = re.findall(rf'href="(/actions/{number}/report_progress\?reached=1)"', page.text)[:1]
    form = browser.open(link)
    assert re.search(r'name="reached" value="1" checked', form.text)
    answer = browser.fill(link, percent="40", summary="Un premier lieu est ouvert", reached="1")
    assert answer.status_code == 303
    assert ([row.percent for row in browser.desk.rows(Report)], browser.desk.rows(Milestone)[0].reached_on) == ([40], browser.desk.today)
    said = words_of(browser.open(f"/mes-actions/{number}"))
    assert "40 % réalisés" in said
    assert "Atteint le" in said


def moved(browser, number, position=1, **fields):
    path = f"/mes-actions/{number}"
    page = browser.open(path)
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("seal", "key", "seen_version")}
    return browser.client.post(f"{path}/jalon", data={**carried, "position": str(position), **fields}, follow_redirects=False)


def test_a_milestone_is_moved_and_the_others_stay_as_they_were(pilot):
    browser, number = pilot
    browser.desk.report(number, 10, seat=PILOT, reached=(2,))
    before = browser.desk.rows(Milestone)
    day = before[0].due_on + timedelta(days=30)
    answer = moved(browser, number, due_on=day.isoformat(), reason="Le local n'est libre qu'en mars")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/mes-actions/{number}?fait=jalon#milestones")
    after = browser.desk.rows(Milestone)
    assert [(row.title, row.due_on, row.reached_on) for row in after] == [
        (row.title, day if row.position == 1 else row.due_on, row.reached_on) for row in before
    ]
    event = browser.desk.events(number)[-1]
    assert (event.topic, event.actor, event.via) == ("action.amended", PILOT, "portal")
    assert "L'ancienne version de la fiche est gardée" in words_of(browser.open(answer.headers["location"]))


@pytest.mark.parametrize(("day", "status"), [("", 422), ("hier", 422)])
def test_a_day_that_is_none_is_refused_in_words(light_pilot, day, status):
    browser, number = light_pilot
    before = browser.desk.rows(Milestone)
    answer = moved(browser, number, due_on=day)
    assert (answer.status_code, 'role="alert"' in answer.text, browser.desk.rows(Milestone)) == (status, True, before)


def test_a_stale_page_moves_nothing(light_pilot):
    browser, number = light_pilot
    path = f"/mes-actions/{number}"
    page = browser.open(path)
    carried = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("seal", "key", "seen_version")}
    browser.desk.report(number, 10, seat=PILOT)
    sent = {**carried, "position": "1", "due_on": "2027-12-01"}
    assert browser.client.post(f"{path}/jalon", data=sent).status_code == 409
    assert browser.client.post(f"{path}/jalon", data={**sent, "position": "99"}).status_code == 404


def test_a_blocker_is_raised_seen_by_the_group_and_lifted_with_a_note(pilot):
    browser, number = pilot
    path = f"/mes-actions/{number}"
    assert f'href="/actions/{number}/raise_blocker"' in browser.open(path).text
    sent = {"body": "cotech", "since": browser.desk.today.isoformat(), "reason": WORDS}
    assert browser.fill(f"/actions/{number}/raise_blocker", **sent).status_code == 303
    assert WORDS in text_of(browser.open(path))
    with browser.another().client as client:
        clerk = type(browser)(client, browser.desk)
        clerk.sign_in(clerk.member(CLERK))
        assert "Points bloquants : votre aide est demandée 1" in words_of(clerk.open("/bureau"))
        assert WORDS in text_of(clerk.open(f"/actions/{number}"))
    form = browser.open(f"/actions/{number}/lift_blocker?blocker=1")
    assert re.search(r'<option value="1" selected>Point bloquant 1', text_of(form))
    assert browser.fill(f"/actions/{number}/lift_blocker?blocker=1", blocker="1", reason="Un autre local").status_code == 303
    assert "Levé ainsi : Un autre local" in words_of(browser.open(path))
    assert browser.desk.rows(Blocker)[0].lifted_on == browser.desk.today


def test_a_blocker_without_words_is_refused_by_its_field(light_pilot):
    browser, number = light_pilot
    answer = browser.fill(f"/actions/{number}/raise_blocker", body="cotech", reason="")
    assert (answer.status_code, 'id="reason-problem"' in answer.text) == (422, True)
    answer = browser.fill(f"/actions/{number}/raise_blocker", body="", reason=WORDS)
    assert (answer.status_code, 'id="body-problem"' in answer.text) == (422, True)


def test_a_proposer_follows_what_they_proposed(light_browser):
    number = light_browser.desk.propose(provision(3), seat=OTHER)
    light_browser.sign_in(light_browser.member(OTHER))
    assert light_browser.open(f"/mes-actions/{number}").status_code == 200


def test_a_request_that_came_by_mail_is_answered_from_here(light_pilot):
    browser, number = light_pilot
    browser.desk.watch.go_to(min(row.due_on for row in browser.desk.dues(kind="progress", settled_at=None)))
    browser.desk.settle()
    browser.sign_in(browser.member(PILOT))
    page = browser.open(f"/mes-actions/{number}")
    assert "Point d'avancement" in words_of(page)
    assert f'href="/actions/{number}/report_progress"' in page.text
