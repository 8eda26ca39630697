"""While a member is away, the deputy's seat that was named is asked, answers for them, and nobody else does."""

from datetime import timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CONVENTION, TODAY

from models.commands import Actor, Via
from models.errors import Refused
from models.lifecycle import Verb
from models.tables import Deadline, Delivery, Opinion, Person, Seat, table
from services.absences import note_absence
from services.audit import verify
from services.deadline_kinds import Kind
from services.dispatch import execute
from services.explanations import explain
from services.forms import OpinionForm
from services.invitations import invitation
from services.links import ANSWER, secret_of, token_of
from services.stages import run_deliveries
from services.standing_in import Standing, standing_in

AWAY, DEPUTY, OTHER_DEPUTY = "COTECH-06", "COTECH-08", "COPIL-08"


def person_of(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


def away(desk, *, first=TODAY, last=TODAY + timedelta(days=14), deputy=DEPUTY, seat=AWAY):
    given = {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "deputy": deputy}
    note_absence(desk.app, CONVENTION, person_of(desk, seat).code, given)


def opinion(desk, number, *, seat=DEPUTY, voter=AWAY, behalf=AWAY, **more):
    actor = Actor(seat=seat, on_behalf_of=behalf, via=Via.LINK)
    return execute(
        desk.app, desk.command(Verb.RECORD_OPINION, number, body="cotech", voter=voter, opinion="favourable", actor=actor, **more)
    )


def refusal(desk, number, **how):
    with pytest.raises(Refused) as refused:
        opinion(desk, number, **how)
    return [problem.code for problem in refused.value.problems]


def told(desk, message, seat):
    return [row.because for row in desk.rows(Delivery, message=message, person_id=person_of(desk, seat).id)]


def link_of(desk, message, seat):
    (row,) = desk.rows(Delivery, message=message, person_id=person_of(desk, seat).id)
    return token_of(secret_of(desk.app.db), row.id)


def remind(desk):
    """Go on to the first reminder."""
    day = min(row.due_at.date() for row in desk.rows(Deadline, kind=Kind.REVIEW_END))
    desk.watch.go_to(day)
    desk.settle()


def test_a_deputy_answers_for_the_seat_of_an_absent_member_and_the_log_says_so(desk):
    away(desk)
    number = desk.to_technical()
    opinion(desk, number)
    event, given = desk.events(number)[-1], desk.rows(Opinion)[-1]
    assert (event.actor, event.on_behalf_of, given.seat, given.value) == (DEPUTY, AWAY, AWAY, "favourable")
    assert verify(desk.app).agrees


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY - timedelta(days=9), TODAY), (TODAY, TODAY + timedelta(days=1))], ids=["last day", "first day"]
)
def test_the_first_and_the_last_day_count(desk, first, last):
    away(desk, first=first, last=last)
    number = desk.to_technical()
    assert opinion(desk, number).number == number


def test_before_and_after_the_absence_the_deputy_may_not_answer(desk):
    away(desk, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=2))
    number = desk.to_technical()
    assert refusal(desk, number) == ["not_allowed"]
    desk.watch.advance(days=1)
    assert opinion(desk, number).number == number
    desk.watch.advance(days=2)
    assert refusal(desk, number) == ["not_allowed"]


def test_nobody_else_may_answer_for_an_absent_member(desk):
    away(desk)
    number = desk.to_technical()
    assert refusal(desk, number, seat=OTHER_DEPUTY) == ["not_allowed"]
    assert refusal(desk, number, seat="COTECH-05") == ["not_allowed"]
    assert refusal(desk, number, voter="COTECH-05", behalf="COTECH-05") == ["not_allowed"]
    assert refusal(desk, number, behalf=None) == ["not_allowed"]


def test_without_a_named_deputy_nobody_answers(desk):
    away(desk, deputy="")
    number = desk.to_technical()
    assert refusal(desk, number) == ["not_allowed"]


def test_an_opinion_of_a_day_before_the_absence_is_not_the_deputys(desk):
    number = desk.to_technical()
    desk.watch.advance(days=1)
    away(desk, first=desk.today)
    assert refusal(desk, number, occurred_on=TODAY, late_reason="Oubli") == ["not_allowed"]


def test_the_deputy_is_asked_besides_the_absent_member_and_told_why(desk):
    away(desk)
    desk.to_technical()
    assert (told(desk, "opinion-requested", AWAY), told(desk, "opinion-requested", DEPUTY)) == (["voter"], ["deputy"])
    assert told(desk, "opinion-requested", OTHER_DEPUTY) == []


