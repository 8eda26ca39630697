"""Every commit and every mail of a use case, counted by the test itself and broken off in every way: all come to the same end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import STEERING_CLERK, Desk, propose_form, provision
from faults.bench import Bench, Case
from faults.points import Break, Kind
from faults.telling_cases import TELLING, deliver

from models.events import Stage
from models.tables import Delivery, Fanout, table
from services.forms import DecisionForm
from services.stages import run_stage

FIRST = "A-2026-001"


def _nothing(_desk: Desk) -> None:
    """An empty home."""


def _propose(desk: Desk) -> object:
    return desk.ask(propose_form(), key="the-same-key")


def _before_a_decision(desk: Desk) -> None:
    number = desk.to_steering()
    desk.opine(number, "copil")
    desk.settle()


def _decide(desk: Desk) -> object:
    form = DecisionForm(seat=STEERING_CLERK, action=FIRST, body="copil", outcome="approve", reason="Motif")
    return desk.ask(form, key="the-same-key")


def _with_an_incomplete_proposal(desk: Desk) -> None:
    desk.propose(provision(description=None))


def _forget(desk: Desk, which: sa.ColumnElement[bool]) -> None:
    """As if these messages had never been called for."""
    with desk.app.db.write() as connection:
        connection.execute(table(Delivery).delete().where(which))
        connection.execute(table(Fanout).delete())


def _with_a_deadline_that_has_fallen(desk: Desk) -> None:
    desk.to_work()
    _forget(desk, sa.true())
    desk.watch.go_to(desk.today + timedelta(days=182))


def _with_a_rung_to_climb(behind: int) -> Callable[[Desk], None]:
    """On the day of a rung of a milestone, with so many behind; what else fell due has been seen to."""

    def prepare(desk: Desk) -> None:
        desk.to_work()
        desk.watch.go_to(desk.dues(kind="progress")[0].due_on)
        desk.settle()
        for _ in range(behind):
            _to_the_next_rung(desk)
            desk.settle()
        _to_the_next_rung(desk)
        _forget(desk, sa.true())

    return prepare


def _to_the_next_rung(desk: Desk) -> None:
    desk.watch.go_to(min(row.due_at for row in desk.dues(kind="milestone")).date())


def _with_mails(desk: Desk) -> None:
    for _ in range(3):
        desk.propose()
    desk.settle()
    _forget(desk, table(Delivery).c.message != "proposal-acknowledged")


def _run(stage: Stage) -> Callable[[Desk], object]:
    return lambda desk: run_stage(desk.app, stage, holder="broken", gate=lambda: None)


CASES = (
    Case("a proposal, which takes a number", _nothing, _propose, at_least=1, ask_again=True),
    Case("a decision, which takes a number of its register", _before_a_decision, _decide, at_least=1, ask_again=True),
    Case("a run about an event", _with_an_incomplete_proposal, _run(Stage.PROPOSAL), at_least=12),
    Case("a run about a deadline", _with_a_deadline_that_has_fallen, _run(Stage.IMPLEMENTATION), at_least=12),
    Case("a run about a rung before the last day", _with_a_rung_to_climb(0), _run(Stage.IMPLEMENTATION), at_least=16),
    Case("a run about a rung after it, told above as well", _with_a_rung_to_climb(2), _run(Stage.IMPLEMENTATION), at_least=20),
    Case("a run of the deliveries", _with_mails, deliver, at_least=12),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_use_case_broken_off_at_any_point_in_any_way_comes_to_the_same_end(bench, case):
    break_off_everywhere(bench, case)


@pytest.mark.parametrize("case", TELLING, ids=str)
def test_news_that_wait_or_go_another_way_are_told_once_or_uncertain_wherever_it_breaks_off(light_bench, elsewhere, case):
    light_bench.heard = elsewhere
    break_off_everywhere(light_bench, case)


def break_off_everywhere(bench: Bench, case: Case) -> None:
    bench.set_up(case)
    whole = bench.run(case)
    assert (whole.wrong, len(whole.points) >= case.at_least) == ([], True)
    ends = {(str(kind), at): bench.run(case, Break(kind, at)) for kind in Kind for at in range(len(whole.points))}
    assert [name for name, end in ends.items() if not end.broke] == []
    assert {name: end.just_after + end.wrong for name, end in ends.items() if end.just_after or end.wrong} == {}
    assert {name: end.differs_from(whole) for name, end in ends.items() if end.differs_from(whole)} == {}


def test_an_acceptance_that_was_not_recorded_is_uncertain_and_never_sent_again_by_itself(light_bench):
    case = CASES[-1]
    light_bench.set_up(case)
    points = light_bench.run(case).points
    assert points == ("commit", "commit", "commit", *("commit", "mail") * 3, "commit", "commit", "commit", "commit", "commit")
    told = {}
    for kind in Kind:
        for at in range(len(points)):
            end = light_bench.run(case, Break(kind, at))
            told[kind, at] = (end.mails, end.deliveries.get("uncertain", 0), light_bench.sent_days_later())
    assert told == {(kind, at): (*_received_and_uncertain(kind, points, at), 0) for kind, at in told}


def _received_and_uncertain(kind: Kind, points: tuple[str, ...], at: int) -> tuple[int, int]:
    """Of three mails, when a run breaks off at one of its points: a commit that follows a mail records it, one that precedes it announces it."""
    if points[at] == "mail":
        return {Kind.DIES_BEFORE: (2, 1), Kind.DIES_AFTER: (3, 1), Kind.FAILS: (3, 0), Kind.LIES: (3, 1)}[kind]
    if kind in (Kind.DIES_BEFORE, Kind.FAILS):
        return (3, 1) if points[at - 1] == "mail" else (3, 0)
    return (2, 1) if points[at + 1 : at + 2] == ("mail",) else (3, 0)
