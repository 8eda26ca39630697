"""One action takes the place of another: what is open of the former ends, both say so, and the log can prove it."""

import pytest
from builders import CLERK, PILOT, provision

from models.lifecycle import State
from models.tables import Action, Deadline, Delivery, Review, table
from services.audit import verify
from services.forms import DraftForm, SupersedeForm
from services.queries import show_action


def giving_way(number, successor, **more):
    return SupersedeForm(**{"seat": CLERK, "action": number, "successor": successor, "reason": "Refondue avec une autre", **more})


def another(desk):
    return desk.propose(provision(title="Celle qui la remplace"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.DRAFT, State.WITHDRAWN),
        (State.SUBMITTED, State.WITHDRAWN),
        (State.RETURNED, State.WITHDRAWN),
        (State.TECHNICAL_REVIEW, State.WITHDRAWN),
        (State.STEERING_REVIEW, State.WITHDRAWN),
        (State.ADJOURNED, State.WITHDRAWN),
        (State.APPROVED, State.ABANDONED),
        (State.IN_PROGRESS, State.ABANDONED),
        (State.SUSPENDED, State.ABANDONED),
        (State.WITHDRAWN, State.WITHDRAWN),
        (State.REJECTED, State.REJECTED),
        (State.ABANDONED, State.ABANDONED),
        (State.CLOSED, State.CLOSED),
    ],
)
def test_it_ends_what_is_not_over_and_leaves_what_is(light_desk, before, after):
    number, successor = light_desk.reach(before), another(light_desk)
    light_desk.ask(giving_way(number, successor.lower()))
    light_desk.settle()
    assert (light_desk.state(number), light_desk.action(number).superseded_by) == (after, successor)
    assert [row for row in light_desk.rows(Review, action_id=light_desk.action(number).id) if row.closed_on is None] == []
    assert [row for row in light_desk.rows(Deadline, action_id=light_desk.action(number).id) if row.settled_at is None] == []
    assert verify(light_desk.app).findings == ()


def test_both_actions_say_so_and_everybody_concerned_is_told(desk):
    number, successor = desk.to_work(), another(desk)
    desk.ask(giving_way(number, successor))
    desk.settle()
    assert show_action(desk.app, number)["superseded_by"] == successor
    assert show_action(desk.app, successor)["supersedes"] == [number]
    told = desk.rows(Delivery, message="action-superseded")
    assert {row.because for row in told} >= {"lead"}
    assert desk.events(number)[-1].payload["successor"] == successor


@pytest.mark.parametrize("completed", [State.COMPLETED, State.FINAL_REPORT_DUE])
def test_an_action_that_owes_its_final_report_gives_it_first(light_desk, completed):
    number = light_desk.reach(completed)
    assert light_desk.refusal(giving_way(number, another(light_desk))) == ["state_forbids"]


def test_it_needs_a_reason_a_secretary_and_another_action_that_stands(desk):
    number, successor, fallen = desk.to_technical(), another(desk), desk.reach(State.WITHDRAWN)
    assert desk.refusal(giving_way(number, successor, reason=None)) == ["reason_missing"]
    assert desk.refusal(giving_way(number, successor, seat=PILOT)) == ["not_allowed"]
    assert desk.refusal(giving_way(number, "A-2026-099")) == ["successor_unknown"]
    assert desk.refusal(giving_way(number, number)) == ["successor_itself"]
    assert desk.refusal(giving_way(number, fallen)) == ["successor_fallen"]
    assert desk.refusal(giving_way(number, successor)) == []
    assert desk.refusal(giving_way(number, successor)) == ["superseded_already"]


def test_nobody_learns_that_somebody_elses_draft_exists_by_naming_it_as_successor(desk):
    number, draft = desk.to_work(), desk.propose(form=DraftForm, seat="COTECH-05")
    asked = [desk.refusal(giving_way(number, successor, seat="COTECH-06")) for successor in (draft, "A-2026-099")]
    assert asked == [["not_allowed", "successor_unknown"]] * 2
    assert desk.refusal(giving_way(number, draft)) == ["successor_fallen"]


def test_two_actions_do_not_give_way_to_each_other_not_even_by_a_third(desk):
    closed = [desk.reach(State.CLOSED) for _ in range(3)]
    desk.ask(giving_way(closed[0], closed[1]))
    desk.ask(giving_way(closed[1], closed[2]))
    assert desk.refusal(giving_way(closed[2], closed[0])) == ["successor_gives_way"]
    assert desk.refusal(giving_way(closed[2], closed[1])) == ["successor_gives_way"]
    desk.ask(giving_way(closed[0], closed[2], reason="La bonne"))
    assert desk.action(closed[0]).superseded_by == closed[2]
    assert verify(desk.app).findings == ()


def test_a_link_that_somebody_changed_past_passerelle_is_named(desk):
    number, successor = desk.to_technical(), another(desk)
    desk.ask(giving_way(number, successor))
    rows = table(Action)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.number == number).values(superseded_by=None))
    [finding] = verify(desk.app).findings
    assert (finding.code, finding.action, finding.params["column"]) == ("row_differs", number, "superseded_by")
