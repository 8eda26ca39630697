"""Those above the owner of what is late, while they are away: whoever stands in for them is told too, else the next level."""

from datetime import date

import pytest
from builders import CONVENTION

from models.tables import Absence, Delivery, Event, Person, Seat, table
from services.stages import run_deliveries

ASKED_ON = date(2027, 4, 5)
TO_SECRETARY, TO_CHAIR = date(2027, 4, 28), date(2027, 5, 12)
"""The days on which silence about progress is told to the secretary of the group, and to its chair."""
CHAIR, CLERK, DEPUTY = "presidence-cotech", "secretariat-cotech", "suppleance-cotech"


def silent(desk):
    """An action of whose pilot news were asked, by a message that has left."""
    number = desk.to_work()
    desk.watch.go_to(ASKED_ON)
    desk.settle()
    desk.post()
    return number


def away(desk, code, deputy=None, until=date(2027, 5, 31)):
    """Somebody is away from before the first rung on, and perhaps a deputy's seat is named."""
    seats = {seat.code: seat.id for seat in desk.rows(Seat)}
    [person] = desk.rows(Person, code=code)
    gone = {"convention": CONVENTION, "person_id": person.id, "starts_on": ASKED_ON, "ends_on": until}
    with desk.app.db.write() as connection:
        connection.execute(table(Absence).insert().values(**gone, deputy_id=seats[deputy] if deputy else None))
    return person


def climb_to(desk, *days):
    for day in days:
        desk.watch.go_to(day)
        desk.settle()
        desk.post()


def told(desk, day):
    """Who was told on a day of what is late, in which capacity."""
    codes = {person.id: person.code for person in desk.rows(Person)}
    return sorted((codes[row.person_id], row.because) for row in escalated(desk, day))


def escalated(desk, day):
    """The messages to those above and beside the pilot who does not answer, of a day."""
    climbed = {event.id for event in desk.rows(Event, topic="progress.delayed", occurred_on=day)}
    return [row for row in desk.rows(Delivery, message="deadline-escalated") if row.event_id in climbed]


def text_to(mailbox, desk, code):
    [person] = desk.rows(Person, code=code)
    [mail] = [
        mail for mail in mailbox.mails() if mail["To"].addresses[0].addr_spec == person.email and "Sans suite" in str(mail["Subject"])
    ]
    return " ".join(mail.get_body(("plain",)).get_content().split())


def test_who_stands_in_for_an_absent_chair_is_told_what_is_late_and_for_whom(desk, sink):
    silent(desk)
    chair = away(desk, CHAIR, "COTECH-08")
    climb_to(desk, TO_SECRETARY)
    desk = desk.through(sink.url)
    desk.watch.go_to(TO_CHAIR)
    desk.settle()
    assert told(desk, TO_CHAIR) == [(CHAIR, "chair"), (DEPUTY, "body_stand_in")]
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    text = text_to(sink, desk, DEPUTY)
    assert f"Vous suppléez {chair.name} pendant son absence." in text
    assert "vous suppléez une personne absente" in text


def test_a_stand_in_is_told_of_nothing_once_whoever_was_away_is_back(desk, sink):
    silent(desk)
    away(desk, CHAIR, "COTECH-08", until=TO_CHAIR)
    climb_to(desk, TO_SECRETARY)
    desk.watch.go_to(TO_CHAIR)
    desk.settle()
    desk = desk.through(sink.url)
    desk.watch.advance(days=1)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    codes = {person.id: person.code for person in desk.rows(Person)}
    assert {codes[row.person_id]: row.state for row in escalated(desk, TO_CHAIR)} == {CHAIR: "sent", DEPUTY: "cancelled"}


def test_without_a_stand_in_the_next_level_is_told_too(desk):
    silent(desk)
    away(desk, CLERK)
    climb_to(desk, TO_SECRETARY)
    assert told(desk, TO_SECRETARY) == [(CHAIR, "chair"), (CLERK, "group_secretary")]


def test_what_reaches_nobody_on_two_levels_climbs_both(desk):
    silent(desk)
    away(desk, CHAIR)
    away(desk, CLERK)
    climb_to(desk, TO_SECRETARY, TO_CHAIR)
    assert told(desk, TO_CHAIR) == [(CHAIR, "chair"), ("secretariat-copil", "steering_secretary"), (CLERK, "technical_secretary")]


def test_with_a_stand_in_no_further_level_is_told(desk):
    silent(desk)
    away(desk, CHAIR, "COTECH-08")
    climb_to(desk, TO_SECRETARY, TO_CHAIR)
    assert told(desk, TO_CHAIR) == [(CHAIR, "chair"), (DEPUTY, "body_stand_in")]


@pytest.mark.parametrize(("code", "day", "on_it"), [(CHAIR, TO_SECRETARY, (CLERK, "group_secretary")), (CLERK, TO_CHAIR, (CHAIR, "chair"))])
def test_whoever_is_away_and_not_named_by_a_rung_changes_nothing(desk, code, day, on_it):
    silent(desk)
    away(desk, code)
    climb_to(desk, TO_SECRETARY, day)
    assert told(desk, day) == [on_it]


@pytest.mark.parametrize(
    ("language", "named"), [("fr", "Vous suppléez {} pendant son absence."), ("en", "You stand in for {}, who is away.")]
)
def test_the_one_mail_about_several_deadlines_names_the_pilot_for_whom_somebody_stands_in(desk, sink, language, named):
    numbers = [desk.to_work(), silent(desk)]
    lead = away(desk, desk.action(numbers[0]).sheet["lead_person"], "COTECH-08", until=date(2027, 12, 31))
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == DEPUTY).values(language=language))
    desk = desk.through(sink.url)
    desk.watch.go_to(date(2027, 4, 21))
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [deputy] = desk.rows(Person, code=DEPUTY)
    [mail] = [row for row in desk.rows(Delivery, message="due-together") if row.person_id == deputy.id]
    [sent] = [one for one in sink.mails() if str(mail.id) in str(one["Message-ID"])]
    text = " ".join(sent.get_body(("plain",)).get_content().split())
    assert text.count(named.format(lead.name)) == len(desk.rows(Delivery, folded_into=mail.id)) >= 2
