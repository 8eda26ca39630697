"""The register of decisions, on its page and on the command line."""

from datetime import date

from builders import CLERK, CONVENTION, STEERING_CLERK, provision
from portal_http import text_of

from models.tables import Decision, table
from services.decisions import list_decisions, register
from services.finding import PAGE
from services.forms import RectifyForm


def numbers(rows):
    return [row["number"] for row in rows]


def test_both_committees_decisions_are_there_newest_first_with_their_action_and_grounds(clerk):
    first, second = clerk.desk.to_approved(), clerk.desk.to_steering(provision(title="Une autre action"))
    found = list_decisions(clerk.desk.app)
    assert numbers(found) == ["COPIL-2026-001", "COTECH-2026-002", "COTECH-2026-001"]
    assert [(row["action"], row["outcome"], row["words"]) for row in found] == [
        (first, "approve", "Motif de la décision"),
        (second, "refer", None),
        (first, "refer", None),
    ]
    page = text_of(clerk.open("/decisions"))
    assert ("Décisions : 3" in page, "COPIL-2026-001" in page, "Une autre action" in page) == (True, True, True)


def test_a_body_and_a_year_are_chosen_and_an_empty_choice_is_every_one(clerk):
    clerk.desk.to_approved()
    clerk.desk.watch.go_to(date(2027, 1, 11))
    clerk.desk.to_steering(provision(title="Une autre action"))
    assert numbers(list_decisions(clerk.desk.app, body="cotech")) == ["COTECH-2027-001", "COTECH-2026-001"]
    assert numbers(list_decisions(clerk.desk.app, body="cotech", year="2026")) == ["COTECH-2026-001"]
    assert register(clerk.desk.app, CONVENTION).years == ["2027", "2026"]
    clerk.sign_in(clerk.member(CLERK))
    for query, count in (("", 3), ("?body=&year=&page=", 3), ("?body=cotech&year=2027", 1), ("?year=20x6", 0), ("?page=99", 3)):
        page = clerk.open(f"/decisions{query}")
        assert (page.status_code, f"Décisions : {count}" in text_of(page)) == (200, True)


def test_a_rectified_decision_stays_in_the_year_of_its_number_and_shows_as_it_now_stands(clerk):
    number = clerk.desk.to_approved()
    [decided] = clerk.desk.rows(Decision, body="copil")
    changed = {"reference": "PV 5", "happened_on": date(2025, 12, 30)}
    clerk.desk.ask(RectifyForm(seat=STEERING_CLERK, action=number, event=decided.event_id, reason="Date de séance", **changed))
    [row] = list_decisions(clerk.desk.app, body="copil", year="2026")
    assert (row["number"], row["revision"], row["decided_on"], row["reference"]) == ("COPIL-2026-001", 2, date(2025, 12, 30), "PV 5")
    page = text_of(clerk.open("/decisions?body=copil"))
    assert ("rectifiée, version 2" in page, "PV 5" in page, "30 décembre 2025" in page) == (True, True, True)


def test_a_body_that_the_charter_no_longer_has_keeps_its_decisions(clerk):
    clerk.desk.to_approved()
    decided = table(Decision)
    with clerk.desk.app.db.write() as connection:
        connection.execute(decided.update().where(decided.c.body == "copil").values(body="ancien", number="ANCIEN-2026-001"))
    assert numbers(list_decisions(clerk.desk.app, body="ancien")) == ["ANCIEN-2026-001"]
    assert "ANCIEN-2026-001" in text_of(clerk.open("/decisions?body=ancien"))


def test_a_long_register_comes_a_page_at_a_time_in_the_order_of_its_numbers(clerk):
    number = clerk.desk.to_steering()
    [model] = clerk.desk.rows(Decision)
    more = [{**model._asdict(), "id": None, "number": f"COTECH-2026-{each:03d}"} for each in range(2, 1002)]
    with clerk.desk.app.db.write() as connection:
        connection.execute(table(Decision).insert(), [{name: row[name] for name in row if name != "id"} for row in more])
    first = register(clerk.desk.app, CONVENTION).found
    assert (first.total, len(first.rows), numbers(first.rows)[:2]) == (1001, PAGE, ["COTECH-2026-1001", "COTECH-2026-1000"])
    last = register(clerk.desk.app, CONVENTION, page=first.pages).found
    assert (numbers(last.rows)[-1], last.rows[-1]["action"]) == ("COTECH-2026-001", number)
    page = clerk.open("/decisions?body=cotech&year=2026")
    assert 'href="/decisions?body=cotech&amp;year=2026&amp;page=2" rel="next"' in page.text


def test_a_member_may_read_the_register_and_a_stranger_may_not(browser):
    assert browser.open("/decisions").headers["location"] == "/connexion"
    browser.sign_in(browser.member("COTECH-05"))
    assert browser.open("/decisions").status_code == 200
