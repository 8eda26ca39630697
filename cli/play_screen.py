"""What the play shows while it goes: one calm line a step, on standard error. Nothing here knows the story."""

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from cli.play_cast import Cast
from cli.play_doors import Answer
from cli.play_steps import Ask, Lull, Opinions, Pass, Role, Step, Wait
from cli.screen import console
from cli.words import label, say, say_day, say_problem
from models.errors import Problem
from models.lifecycle import Verb
from services.meetings.forms import MeetingForm

_NUMBER, _SEAT = 12, 28


@dataclass(frozen=True, slots=True)
class Screen:
    """Tells the play; ``pause`` seconds after each line, for those who want to watch Prefect meanwhile."""

    cast: Cast
    pause: float

    def opening(self) -> None:
        """Who is on stage."""
        self._say(say("play.opening", day=say_day(self.cast.today)), style="bold")
        for role, number in self.cast.numbers.items():
            self._say(f"  {number:<{_NUMBER}}{self.cast.view(role)['title']}")

    def chapter(self, position: int, name: str) -> None:
        """A new chapter."""
        self._say("")
        self._say(say("play.chapter_line", position=position, title=say(f"play.chapter.{name}")), style="bold")

    def passed(self, wait: Wait, days: int) -> None:
        """Time that went by, and what for."""
        what = say("play.wait.lull") if isinstance(wait, Lull) else _awaited(wait, self.cast.numbers[wait.role])
        day = say_day(self.cast.today)
        self._say("  " + (say("play.passed_one", day=day, what=what) if days <= 1 else say("play.passed", days=days, day=day, what=what)))

    def automatic(self, mails: int) -> None:
        """What the flows did by themselves when time had passed."""
        self._say("  " + say("play.automatic", mails=_mails(mails)), style="dim")

    def did(self, role: Role, step: Step, answer: Answer, mails: int | None) -> None:
        """One step: who, what, and unless more follows at once, where the action stands and how many mails came of it."""
        parts = [f"  {self.cast.numbers.get(role, '-'):<{_NUMBER}}{_seats(answer.seat):<{_SEAT}}{_act(step, answer)}", _door(step)]
        if answer.refusals:
            parts.append(say("play.refused"))
        elif mails is not None and role in self.cast.numbers:
            parts.append(say("play.result", state=label("state", self.cast.view(role)["state"])))
        self._say(" ".join(parts) if mails is None else f"{' '.join(parts)} · {_mails(mails)}")
        self.reasons(answer.refusals)

    def proposed(self, role: Role, answer: Answer, mails: int) -> None:
        """A provision proposed afresh, because its earlier action has moved on."""
        result = say("play.refused") if answer.refusals else say("play.act.propose")
        self._say(f"  {self.cast.numbers.get(role, '-'):<{_NUMBER}}{answer.seat:<{_SEAT}}{result} · {_mails(mails)}")
        self.reasons(answer.refusals)

    def reasons(self, problems: Iterable[Problem]) -> None:
        """Why not, one reason a line."""
        for problem in problems:
            self._say(f"  {'':<{_NUMBER}}{say('play.because', reason=say_problem(problem))}", style="dim")

    def aside(self, text: str) -> None:
        """A word beside the story."""
        self._say(text)

    def astray(self, number: str, state: str | None, wanted: str) -> None:
        """An action that does not stand where the story has it."""
        self._say(
            f"  {'':<{_NUMBER}}{say('play.astray', number=number, state=label('state', state) or '-', wanted=label('state', wanted))}"
        )

    def ending(self, paths: Iterable[Mapping[str, Any]], figures: Mapping[str, int]) -> None:
        """Which paths were lived, and where to look next."""
        self._say("")
        self._say(say("play.ending"), style="bold")
        for path in paths:
            outcome = say("play.lived") if path["lived"] else say("play.missing")
            self._say(f"  {outcome:<10}{path['action'] or '-':<{_NUMBER}}{say('play.path.' + path['path'])}")
        self._say("")
        self._say(say("play.figures", **figures))
        self._say(say("play.next", url=self.cast.app.settings.prefect_url, number=self.cast.numbers.get(Role.CLOSED, "A-…")))

    def _say(self, text: str, style: str = "") -> None:
        console(sys.stderr).print(Text(text, style=style), soft_wrap=True)
        if self.pause and text:
            time.sleep(self.pause)


def _awaited(wait: Pass, number: str) -> str:
    return say("play.wait.review_reminder" if wait.reminded else f"play.wait.{wait.kind}", number=number)


def _act(step: Step, answer: Answer) -> str:
    if isinstance(step, Opinions):
        return say("play.act.opinion") if answer.count == 1 else say("play.act.opinions", count=answer.count)
    return say(f"play.act.{_verb(step)}")


def _verb(step: Ask) -> str:
    if issubclass(step.form, MeetingForm):
        return f"{step.form.verb}_meeting"
    return Verb(step.values["outcome"]) if "outcome" in step.values else step.form.verb


def _door(step: Step) -> str:
    return say("play.by_form") if isinstance(step, Ask) and step.in_prefect else say("play.by_line")


def _seats(seats: str) -> str:
    first, *others = seats.split(", ")
    return say("play.and_others", first=first, count=len(others)) if others else first


def _mails(count: int) -> str:
    if count == 0:
        return say("play.no_mail")
    return say("play.one_mail") if count == 1 else say("play.mails", count=count)
