"""Long runs with many mails, one transaction to an item, broken off at every commit and every mail in every way."""

from itertools import product

import pytest
from builders import STAGES, Desk, provision
from faults.bench import Bench, Case
from faults.points import Break, Kind
from faults.telling_cases import TELLING
from storms.weather import SHORT, Weather

from models.events import Stage
from services import stages
from services.stages import run_stage

pytestmark = pytest.mark.timeout(3600)
SHARE = 10 if SHORT else 1
"""Of all ends, one in so many is tried."""


def _before_the_groups_are_asked(desk: Desk) -> None:
    desk.propose(provision(1))
    desk.propose(provision(description=None))


def _after_the_last_opinion(desk: Desk) -> None:
    desk.opine(desk.to_technical(), "cotech")


def _at_work_on_an_action_that_is_completed(desk: Desk) -> None:
    desk.to_final_report()


def _run_all(desk: Desk) -> None:
    for stage in STAGES:
        run_stage(desk.app, stage, holder="broken", gate=lambda: None)


def _run(stage: Stage):
    return lambda desk: run_stage(desk.app, stage, holder="broken", gate=lambda: None)


CASES = (
    Case("a run that asks the groups", _before_the_groups_are_asked, _run(Stage.PROPOSAL), at_least=20),
    Case("a run that closes a review", _after_the_last_opinion, _run(Stage.COMMITTEE_REVIEW), at_least=40),
    Case("runs of every stage", _at_work_on_an_action_that_is_completed, _run_all, at_least=60),
    *TELLING,
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_long_run_broken_off_anywhere_comes_to_the_same_end(bench: Bench, elsewhere, case, monkeypatch):
    bench.heard = elsewhere
    monkeypatch.setattr(stages, "CHUNK_SECONDS", 0.0)
    weather = Weather(f"{case} on {'SQLite' if bench.desk.app.db.is_sqlite else 'PostgreSQL'}")
    bench.set_up(case)
    whole = bench.run(case)
    assert (whole.wrong, len(whole.points) >= case.at_least) == ([], True), len(whole.points)
    tried = [pair for pair in product(Kind, range(len(whole.points))) if weather.lots.randrange(SHARE) == 0]
    for kind, at in tried:
        end = bench.run(case, Break(kind, at))
        assert (end.broke, end.just_after, end.wrong, end.differs_from(whole)) == (True, [], [], {}), (kind, at, end.points)
    print(f"{len(tried)} ends of {len(Kind) * len(whole.points)}")  # noqa: T201  # what the storm was like
