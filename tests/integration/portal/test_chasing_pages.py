"""A secretary chases from the pages: a member, a review, a whole body; what bars a chase is said before the click, and what became of it after."""

from datetime import timedelta

from builders import CLERK, CONVENTION, provision
from portal_http import hidden, text_of, words_of

from models.tables import Deadline, Delivery, Event, Person, Seat
from services.absences import note_absence
from services.matrix import matrices
from services.stages import run_deliveries

MEMBER = "COTECH-05"


def opened_yesterday(browser, *positions):
    """Actions in technical review since yesterday, and the secretary signed in."""
    desk = browser.desk
    numbers = [desk.to_technical(provision(position)) for position in positions or (7,)]
    desk.post()
    desk.watch.advance(days=1)
    browser.sign_in(browser.member(CLERK))
    return numbers


def press(browser, path="/reponses", **fields):
    """Press one of the buttons that chase."""
    page = browser.open(path)
    carried = {name: hidden(page, name) for name in ("seal", "key", "body")}
    answer = browser.client.post("/reponses", data=carried | fields, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return words_of(browser.open(answer.headers["location"]))


def chases(desk):
    return [(row.actor, row.payload["seats"]) for row in desk.rows(Event, topic="review.chased")]


def test_one_member_is_chased_in_every_review_that_awaits_them(browser):
    opened_yesterday(browser, 7, 7)
    after = press(browser, seat=MEMBER)
    assert "2 relances enregistrées, sur 2 examens." in after
    assert chases(browser.desk) == [(CLERK, [MEMBER])] * 2
    assert "relancé le 6 octobre 2026 par" in after
    assert "(message pas encore parti)" not in after, "nothing waits before the stage has written to them"


def test_a_whole_body_is_chased_with_one_click_and_one_review_with_another(browser):
    first, second = opened_yesterday(browser, 7, 7)
    press(browser, number=second)
    assert [len(seats) for _, seats in chases(browser.desk)] == [6]
    after = press(browser)
    assert "6 relances enregistrées." in after
    assert "1 examen sans relance" in after
    assert {row.action_id for row in browser.desk.rows(Event, topic="review.chased")} == {
        browser.desk.action(number).id for number in (first, second)
    }


def test_before_the_click_the_page_says_who_cannot_be_chased_and_why(browser):
    [number] = opened_yesterday(browser)
    desk = browser.desk
    [seat] = desk.rows(Seat, code=MEMBER)
    [person] = desk.rows(Person, id=seat.person_id)
    given = {"starts_on": desk.today.isoformat(), "ends_on": (desk.today + timedelta(days=9)).isoformat(), "deputy": ""}
    note_absence(desk.app, CONVENTION, person.code, given)
    before = words_of(browser.open("/reponses"))
    assert ("5 réponses peuvent être relancées aujourd'hui." in before, "en absence, sans suppléant ni pouvoir" in before) == (True, True)
    press(browser, number=number)
    after = words_of(browser.open("/reponses"))
    assert "Personne ne peut être relancé aujourd'hui." in after
    assert after.count("déjà sollicité aujourd'hui : relance possible demain") == 5


def test_the_same_click_twice_chases_once(browser):
    opened_yesterday(browser)
    page = browser.open("/reponses")
    carried = {name: hidden(page, name) for name in ("seal", "key", "body")} | {"seat": MEMBER}
    answers = [browser.client.post("/reponses", data=carried, follow_redirects=False) for _ in range(2)]
    assert chases(browser.desk) == [(CLERK, [MEMBER])]
    assert "rien n'est parti une seconde fois" in text_of(browser.open(answers[1].headers["location"]))


def test_a_message_that_waits_for_its_readers_hours_is_said_to_wait(browser, sink):
    opened_yesterday(browser)
    press(browser, seat=MEMBER)
    browser.desk.settle()
    assert "(message pas encore parti)" in words_of(browser.open("/reponses"))
    run_deliveries(browser.desk.through(sink.url).app, holder="test", gate=lambda: None)
    assert "(message pas encore parti)" not in words_of(browser.open("/reponses"))
    [member] = [each for each in matrices(browser.desk.app, CONVENTION, ["cotech"])[0].members if each.seat == MEMBER]
    assert (member.last.by, member.last.waits, member.to_chase, member.bar) == (CLERK, False, 0, "chase_today")


def test_the_file_of_a_review_has_its_own_button_and_leads_back_to_it(browser):
    [number] = opened_yesterday(browser)
    after = press(browser, f"/actions/{number}/examens", number=number, here=f"/actions/{number}/examens")
    assert "6 relances enregistrées" in after
    assert "Relancer ceux qui n'ont pas répondu" not in after
    assert "déjà été sollicités aujourd'hui" in after


def test_nobody_but_the_secretary_of_a_body_chases_in_it(browser):
    [number] = opened_yesterday(browser)
    page = browser.open("/reponses")
    sent = {"seal": hidden(page, "seal"), "key": hidden(page, "key"), "body": "copil", "number": number}
    assert browser.client.post("/reponses", data=sent, follow_redirects=False).status_code == 404
    browser.sign_in(browser.member("COTECH-03"))
    assert browser.open("/reponses").status_code == 403
    assert chases(browser.desk) == []


def test_an_action_that_is_late_is_chased_from_its_own_page(browser):
    desk = browser.desk
    number = desk.to_work()
    desk.watch.go_to(min(row.due_on for row in desk.rows(Deadline, kind="milestone")) + timedelta(days=1))
    browser.sign_in(browser.member(CLERK))
    answer = browser.fill(f"/actions/{number}/chase")
    assert answer.headers["location"] == f"/actions/{number}?fait=chase"
    desk.settle()
    assert {row.message for row in desk.rows(Delivery, message="progress-chased")} == {"progress-chased"}
    assert "Nouvelles relancées par le secrétariat" in words_of(browser.open(f"/actions/{number}"))
    again = words_of(browser.open(f"/actions/{number}/chase"))
    assert "a déjà été sollicité aujourd'hui" in again
