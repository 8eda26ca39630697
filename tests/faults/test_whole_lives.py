"""A whole life in which every single command and reaction first dies, fails or loses its answer: nothing of it shows in the end."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from builders import STAGES, Desk
from faults.bench import Bench, Case
from faults.points import Break, Crash, Kind, breaking
from faults.truth import chronicle_faults, picture
from sqlalchemy.exc import DBAPIError

from models.commands import Via
from models.events import Stage
from models.lifecycle import State
from services.dispatch import Outcome, execute
from services.forms import Form
from services.stages import _chunk
from services.wakes import work

_UNDONE = (Kind.DIES_BEFORE, Kind.FAILS)


class UnluckyDesk(Desk):
    """Whoever sits here has bad luck each time, and asks again with the same key."""

    def ask(self, form: Form, *, key: str | None = None, via: Via = Via.CLI) -> Outcome:
        key = key or self.key()
        return self._insist(lambda: Desk.ask(self, form, key=key, via=via))

    def execute(self, *asked: Any, **more: Any) -> Outcome:
        command = self.command(*asked, **more)
        return self._insist(lambda: execute(self.app, command))

    def settle(self) -> list[tuple[str, str, str]]:
        steps = []
        while due := set(work(self.app.db, self.app.clock.now(), self.app.clock.wall())) & set(STAGES):
            steps += [(stage, "", "") for stage in sorted(due, key=STAGES.index)]
            for stage in due:
                self._die_and_react(stage)
        return steps

    def _insist(self, ask: Callable[[], Outcome]) -> Outcome:
        before = picture(self.app)
        for kind in _UNDONE:
            self._break_off(ask, kind)
            assert picture(self.app) == before
        self._break_off(ask, next(self.without_answer))
        after = picture(self.app)
        outcome = ask()
        assert (outcome.repeated, after != before, picture(self.app) == after) == (True, True, True)
        return outcome

    def _die_and_react(self, stage: Stage) -> None:
        before = picture(self.app)
        self._break_off(lambda: _chunk(self.app, stage), Kind.DIES_BEFORE)
        assert picture(self.app) == before
        self._break_off(lambda: _chunk(self.app, stage), Kind.DIES_AFTER)
        assert picture(self.app) != before

    def _break_off(self, act: Callable[[], Any], kind: Kind) -> None:
        with breaking(interruption := Break(kind, 0)), pytest.raises((Crash, DBAPIError)):
            act()
        self.app.close()
        assert (interruption.broke, chronicle_faults(self.app)) == (True, [])
        self.broken_off += 1

    broken_off = 0
    without_answer = cycle((Kind.DIES_AFTER, Kind.LIES))


@pytest.mark.parametrize(("end", "moves"), [(State.CLOSED, 30), (State.ADJOURNED, 15)])
def test_a_life_in_which_everything_breaks_off_once_is_the_same_life(bench: Bench, end, moves):
    bench.set_up(Case("a life", lambda _: None, lambda desk: desk.reach(end), at_least=moves))
    bench.bring_back()
    number = Desk(bench.desk.app, bench.desk.watch).reach(end)
    lucky = picture(bench.desk.app)
    bench.bring_back()
    unlucky = UnluckyDesk(bench.desk.app, bench.desk.watch)
    assert (unlucky.reach(end), unlucky.state(number)) == (number, end)
    assert picture(unlucky.app) == lucky
    assert unlucky.broken_off > moves
