"""What is overdue, set aside and to come, and where actions stand: the secretariat's pages beside the desk."""

import re
import threading
from datetime import date, timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, provision
from portal_http import words_of

from models.errors import Refused
from models.lifecycle import TRANSITIONS, State
from models.tables import Deadline, Event, Reaction, table
from portal import ahead as ahead_module
from portal.ahead import Ahead, Busy
from portal.cycle import leads
from services.bottlenecks import bottlenecks
from services.forecast.reading import Asked, forecast
from services.forms import DraftForm, StartForm, SuspendForm
from services.readers import OPERATOR
from services.standing import standing_now


@pytest.fixture
def light_clerk(light_browser):
    light_browser.sign_in(light_browser.member(CLERK))
    return light_browser


def later(browser, day):
    """Go on to a day; whoever was signed in signs in again."""
    browser.desk.watch.go_to(day)
    browser.sign_in(browser.member(CLERK))


def test_the_desk_counts_what_is_overdue_and_due_soon_and_leads_to_all_of_it(browser):
    desk = browser.desk
    number = desk.to_work()
    first = min(row.due_on for row in desk.rows(Deadline, kind="milestone"))
    later(browser, first - timedelta(days=3))
    assert "À échoir dans les 14 jours 1" in words_of(browser.open("/bureau"))
    assert number in words_of(browser.open("/echeances?quand=bientot"))
    later(browser, first + timedelta(days=1))
    page = words_of(browser.open("/bureau"))
    assert ("1 Échéances dépassées" in page, "Échéances dépassées 1" in page) == (True, True)
    found = words_of(browser.open("/echeances"))
    assert (number in found, "1 échéance" in found, "Prochaine relance automatique" in found) == (True, True, True)


def test_the_list_of_what_is_overdue_promises_no_reminder_of_a_suspended_action(light_clerk):
    desk = light_clerk.desk
    number = desk.reserving("COTECH-03")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=CLERK, action=number))
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    desk.settle()
    [row] = desk.dues(kind="reservation", settled_at=None)
    later(light_clerk, row.due_on + timedelta(days=4))
    desk.settle()
    assert "Aucune relance tant que l'action est suspendue" in words_of(light_clerk.open("/echeances")).replace("\u2019", "'")


def test_a_long_list_is_shown_a_page_at_a_time_with_as_many_questions(light_clerk):
    desk = light_clerk.desk
    for n in range(32):
        desk.to_technical(provision(description=None, title=f"Incomplète {n}"))
    later(light_clerk, max(row.due_on for row in desk.rows(Deadline, kind="completion")) + timedelta(days=1))
    first, second = (words_of(light_clerk.open(f"/echeances?page={n}")) for n in (1, 2))
    assert ("32 échéances" in first, "Page 1 sur 2" in first, "A-2026-032" in first, "A-2026-032" in second) == (True, True, False, True)
    with statements_of(desk.app) as heard:
        light_clerk.open("/bureau")
    assert len(heard) <= 45


def test_what_was_set_aside_shows_its_reason_and_is_tried_again(light_clerk):
    desk = light_clerk.desk
    number = desk.to_technical()
    event = desk.events(number)[-1]
    told = {"stage": "committee-review", "state": "parked", "tries": 5, "not_before": desk.app.clock.wall(), "reason": "KeyError: verdict"}
    with desk.app.db.write() as connection:
        connection.execute(table(Reaction).insert().values(position=event.position, **told))
    assert "Mis de côté après cinq essais 1" in words_of(light_clerk.open("/bureau"))
    page = words_of(light_clerk.open("/mis-de-cote"))
    assert (number in page, "KeyError: verdict" in page, "5 essais" in page) == (True, True, True)
    answer = light_clerk.send(f"/mis-de-cote/{event.id}", "/mis-de-cote")
    assert (answer.status_code, desk.rows(Reaction)[0].state, desk.rows(Event, id=event.id)[0].owed) == (303, "pending", "committee-review")
    assert "sera traité à nouveau" in words_of(light_clerk.open(answer.headers["location"]))
    assert light_clerk.send(f"/mis-de-cote/{event.id}", "/connexion").status_code == 404


def test_the_picture_of_a_life_counts_the_actions_of_each_state_and_names_the_oldest(browser):
    desk = browser.desk
    desk.to_technical()
    desk.watch.advance(days=4)
    desk.to_technical()
    desk.to_approved()
    browser.sign_in(browser.member(CLERK))
    page = browser.open("/cycle")
    assert 'aria-label="En examen technique\u00a0: 2 actions"' in page.text
    assert "A-2026-001 depuis le 5 octobre 2026 (4 jours)" in words_of(page)
    assert 'href="/actions?state=approved"' in page.text


@pytest.mark.parametrize(("seat", "told"), [("COTECH-05", 1), ("COTECH-06", 0), (CLERK, 2)])
def test_a_draft_counts_for_whoever_may_read_it(browser, seat, told):
    browser.desk.propose(form=DraftForm, seat="COTECH-05")
    browser.desk.propose(form=DraftForm)
    browser.sign_in(browser.member(seat))
    [drafts] = re.findall(r'aria-label="Brouillon\u00a0: (\d+) action', browser.open("/cycle").text)
    assert int(drafts) == told


