"""The tour: plays the chapters on the running system, and says which paths were lived."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from cli.play_cast import Cast
from cli.play_doors import Answer, Doors, Pending
from cli.play_paths import PATHS, Path, lived
from cli.play_screen import Screen
from cli.play_steps import PROVISIONS, Ask, Chapter, Lull, Pass, Role, Step, Turn, Wait
from cli.play_watch import Stuck, Watch
from cli.words import say, say_problem
from services.calendars import calendar_of
from services.clock import local_day
from services.homes import advance_clock
from services.work import morning_of

_MORNING_HOUR = 9
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Tour:
    """One performance."""

    cast: Cast
    doors: Doors
    watch: Watch
    screen: Screen
    refused: set[tuple[Role, str]] = field(default_factory=set)
    begun: float = field(default_factory=time.monotonic)

    def play(self, chapters: tuple[Chapter, ...]) -> None:
        """Play every chapter. Where something that should happen by itself does not, says so and ends there."""
        try:
            self._set_the_stage()
            for position, chapter in enumerate(chapters, 1):
                self._play_chapter(position, chapter)
        except Stuck as stuck:
            self.screen.aside(say_problem(stuck.problem))

    def report(self) -> dict[str, Any]:
        """Every path with its action, where that stands now, and whether it was lived; the figures of the whole play."""
        return {
            "paths": [self._told(path) for path in PATHS],
            "mails": self.watch.mails,
            "flow_runs": self.watch.flow_runs(),
            "seconds": round(time.monotonic() - self.begun, 1),
        }

    def _told(self, path: Path) -> dict[str, Any]:
        view = self.cast.view(path.role) if path.role in self.cast.numbers else None
        state = view["state"] if view else None
        proven = view is not None and state == path.state and lived(path, view["timeline"])
        proven = proven and (path.refused is None or (path.role, path.refused) in self.refused)
        return {"path": path.name, "action": self.cast.numbers.get(path.role), "state": state, "lived": proven}

    def _set_the_stage(self) -> None:
        """The provisions as the first start proposed them; those that have moved on since are proposed afresh."""
        self.watch.settle()
        self.cast.numbers |= self.cast.untouched()
        missing = [role for role in PROVISIONS if role not in self.cast.numbers]
        if missing:
            self.screen.aside(say("play.afresh", count=len(missing)))
        asked = [(role, self.doors.propose(role)) for role in missing]
        answers = [(role, pending()) for role, pending in asked]
        self.watch.settle()
        mails = self.watch.new_mails()
        for role, answer in answers:
            self.screen.proposed(role, answer, mails[self.cast.numbers.get(role, "-")])
        self.cast.numbers = {role: self.cast.numbers[role] for role in PROVISIONS if role in self.cast.numbers}
        self.screen.opening()

    def _play_chapter(self, position: int, chapter: Chapter) -> None:
        self.screen.chapter(position, chapter.name)
        for wait in chapter.waits:
            self.screen.passed(wait, self._let_pass(wait))
        if chapter.waits:
            self.watch.settle()
            self.screen.automatic(self.watch.new_mails().total())
        stories = [[(role, turn) for turn in turns] for role, turns in chapter.stories.items()]
        for beat in zip_longest(*stories):
            self._play_beat([turn for turn in beat if turn is not None])

    def _let_pass(self, wait: Wait) -> int:
        """Set the rehearsal's clock to a morning; returns the days that passed, 0 where what is waited for has come already."""
        now = self.cast.app.clock.now()
        moments = [moment for moment in (self._lull(wait) if isinstance(wait, Lull) else self._moments(wait)) if moment > now]
        if not moments:
            return 0
        target = _morning_after(min(moments), self.cast.charter.convention.timezone)
        before = self.cast.today
        advance_clock(self.cast.app.db, target - now)
        return (self.cast.today - before).days

    def _moments(self, wait: Pass) -> list[datetime]:
        """When what is waited for comes: each reminder of it, or the morning after each of its last days."""
        view = self.cast.view(wait.role)
        body = self.cast.body(wait.place, view) if wait.place else None
        dues = [due for due in view["deadlines"] if due["kind"] == wait.kind and due["body"] == body]
        if wait.reminded:
            return [due["due_at"] for due in dues if due["rung"] == 0 and due["due_at"]]
        return [self._too_late(due) for due in dues]

    def _lull(self, wait: Lull) -> list[datetime]:
        """The morning of the next working day on which none of these actions has a rung or a request to come."""
        timezone, calendar = self.cast.charter.convention.timezone, calendar_of(self.cast.charter)
        dues = [due["due_at"] for role in wait.roles for due in self.cast.view(role)["deadlines"] if due["due_at"]]
        busy, day = {local_day(moment, timezone) for moment in dues}, calendar.count_on(self.cast.today, 1)
        while day in busy:
            day = calendar.count_on(day, 1)
        return [morning_of(day, timezone)]

    def _too_late(self, due: dict[str, Any]) -> datetime:
        """The morning of the first working day after a last day."""
        charter = self.cast.charter
        return morning_of(calendar_of(charter).count_on(due["due_on"], 1), charter.convention.timezone)

    def _play_beat(self, turns: list[tuple[Role, Turn]]) -> None:
        """One turn of each story: all is asked for, then the flows do what follows, then each step is told."""
        answers = {role: list[Answer]() for role, _ in turns}
        for round_ in zip_longest(*([(role, step) for step in turn] for role, turn in turns)):
            asked = [(role, self._begin(role, step)) for role, step in filter(None, round_)]
            for role, pending in asked:
                answers[role].append(pending())
        self.watch.settle()
        mails = self.watch.new_mails()
        for role, turn in turns:
            self._tell(role, turn, answers[role], mails[self.cast.numbers.get(role, "-")])

    def _begin(self, role: Role, step: Step) -> Pending:
        return self.doors.ask(role, step) if isinstance(step, Ask) else self.doors.record(role, step)

    def _tell(self, role: Role, turn: Turn, answers: list[Answer], mails: int) -> None:
        """The steps of a turn, the last one with what came of them all."""
        for step, answer in zip(turn, answers, strict=True):
            self._note_refusal(role, step, answer)
            self.screen.did(role, step, answer, mails if step is turn[-1] else None)
        self._compare(role, turn[-1])

    def _note_refusal(self, role: Role, step: Step, answer: Answer) -> None:
        if answer.refusals and isinstance(step, Ask) and step.refused:
            self.refused.add((role, str(step.values.get("outcome", step.form.verb))))

    def _compare(self, role: Role, step: Step) -> None:
        """Say so where an action does not stand where it should: the story may go on, its path is lost."""
        state = self.cast.view(role)["state"] if role in self.cast.numbers else None
        if step.then is not None and state != step.then:
            self.screen.astray(self.cast.numbers.get(role, "-"), state, step.then)


def _morning_after(moment: datetime, timezone: str) -> datetime:
    """The first time of nine in the morning that is not before this moment."""
    local = moment.astimezone(ZoneInfo(timezone))
    morning = local.replace(hour=_MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning >= local else morning + _DAY
