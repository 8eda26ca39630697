"""Reviews whose requests leave late, or never: nobody's silence counts who was not asked."""

from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, provision

from models.events import Topic
from models.lifecycle import State
from models.tables import Deadline, Delivery, table
from services.audit import verify
from services.calendars import calendar_of
from services.deadline_kinds import Kind
from services.forms import CloseReviewForm
from services.queries import show_action

MAIL_IS_BACK = date(2026, 11, 5)
GROUPS = [("gt-inclusion", 1), ("gt-science-societe", 1)]


def last_days(desk, number):
    return {place: review.due_on for place, review in desk.reviews(number).items()}


def pass_last_day(desk, number, place=("cotech", 1)):
    """Go to the morning after the last day of a review, and let everything that is due happen."""
    desk.watch.go_to(desk.reviews(number)[place].due_on + timedelta(days=1))
    desk.settle()


def closed(desk, number):
    return sorted(place for place, review in desk.reviews(number).items() if review.closed_on)


def become(desk, **values):
    """Let this become of every request for an opinion."""
    with desk.app.db.write() as connection:
        requests = table(Delivery).update().where(table(Delivery).c.message == "opinion-requested")
        connection.execute(requests.values(**values))


@pytest.fixture
def late(desk):
    """An action under review by the committee and two groups, after their last days: no mail has left."""
    number = desk.to_technical(provision(1))
    pass_last_day(desk, number)
    return number


def test_a_review_of_which_nobody_has_heard_waits_and_is_looked_at_each_morning(desk, late):
    assert (closed(desk, late), desk.state(late)) == ([], State.TECHNICAL_REVIEW)
    desk.watch.advance(days=9)
    desk.settle()
    dues = [due for due in desk.rows(Deadline, kind="review_end") if due.settled_at is None]
    again = calendar_of(desk.charter()).count_on(desk.today, 1)
    assert (closed(desk, late), {due.due_at.date() for due in dues}, len(dues)) == ([], {again}, 3)


def test_once_requests_have_left_members_get_the_whole_delay_from_that_day(desk, late):
    before = last_days(desk, late)
    desk.watch.go_to(MAIL_IS_BACK)
    desk.post()
    desk.watch.advance(days=1)
    desk.settle()
    opened = {review.opened_on for review in desk.reviews(late).values()}
    after = last_days(desk, late)
    assert (opened, closed(desk, late)) == ({date(2026, 10, 5)}, [])
    assert after["cotech", 1] == date(2026, 11, 27)
    assert all(after[place] > before[place] for place in before)
    told = [event for event in desk.events(late) if event.topic == Topic.REVIEW_EXTENDED]
    assert {(event.actor, event.body, event.payload["due_on"]) for event in told} == {
        ("system", body, due_on.isoformat()) for (body, _), due_on in after.items()
    }
    shown = show_action(desk.app, late, convention=CONVENTION, explained=True)["deadlines"]
    assert {due["how"]["origin"] for due in shown if due["kind"] == Kind.REVIEW_END} == {"review.extended"}
    pass_last_day(desk, late)
    pass_last_day(desk, late)
    assert closed(desk, late) == [("cotech", 1), *GROUPS]
    assert verify(desk.app).findings == ()


def test_requests_that_leave_on_the_last_day_give_the_delay_too(desk):
    number = desk.to_technical()
    desk.watch.go_to(desk.reviews(number)["cotech", 1].due_on)
    desk.post()
    pass_last_day(desk, number)
    assert (closed(desk, number), desk.reviews(number)["cotech", 1].due_on) == ([], date(2026, 11, 17))


def test_an_opinion_that_comes_after_the_last_day_closes_no_review_of_which_others_have_not_heard(desk):
    number = desk.to_technical()
    pass_last_day(desk, number)
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.settle()
    assert closed(desk, number) == []
    desk.opine(number, "cotech", seats=("COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    desk.settle()
    assert closed(desk, number) == [("cotech", 1)]


def test_the_committee_does_not_close_with_its_groups_while_it_has_not_been_asked(desk, late):
    desk.opine(late, "gt-inclusion")
    desk.opine(late, "gt-science-societe")
    desk.settle()
    assert closed(desk, late) == GROUPS


def test_a_secretary_may_close_it_all_the_same(desk):
    number = desk.to_technical()
    pass_last_day(desk, number)
    desk.ask(CloseReviewForm(seat=CLERK, action=number, body="cotech"))
    assert closed(desk, number) == [("cotech", 1)]


@pytest.mark.parametrize(
    "values", [{"state": "failed"}, {"state": "suppressed", "reason": "no-address"}, {"state": "cancelled"}], ids=lambda it: it["state"]
)
def test_what_will_never_leave_holds_no_review_up(desk, values):
    number = desk.to_technical()
    become(desk, **values)
    pass_last_day(desk, number)
    assert closed(desk, number) == [("cotech", 1)]


def test_one_request_that_left_in_time_is_enough(desk):
    number = desk.to_technical()
    one = desk.rows(Delivery, message="opinion-requested")[0]
    with desk.app.db.write() as connection:
        mine = table(Delivery).update().where(table(Delivery).c.id == one.id)
        connection.execute(mine.values(state="sent", settled_at=desk.app.clock.wall()))
    pass_last_day(desk, number)
    assert closed(desk, number) == [("cotech", 1)]


def test_a_server_that_was_off_for_months_after_the_requests_left_closes_at_once(desk):
    number = desk.to_technical()
    desk.watch.go_to(MAIL_IS_BACK)
    desk.post()
    desk.watch.advance(days=90)
    desk.settle()
    assert closed(desk, number) == [("cotech", 1)]