def test_the_oldest_waits_are_those_of_the_bottleneck_report(light_desk):
    desk = light_desk
    for state in (State.RETURNED, State.ADJOURNED, State.IN_PROGRESS, State.SUSPENDED, State.FINAL_REPORT_DUE):
        desk.reach(state)
        desk.watch.advance(days=2)
    _, states = standing_now(desk.app, CONVENTION, OPERATOR)
    report = {found.state: found.oldest for found in bottlenecks(desk.app, convention=CONVENTION).states}
    assert {found.state: found.oldest for found in states if found.oldest} == {state: found for state, found in report.items() if found}


def test_the_picture_holds_every_move_of_the_table_and_no_other():
    drawn = {(source, verb, target) for source, targets in leads().items() for target, verbs in targets.items() for verb in verbs}
    assert drawn == {(m.state, m.verb, m.target) for m in TRANSITIONS.values() if m.state is not None and m.state is not m.target}


def test_a_member_sees_the_picture_but_not_the_secretariats_lists(browser):
    browser.sign_in(browser.member("COTECH-03"))
    paths = ("/cycle", "/echeances", "/mis-de-cote", "/previsions", "/previsions/tableau.csv", "/previsions/agenda.ics")
    assert [browser.open(path).status_code for path in paths] == [200, 403, 403, 403, 403, 403]


def test_a_forecast_says_who_will_be_asked_for_what_in_a_picture_a_list_a_table_and_a_calendar(light_clerk):
    number = light_clerk.desk.to_technical()
    empty = light_clerk.open("/previsions")
    assert ("Calculer" in empty.text, number in empty.text) == (True, False)
    page = words_of(light_clerk.open(f"/previsions?voir=1&action={number}"))
    assert ("Message par message" in page, "Rappel : avis attendu" in page, "Calculé le" in page) == (True, True, True)
    table_, calendar = (light_clerk.open(f"/previsions/{name}?voir=1&action={number}") for name in ("tableau.csv", "agenda.ics"))
    found = forecast(light_clerk.desk.app, Asked(action=number, convention=CONVENTION))
    assert table_.text.count("\n") == len(found.lines) + 1
    assert calendar.text.count("BEGIN:VEVENT") == len(found.lines)
    assert [answer.headers["content-type"].partition(";")[0] for answer in (table_, calendar)] == ["text/csv", "text/calendar"]


def test_a_wrong_question_is_refused_in_words_on_the_same_page(light_clerk):
    for query, sentence in (("until=hier", "n'est pas un jour"), ("action=A-2026-999", "A-2026-999"), ("until=2020-01-01", "est passé")):
        answer = light_clerk.open(f"/previsions?voir=1&{query}")
        assert (answer.status_code, sentence in words_of(answer)) == (422, True)
        assert "Calculer" in answer.text


def test_a_forecast_is_computed_once_for_all_who_ask_in_the_same_minute_until_something_happens(light_desk):
    light_desk.to_technical()
    asked, computed = Asked(convention=CONVENTION), list[Asked]()

    def counting(app, wanted):
        computed.append(wanted)
        return forecast(app, wanted)

    keeper = Ahead(counting)
    first, again = (keeper.forecast(light_desk.app, asked, light_desk.today) for _ in range(2))
    assert (again is first, len(computed)) == (True, 1)
    light_desk.propose()
    keeper.forecast(light_desk.app, asked, light_desk.today)
    assert len(computed) == 2


def test_while_one_forecast_is_computed_another_is_told_to_come_back(light_desk, monkeypatch):
    monkeypatch.setattr(ahead_module, "_WAIT", 0.05)
    begun, go_on = threading.Event(), threading.Event()

    def slow(app, wanted):
        begun.set()
        go_on.wait(10)
        return forecast(app, wanted)

    keeper = Ahead(slow)
    asked = Asked(convention=CONVENTION)
    other = threading.Thread(target=keeper.forecast, args=(light_desk.app, asked, light_desk.today))
    other.start()
    begun.wait(10)
    with pytest.raises(Busy) as busy:
        keeper.forecast(light_desk.app, Asked(convention=CONVENTION, until=light_desk.today), light_desk.today)
    go_on.set()
    other.join()
    assert [problem.code for problem in busy.value.problems] == ["ahead_busy"]


def test_a_home_that_is_too_large_is_told_where_its_forecast_is_to_be_had(light_desk, monkeypatch):
    monkeypatch.setattr(ahead_module, "ACTIONS_AT_MOST", 1)
    light_desk.propose()
    light_desk.propose()
    with pytest.raises(Refused) as refused:
        Ahead().forecast(light_desk.app, Asked(convention=CONVENTION), date(2026, 10, 5))
    assert [(problem.code, problem.params) for problem in refused.value.problems] == [("ahead_too_large", {"count": 2, "most": 1})]


def test_the_scale_of_the_delays_is_said_in_proper_french(light_clerk):
    light_clerk.desk.to_technical()
    page = words_of(light_clerk.open("/delais"))
    assert ("de 0 à 1 jour." in page, "1 jours" in page) == (True, False)
