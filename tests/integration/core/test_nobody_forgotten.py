"""The nightly proof: every event has the deliveries that were counted when it was reacted to; what is missing is named, and nothing false is told."""

from datetime import timedelta

import pytest
from builders import CLERK

from models.tables import Delivery, Event, Fanout, Reaction, table
from services.doctor_telling import examine_telling
from services.forms import SuspendForm, WithdrawForm
from services.operations import by_night
from services.operators import say_to_operators
from services.parked import drop_parked
from services.proof import prove
from services.stages import run_deliveries
from services.wording import Wording

_EVENT, _DELIVERY, _FANOUT = table(Event), table(Delivery), table(Fanout)


def change(desk, statement):
    with desk.app.db.write() as connection:
        connection.execute(statement)


def under_way(desk):
    """An action whose events were all reacted to, then another an hour and more later, when no other release is at work any more."""
    first = desk.to_technical()
    desk.watch.advance(hours=2)
    number = desk.to_technical()
    return first, number


def opened(desk, number):
    return desk.events(number)[1]


def found(desk):
    return [(gap.action, gap.seq, gap.expected, gap.written) for gap in prove(desk.app).gaps]


def said(desk):
    """What the operators are told of the proof."""
    return [
        say_to_operators(row.message, row.details, Wording("en"), rehearsal=False)[1]
        for row in desk.rows(Delivery, message="operators-telling")
    ]


def checks(desk):
    return {check.name: check for check in examine_telling(desk.app)}


def test_where_nobody_is_forgotten_the_operators_are_not_disturbed(desk, sink):
    under_way(desk)
    run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None)
    by_night(desk.app)
    proof = prove(desk.app)
    assert (proof.whole, proof.events, proof.deliveries) == (True, 4, len(desk.rows(Delivery, message="opinion-requested")) + 2)
    assert (said(desk), checks(desk)["telling"].level) == ([], "right")


def test_a_delivery_that_was_deleted_is_named_and_told_once_a_day(desk):
    _, number = under_way(desk)
    lost = desk.rows(Delivery, event_id=opened(desk, number).id)[0]
    change(desk, _DELIVERY.delete().where(_DELIVERY.c.id == lost.id))
    for _ in range(2):
        by_night(desk.app)
    assert found(desk) == [(number, 2, 6, 5)]
    [told] = said(desk)
    assert f"have no count: 1 ({number} (2))." in told
    assert (checks(desk)["telling"].level, checks(desk)["telling"].params["missing"]) == ("mend", f"{number} (2)")


def test_a_count_that_was_deleted_is_named(desk):
    _, number = under_way(desk)
    change(desk, _FANOUT.delete().where(_FANOUT.c.event_id == opened(desk, number).id))
    assert found(desk) == [(number, 2, None, 6)]


def test_a_reaction_that_is_owed_no_more_but_was_never_taken_is_named(desk):
    _, number = under_way(desk)
    desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))
    change(desk, _EVENT.update().where(_EVENT.c.owed.is_not(None)).values(owed=None))
    assert found(desk) == [(number, 3, None, 0)]


def test_a_reaction_that_waits_for_more_than_a_day_is_told_of_and_one_that_was_given_up_is_not(light_desk):
    _, number = under_way(light_desk)
    light_desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))
    light_desk.watch.advance(hours=25)
    proof = prove(light_desk.app)
    assert (proof.gaps, proof.waiting) == ((), (f"{number} (3)",))
    [event] = light_desk.rows(Event, topic="action.withdrawn")
    failed = {"position": event.position, "stage": "proposal", "state": "parked", "tries": 5, "not_before": light_desk.watch.moment}
    change(light_desk, table(Reaction).insert().values(**failed))
    change(light_desk, _EVENT.update().where(_EVENT.c.id == event.id).values(owed=None))
    drop_parked(light_desk.app, str(event.id))
    assert (prove(light_desk.app).gaps, prove(light_desk.app).waiting) == ((), ())


@pytest.mark.parametrize("state", ["ready", "retrying", "sending", "scheduled", "held"])
def test_a_delivery_that_should_have_left_more_than_a_day_ago_is_told_of(light_desk, state):
    under_way(light_desk)
    light_desk.watch.advance(hours=25)
    moment = light_desk.watch.moment
    change(light_desk, _DELIVERY.update().values(state="sent"))
    one = light_desk.rows(Delivery)[0].id
    for hours, late in ((24, 0), (25, 1)):
        change(light_desk, _DELIVERY.update().where(_DELIVERY.c.id == one).values(state=state, not_before=moment - timedelta(hours=hours)))
        assert (prove(light_desk.app).overdue, checks(light_desk)["deliveries_overdue"].params["count"]) == (late, late)


def test_what_is_written_later_about_an_event_is_not_counted_with_it(light_desk):
    _, number = under_way(light_desk)
    row = light_desk.rows(Delivery, event_id=opened(light_desk, number).id)[0]._asdict()
    again = row | {"id": light_desk.app.ids(), "unique_key": f"{row['id']}:again:1"}
    change(light_desk, _DELIVERY.insert().values(**again))
    assert found(light_desk) == []


def test_events_of_a_release_that_kept_no_count_are_no_gaps_nor_what_it_still_did_during_the_change_over(light_desk):
    older = light_desk.to_technical()
    change(light_desk, _FANOUT.delete())
    assert found(light_desk) == []
    light_desk.watch.advance(minutes=1)
    light_desk.to_technical()
    meanwhile = light_desk.to_technical()
    change(light_desk, _FANOUT.delete().where(_FANOUT.c.event_id == opened(light_desk, meanwhile).id))
    assert found(light_desk) == []
    light_desk.watch.advance(hours=2)
    light_desk.ask(SuspendForm(seat=CLERK, action=light_desk.to_work(), reason="Travaux"))
    light_desk.settle()
    assert (found(light_desk), light_desk.rows(Fanout, event_id=opened(light_desk, older).id)) == ([], [])


def test_a_clock_that_was_set_ahead_makes_no_event_look_younger_than_the_first_count(light_desk):
    light_desk.to_technical()
    change(light_desk, _FANOUT.delete())
    change(light_desk, _EVENT.update().values(ahead=86_400, recorded_at=light_desk.watch.moment + timedelta(days=1)))
    light_desk.watch.advance(minutes=5)
    light_desk.to_technical()
    light_desk.watch.advance(days=2)
    assert found(light_desk) == []


def test_by_night_the_proof_is_made_even_if_no_checkpoint_can_be_taken(light_desk):
    _, number = under_way(light_desk)
    change(light_desk, _FANOUT.delete().where(_FANOUT.c.event_id == opened(light_desk, number).id))
    light_desk.app.settings.checkpoints.write_text("in the way", encoding="ascii")
    with pytest.raises(OSError, match="exists"):
        by_night(light_desk.app)
    assert len(said(light_desk)) == 1
