"""What waited, what was folded, what came back and what goes out again: each piece of news is told once, and nothing waits for ever."""

from datetime import timedelta

import pytest
from builders import CLERK, Desk, provision
from faults.telling_cases import deliver, with_a_digest_due, with_own_rooms
from returned_mail import report

from models.tables import Bounce, Delivery, Seat, table
from services.inbound import read_one
from services.preferences import choose
from services.proof import prove
from services.resending import Chosen, resend, resend_all
from services.trace import trace

_DELIVERY = table(Delivery)


def change(desk: Desk, statement):
    with desk.app.db.write() as connection:
        connection.execute(statement)


def digest_of(desk):
    (digest,) = desk.rows(Delivery, message="digest")
    return digest


def folded(desk):
    """What the digest tells: state and reason of each."""
    return sorted((row.state, row.reason) for row in desk.rows(Delivery, folded_into=digest_of(desk).id))


@pytest.fixture
def due(light_desk, sink):
    """A home where two pieces of news wait for the technical secretary, whose hour has come."""
    with_a_digest_due(light_desk.through(sink.url))
    return light_desk


@pytest.fixture
def told(due):
    """The same, told."""
    deliver(due)
    assert folded(due) == [("sent", None)] * 2
    return due


def test_a_digest_that_came_back_and_has_no_other_way_takes_what_it_told_with_it(told):
    read_one(told.app, report(digest_of(told).id))
    assert [row.reason for row in told.rows(Delivery, message="digest")] == ["bounced"]
    assert folded(told) == [("dead", "bounced")] * 2


def test_of_a_digest_in_doubt_and_what_it_told_only_the_digest_goes_out_again(told, sink):
    in_doubt = (_DELIVERY.c.message == "digest") | _DELIVERY.c.folded_into.is_not(None)
    change(told, _DELIVERY.update().where(in_doubt).values(state="uncertain", reason="sender_died"))
    before = len(sink.mails())
    chosen = Chosen(("uncertain",))
    assert [resend_all(told.app, chosen, dry_run=True), resend_all(told.app, chosen)] == [1, 1]
    assert folded(told) == [("held", None)] * 2
    deliver(told)
    assert (folded(told), len(sink.mails()) - before) == ([("sent", None)] * 2, 1)


def test_a_digest_to_a_dead_address_brings_along_what_it_tells_once_the_address_lives(due):
    person = due.rows(Seat, code=CLERK)[0]
    standing = {"hard": 1, "soft": 0, "last_on": due.today, "suppressed_at": due.watch.moment, "convention": person.convention}
    change(due, table(Bounce).insert().values(person_id=person.person_id, address="secretariat.technique@ville.example", **standing))
    deliver(due)
    assert folded(due) == [("suppressed", "address_suppressed")] * 2
    change(due, table(Bounce).delete())
    resend(due.app, digest_of(due).id)
    deliver(due)
    assert folded(due) == [("sent", None)] * 2


def test_what_a_digest_told_and_somebody_sends_again_alone_leaves_the_digest(told):
    one, other = told.rows(Delivery, folded_into=digest_of(told).id)
    change(told, _DELIVERY.update().where(_DELIVERY.c.id.in_([one.id, digest_of(told).id])).values(state="uncertain"))
    resend(told.app, one.id)
    deliver(told)
    assert [row.id for row in told.rows(Delivery, folded_into=digest_of(told).id)] == [other.id]
    assert told.rows(Delivery, id=one.id)[0].state == "sent"


def test_what_waited_for_days_is_on_its_way_from_its_hour_on(light_desk):
    """So long its link lasts, and so long it is tried."""
    weekly = {"rhythm": "weekly", "hour": "8", "weekday": "0"}
    choose(light_desk.app, light_desk.rows(Seat, code=CLERK)[0].person_id, weekly, 0)
    light_desk.to_work()
    (waits,) = light_desk.rows(Delivery, state="held", message="action-started") or light_desk.rows(Delivery, state="held")[:1]
    change(light_desk, _DELIVERY.delete().where(_DELIVERY.c.id != waits.id))
    light_desk.watch.go_to(light_desk.today + timedelta(days=8))
    deliver(light_desk)
    (row,) = light_desk.rows(Delivery)
    assert (row.state, row.created_at) == ("retrying", light_desk.watch.moment)


def test_what_is_told_in_a_digest_is_late_with_it_or_at_once_if_it_is_over(due):
    due.through("smtp://127.0.0.1:1")
    deliver(due)
    due.watch.advance(hours=47)
    assert (digest_of(due).state, {state for state, _ in folded(due)}, prove(due.app).overdue) == ("retrying", {"held"}, 1)
    change(due, _DELIVERY.update().where(_DELIVERY.c.message == "digest").values(state="cancelled"))
    assert prove(due.app).overdue == 2


def test_a_message_that_went_another_way_is_no_news_of_its_own(light_desk):
    with_own_rooms(light_desk)  # whose address is set nowhere
    number = light_desk.propose(provision(description=None))
    light_desk.settle()
    change(light_desk, _DELIVERY.update().where(_DELIVERY.c.state == "ready").values(channel="env:NOT_SET_ANYWHERE"))
    deliver(light_desk)
    lost = light_desk.rows(Delivery, reason="fell_back")
    assert (len(lost) > 0, prove(light_desk.app).gaps) == (True, ())
    shown = [row for event in trace(light_desk.app, number) for row in event["deliveries"]]
    assert {row["follows"] for row in shown} == {None, *(row.id for row in lost)}
