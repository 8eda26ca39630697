"""Whole lives of actions, driven through the one door by the seats that would ask."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from builders import CLERK, CONVENTION, STEERING_CLERK, provision

from benchmarks.floor import Timed
from models.commands import COMMANDS, Actor, Command, Via
from models.lifecycle import Verb
from models.tables import Seat, table
from services.bootstrap import App
from services.clock import local_day, new_id
from services.dispatch import Outcome, execute

_SEAT = table(Seat)
Asked = tuple[Verb, str, dict[str, Any]]


@dataclass
class Lives:
    """Drives lives one command after another; each command is timed from the handler's call to its return."""

    app: App
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look up once who votes where."""
        self.sheet = provision(7)
        self.day = local_day(self.app.clock.now(), "Europe/Paris")
        self.voters = {body: voters_of(self.app, body) for body in ("cotech", "copil")}

    def drive(self, lives: int) -> Timed:
        """So many whole lives, from proposal to closed report."""
        self.latencies = []
        begun = time.perf_counter()
        for _ in range(lives):
            self.live()
        return Timed(self.latencies, time.perf_counter() - begun)

    def live(self) -> str:
        """One whole life; returns the action's number."""
        number = self.do(Verb.PROPOSE, None, CLERK, sheet=self.sheet).number
        for verb, seat, values in self._course():
            self.do(verb, number, seat, **values)
        return number

    def do(self, verb: Verb, number: str | None, seat: str, **values: Any) -> Outcome:
        """Ask for one thing and have it done."""
        command = asked(self.day, verb, number, seat, **values)
        start = time.perf_counter()
        outcome = execute(self.app, command)
        self.latencies.append(time.perf_counter() - start)
        return outcome

    def _course(self) -> Iterator[Asked]:
        yield Verb.OPEN_TECHNICAL_REVIEW, CLERK, {"body": "cotech"}
        yield from self._opinions("cotech", CLERK)
        yield Verb.CLOSE_REVIEW, CLERK, {"body": "cotech"}
        yield Verb.REFER, CLERK, {"body": "cotech"}
        yield from self._opinions("copil", STEERING_CLERK)
        yield Verb.CLOSE_REVIEW, STEERING_CLERK, {"body": "copil"}
        yield Verb.APPROVE, STEERING_CLERK, {"body": "copil"}
        yield Verb.START, CLERK, {}
        yield Verb.REPORT_PROGRESS, CLERK, {"percent": 30, "summary": "Avancement conforme au calendrier."}
        reached = tuple(range(1, len(self.sheet.milestones) + 1))
        yield Verb.REPORT_PROGRESS, CLERK, {"percent": 100, "summary": "Tout est fait.", "reached": reached}
        yield Verb.COMPLETE, CLERK, {}
        yield Verb.REQUEST_FINAL_REPORT, CLERK, {}
        yield Verb.FILE_FINAL_REPORT, CLERK, {"results": "Objectifs atteints.", "lessons": "Commencer plus tôt."}
        yield Verb.CLOSE, CLERK, {}

    def _opinions(self, body: str, clerk: str) -> Iterator[Asked]:
        return ((Verb.RECORD_OPINION, clerk, {"body": body, "voter": voter, "opinion": "favourable"}) for voter in self.voters[body])


def asked(day: date, verb: Verb, number: str | None, seat: str, **values: Any) -> Command:
    """A command with a fresh key, as a form would make it."""
    actor = Actor(seat=seat, via=Via.CLI)
    return COMMANDS.get(verb, Command)(
        verb=verb, convention=CONVENTION, action=number, actor=actor, occurred_on=day, key=new_id().hex, **values
    )


def voters_of(app: App, body: str) -> list[str]:
    """The seats that vote in a body, in order."""
    mine = (_SEAT.c.body == body) & _SEAT.c.role.in_(("chair", "member"))
    with app.db.read() as connection:
        return list(connection.execute(sa.select(_SEAT.c.code).where(mine).order_by(_SEAT.c.code)).scalars())
