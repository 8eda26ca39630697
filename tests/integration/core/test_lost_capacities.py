"""Whoever lost the capacity in which they were to be told is not told, be it minutes before the message leaves."""

from datetime import date

import pytest
from builders import CLERK, CONVENTION, PILOT, provision

from models.charter import MilestonePlan
from models.tables import Absence, Delivery, Person, Seat, table
from models.telling.reasons import Reason
from services.forms import AmendForm
from services.stages import run_deliveries

ESCALATED = "deadline-escalated"
SENT = ("sent", None)
FAR = (MilestonePlan(title="Fin", due_on=date(2029, 5, 31)),)
ASKED_ON, TO_THE_SECRETARY, TO_THE_CHAIR = date(2027, 4, 5), date(2027, 4, 28), date(2027, 5, 12)


@pytest.fixture
def mailing(desk, sink):
    """The desk, with a server that takes its mails."""
    return desk.through(sink.url)


def silent(desk, *days, **changes):
    """An action whose pilot was asked for news and gives none, on each of these days."""
    number = desk.to_work(provision(milestones=FAR, **changes))
    desk.watch.go_to(ASKED_ON)
    desk.settle()
    desk.post()
    for day in days:
        desk.watch.go_to(day)
        desk.settle()
    return number


def deliver(desk):
    desk.watch.advance(minutes=11)
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def became(desk, because, message=ESCALATED):
    """What became of the messages to people in this capacity, by person."""
    codes = {row.id: row.code for row in desk.rows(Person)}
    return {codes[row.person_id]: (row.state, row.reason) for row in desk.rows(Delivery, message=message, because=because)}


def now_is(desk, seat, **changed):
    with desk.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.code == seat).values(**changed))


def holder(desk, seat):
    return desk.rows(Person, id=desk.rows(Seat, code=seat)[0].person_id)[0].code


def stands_in(desk, number, seat="COTECH-08", until=date(2027, 4, 30)):
    """Let the lead be away, and this deputy's seat answer for them."""
    lead = next(person for person in desk.rows(Person) if person.code == desk.action(number).sheet["lead_person"])
    away = {"convention": CONVENTION, "person_id": lead.id, "starts_on": date(2027, 4, 19), "ends_on": until}
    with desk.app.db.write() as connection:
        connection.execute(table(Absence).insert().values(**away, deputy_id=desk.rows(Seat, code=seat)[0].id))


def test_the_deputy_of_the_lead_is_told_while_the_lead_is_away(mailing):
    number = silent(mailing)
    stands_in(mailing, number)
    mailing.watch.go_to(date(2027, 4, 21))
    mailing.settle()
    deliver(mailing)
    assert became(mailing, "lead_deputy") == {holder(mailing, "COTECH-08"): SENT}


def test_the_deputy_of_a_former_lead_is_not_told(mailing):
    number = silent(mailing)
    stands_in(mailing, number)
    mailing.watch.go_to(date(2027, 4, 21))
    mailing.settle()
    mailing.ask(AmendForm(seat=CLERK, action=number, lead_person="pilote-velo"))
    deliver(mailing)
    assert became(mailing, "lead_deputy") == {holder(mailing, "COTECH-08"): ("cancelled", Reason.NOT_LEAD)}


def test_a_chair_who_is_an_observer_since_is_not_told_as_chair(mailing):
    silent(mailing, TO_THE_SECRETARY, TO_THE_CHAIR)
    now_is(mailing, "COTECH-01", role="observer")
    deliver(mailing)
    assert became(mailing, "chair") == {holder(mailing, "COTECH-01"): ("cancelled", Reason.NO_SEAT)}


def test_who_chairs_another_body_since_is_not_told_as_chair_of_this_one(mailing):
    silent(mailing, TO_THE_SECRETARY, TO_THE_CHAIR)
    now_is(mailing, "COTECH-01", body="gt-recherche")
    deliver(mailing)
    assert became(mailing, "chair") == {holder(mailing, "COTECH-01"): ("cancelled", Reason.NO_SEAT)}


def test_who_is_secretary_of_another_body_since_is_not_told_as_the_one_of_the_technical_committee(mailing):
    number = silent(mailing)
    mailing.report(number, seat=PILOT)
    mailing.settle()
    now_is(mailing, CLERK, body="gt-recherche")
    deliver(mailing)
    assert became(mailing, "technical_secretary", "progress-reported") == {holder(mailing, CLERK): ("cancelled", Reason.NO_SEAT)}


def test_where_a_group_has_no_secretary_that_of_the_technical_committee_is_told_in_their_place(mailing):
    now_is(mailing, "GT-ENERGIE-02", role="observer")
    silent(mailing, TO_THE_SECRETARY, lead_body="gt-energie")
    deliver(mailing)
    assert became(mailing, "group_secretary") == {holder(mailing, CLERK): SENT}


def test_once_the_group_has_a_secretary_nobody_is_told_in_their_place(mailing):
    now_is(mailing, "GT-ENERGIE-02", role="observer")
    silent(mailing, TO_THE_SECRETARY, lead_body="gt-energie")
    now_is(mailing, "GT-ENERGIE-02", role="secretary")
    deliver(mailing)
    assert became(mailing, "group_secretary") == {holder(mailing, CLERK): ("cancelled", Reason.NO_SEAT)}


def test_secretary_and_chair_who_stayed_what_they_were_are_told(mailing):
    silent(mailing, TO_THE_SECRETARY, TO_THE_CHAIR, lead_body="gt-energie")
    deliver(mailing)
    assert became(mailing, "group_secretary") == {holder(mailing, "GT-ENERGIE-02"): SENT}
    assert became(mailing, "chair") == {holder(mailing, "GT-ENERGIE-01"): SENT}


def test_who_is_told_in_a_capacity_that_hangs_on_no_seat_in_particular_is_told_while_they_hold_any(mailing):
    mailing.propose(seat="COTECH-03")
    now_is(mailing, "COTECH-03", role="observer")
    mailing.settle()
    deliver(mailing)
    assert set(became(mailing, "proposer", "proposal-acknowledged").values()) == {SENT}
