"""Those who carry actions out: when they reach milestones, what they report by themselves, how an action ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from models.lifecycle import State
from models.tables import Action, Milestone, table
from services.bootstrap import App
from services.simulation.acts import Acts
from services.simulation.office import time_taken
from services.simulation.setting import Setting
from services.timelapse.driver import Script
from services.timelapse.seeds import Random

_ACTION, _MILESTONE = table(Action), table(Milestone)
_EARLY_DAYS = 20
"""Calendar days by which a milestone that is reached in time may be early."""
_AFTERWARDS, _AGAIN = 5.0, 20.0
"""Working days before an action is called completed, and before what was refused is tried again."""
_TRIES = 6


@dataclass
class Course:
    """How an action really goes, whatever was told of it: the moments at which its milestones are reached."""

    person: str
    begun: datetime
    reached_at: dict[int, datetime] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    over: bool = False

    def reached(self, now: datetime) -> list[int]:
        """The milestones that are reached by now and of which nobody was told."""
        return [position for position, moment in self.reached_at.items() if moment <= now and position not in self.told]

    def percent(self, now: datetime) -> int:
        """The share done by now, as its pilot would say."""
        end = max(self.reached_at.values(), default=now)
        whole = (end - self.begun).total_seconds() or 1.0
        return min(max(round(100 * (now - self.begun).total_seconds() / whole), 0), 100)


class Pilots:
    """Lets every action that was started go its course."""

    def __init__(self, app: App, setting: Setting, acts: Acts, script: Script) -> None:
        """No action is under way yet."""
        self._app, self._setting, self._acts, self._script = app, setting, acts, script
        self._courses: dict[str, Course] = {}

    def start(self, person: str, number: str, tries: int = _TRIES) -> None:
        """Start an action; what stands in the way may be gone later."""
        if self._acts.start(person, number):
            self.follow(person, number)
        elif tries > 1 and self._acts.state_of(number) == State.APPROVED:
            self._later(_AGAIN, lambda: self.start(person, number, tries - 1))

    def follow(self, person: str, number: str) -> None:
        """Decide how an action that is under way goes from here."""
        now, chance = self._app.clock.now(), self._setting.chance("course", number)
        course = self._courses[number] = Course(person, now)
        work = self._setting.manners.work
        for position, due_on in self._milestones(number):
            course.reached_at[position] = self._reached(due_on, now, chance)
            if chance.random() < work.volunteered:
                self._at(course.reached_at[position], lambda: self.report(number))
        if chance.random() < work.abandoned:
            self._at(now + (self._end(course) - now) * chance.random(), lambda: self._abandon(number))
        elif chance.random() < work.suspended:
            self._at(now + (self._end(course) - now) * chance.random(), lambda: self._suspend(number))
        if not course.reached_at:
            self._later(_AGAIN, lambda: self._complete(number))

    def report(self, number: str) -> None:
        """Report how far an action is, with every milestone reached of which nobody was told."""
        course, now = self._courses.get(number), self._app.clock.now()
        if course is None or course.over:
            return
        reached = course.reached(now)
        if not self._acts.report_progress(course.person, number, course.percent(now), reached):
            return
        course.told |= {*reached}
        for position in set(course.reached_at) - course.told:  # whoever was asked once tells the rest unasked
            self._at(course.reached_at[position], lambda: self._report_reached(number))
        if len(course.told) == len(course.reached_at):
            self._later(_AFTERWARDS, lambda: self._complete(number))

    def _report_reached(self, number: str) -> None:
        course = self._courses[number]
        if course.reached(self._app.clock.now()):
            self.report(number)

    def _reached(self, due_on: date, now: datetime, chance: Random) -> datetime:
        office, work = self._setting.office, self._setting.manners.work
        day = due_on - timedelta(days=chance.randint(0, _EARLY_DAYS))
        in_time, late = chance.random() < work.on_time, time_taken(work.late, chance)
        moment = office.at(office.working(day), chance.randrange(len(office.hours)))
        return max(moment if in_time else office.after(office.at(office.working(due_on)), late), now)

    def _milestones(self, number: str) -> list[tuple[int, date]]:
        query = sa.select(_MILESTONE.c.position, _MILESTONE.c.due_on).join(_ACTION, _ACTION.c.id == _MILESTONE.c.action_id)
        mine = (_ACTION.c.number == number) & _MILESTONE.c.reached_on.is_(None)
        with self._app.db.read() as connection:
            return [(row.position, row.due_on) for row in connection.execute(query.where(mine).order_by(_MILESTONE.c.position))]

    def _end(self, course: Course) -> datetime:
        return max(course.reached_at.values(), default=course.begun)

    def _complete(self, number: str, tries: int = _TRIES) -> None:
        course = self._courses[number]
        if course.over:
            return
        course.over = self._acts.complete(course.person, number)
        if not course.over and tries > 1:
            self._later(_AGAIN, lambda: self._complete(number, tries - 1))

    def _abandon(self, number: str) -> None:
        course = self._courses[number]
        course.over = course.over or self._acts.abandon(number)

    def _suspend(self, number: str) -> None:
        course = self._courses[number]
        if not course.over and self._acts.suspend(course.person, number):
            days = self._setting.manners.work.suspended_days
            self._later(float(days), lambda: self._acts.resume(course.person, number))

    def _later(self, days: float, act: Callable[[], object]) -> None:
        self._script.at(self._setting.office.after(self._app.clock.now(), days), lambda _: act() and None)

    def _at(self, moment: datetime, act: Callable[[], object]) -> None:
        """At the first hour of work from a moment on."""
        office = self._setting.office
        self._script.at(office.after(moment - timedelta(hours=1), 0), lambda _: act() and None)
