"""Every commit and every mail of a use case, counted by the test itself and broken off in every way: all come to the same end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from builders import STEERING_CLERK, Desk, propose_form, provision
from faults.bench import Bench, Case, End
from faults.points import Break, Kind

from models.events import Stage
from models.tables import Delivery, table
from services.forms import DecisionForm
from services.stages import run_deliveries, run_stage

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


def _with_a_deadline_that_has_fallen(desk: Desk) -> None:
    desk.to_work()
    with desk.app.db.write() as connection:
        connection.execute(table(Delivery).delete())
    desk.watch.go_to(desk.today + timedelta(days=182))


def _with_mails(desk: Desk) -> None:
    for _ in range(3):
        desk.propose()
    desk.settle()
    with desk.app.db.write() as connection:
        connection.execute(table(Delivery).delete().where(table(Delivery).c.message != "proposal-acknowledged"))


def _run(stage: Stage) -> Callable[[Desk], object]:
    return lambda desk: run_stage(desk.app, stage, holder="broken", gate=lambda: None)


def _deliver(desk: Desk) -> object:
    return run_deliveries(desk.app, holder="broken", gate=lambda: None)


CASES = (
    Case("a proposal, which takes a number", _nothing, _propose, at_least=1, ask_again=True),
    Case("a decision, which takes a number of its register", _before_a_decision, _decide, at_least=1, ask_again=True),
    Case("a run about an event", _with_an_incomplete_proposal, _run(Stage.PROPOSAL), at_least=12),
    Case("a run about a deadline", _with_a_deadline_that_has_fallen, _run(Stage.IMPLEMENTATION), at_least=12),
    Case("a run of the deliveries", _with_mails, _deliver, at_least=12),
)


def broken_off_everywhere(bench: Bench, case: Case, kind: Kind) -> tuple[End, list[End]]:
    """The undisturbed end, and the ends of a run for each point that was counted in it."""
    bench.set_up(case)
    whole = bench.run(case)
    assert whole.wrong == []
    assert len(whole.points) >= case.at_least
    return whole, [bench.run(case, Break(kind, at)) for at in range(len(whole.points))]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_use_case_broken_off_at_any_point_comes_to_the_same_end(bench, case, kind):
    whole, ends = broken_off_everywhere(bench, case, kind)
    print(case, kind, len(whole.points))
    assert [(end.points[at], end.just_after, end.wrong) for at, end in enumerate(ends) if end.just_after or end.wrong] == []
    assert [(at, end.points[at]) for at, end in enumerate(ends) if not end.broke or end.picture != whole.picture] == []