def test_the_deputy_is_reminded_until_somebody_has_answered(desk):
    away(desk, last=TODAY + timedelta(days=60))
    desk.to_technical()
    remind(desk)
    assert (told(desk, "opinion-reminder", AWAY), told(desk, "opinion-reminder", DEPUTY)) == (["pending_voter"], ["pending_deputy"])


def test_a_deputy_is_not_reminded_of_what_the_member_has_answered(desk):
    away(desk, last=TODAY + timedelta(days=60))
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=(AWAY,))
    remind(desk)
    assert (told(desk, "opinion-reminder", AWAY), told(desk, "opinion-reminder", DEPUTY)) == ([], [])
    assert told(desk, "opinion-reminder", "COTECH-05") == ["pending_voter"]


def test_the_request_reaches_the_deputy_by_mail(desk, sink):
    away(desk)
    desk.to_technical()
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    (mail,) = [mail for mail in sink.mails() if person_of(desk, DEPUTY).email in str(mail["To"])]
    assert "au titre de son siège" in mail.get_body(("plain",)).get_content()


def test_a_request_that_waited_is_not_sent_to_the_deputy_once_the_member_has_answered(desk, sink):
    away(desk)
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=(AWAY,))
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    assert [mail for mail in sink.mails() if person_of(desk, DEPUTY).email in str(mail["To"])] == []


def test_the_deputys_link_serves_for_the_absent_members_seat(desk):
    away(desk)
    desk.to_technical()
    found = invitation(desk.app, link_of(desk, "opinion-requested", DEPUTY), ANSWER)
    assert (found.seats, dict(found.through), found.hindrance) == ((AWAY,), {AWAY: DEPUTY}, None)


def test_the_deputys_link_serves_no_longer_than_the_absence(desk):
    away(desk, last=TODAY)
    desk.to_technical()
    desk.watch.advance(days=1)
    assert invitation(desk.app, link_of(desk, "opinion-requested", DEPUTY), ANSWER).hindrance == "link_not_yours"


def test_deputy_and_member_both_get_the_confirmation_by_which_the_opinion_may_be_changed(desk):
    away(desk)
    number = desk.to_technical()
    opinion(desk, number)
    desk.settle()
    assert (told(desk, "opinion-received", AWAY), told(desk, "opinion-received", DEPUTY)) == (["voice"], ["voice"])
    found = invitation(desk.app, link_of(desk, "opinion-received", DEPUTY), ANSWER)
    assert [(given.seat, given.value) for given in found.given] == [(AWAY, "favourable")]


def test_what_a_deputy_may_do_is_said_in_advance(desk):
    number = desk.to_technical()

    def possible():
        answers = explain(desk.app, action=number, seat=DEPUTY, body="cotech", convention=CONVENTION)
        return next(answer.possible for answer in answers if answer.verb is Verb.RECORD_OPINION)

    assert possible() is False
    away(desk)
    assert possible() is True


def test_a_deputy_may_use_the_form_too(desk):
    away(desk)
    number = desk.to_technical()
    form = OpinionForm(seat=DEPUTY, action=number, body="cotech", voter=AWAY, opinion="favourable")
    assert desk.ask(form).number == number


def test_a_member_who_is_away_may_still_answer(desk):
    away(desk)
    number = desk.to_technical()
    assert opinion(desk, number, seat=AWAY, behalf=None).number == number


def test_several_absent_members_are_answered_for_in_one_question(desk):
    away(desk)
    away(desk, seat="COTECH-05")
    with desk.app.db.read() as connection:
        found = standing_in(connection, CONVENTION, TODAY)
    deputy = person_of(desk, DEPUTY).id
    assert found == [Standing("COTECH-05", DEPUTY, deputy), Standing(AWAY, DEPUTY, deputy)]


def test_a_deputy_whose_seat_has_ended_answers_for_nobody(desk):
    away(desk)
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == DEPUTY).values(ends_on=TODAY))
    desk.watch.advance(days=1)
    with desk.app.db.read() as connection:
        assert standing_in(connection, CONVENTION, desk.today) == []


def test_the_opinion_of_ones_own_seat_looks_at_no_absence(light_desk):
    away(light_desk)
    number = light_desk.to_technical()
    with statements_of(light_desk.app) as heard:
        opinion(light_desk, number, seat="COTECH-05", voter="COTECH-05", behalf=None)
        light_desk.opine(number, "cotech", seats=("COTECH-07",))
    assert [statement for statement in heard if "absence" in statement] == []


def test_however_many_are_away_the_same_number_of_statements_finds_their_deputies(light_desk):
    def counted():
        with statements_of(light_desk.app) as heard:
            light_desk.to_technical()
        return len(heard)

    counted(), away(light_desk)
    few = counted()
    for seat in ("COTECH-03", "COTECH-05", "COTECH-07"):
        away(light_desk, seat=seat)
    assert counted() == few
