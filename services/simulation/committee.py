"""The steering committee of a simulation: convened by its secretary, it meets and decides what its closed reviews lead to."""

from collections.abc import Callable, Iterator
from datetime import date

import sqlalchemy as sa

from models.charter import BodyKind
from models.commands import Actor, Via
from models.deadlines import Delay, DelayUnit, deadline
from models.errors import Refused
from models.lifecycle import Verb
from models.meetings.commands import CloseMeeting, ConveneMeeting, MeetingCommand, OpenMeeting, PlanMeeting
from models.tables import Action, Review, table
from services.bootstrap import App
from services.meetings.door import Held, execute
from services.meetings.reading import what_awaits
from services.simulation.acts import Acts
from services.simulation.setting import Setting
from services.timelapse.driver import Script
from services.wording import Wording

_ACTION, _REVIEW = table(Action), table(Review)
_FOLLOWS = {
    "favourable": Verb.APPROVE,
    "with_reservations": Verb.APPROVE,
    "unfavourable": Verb.REJECT,
    "adjournment": Verb.ADJOURN,
    "no_quorum": Verb.ADJOURN,
}
"""What the committee decides, by the result of its review."""
_STARTS_AT = "14:00"


class Committee:
    """Meets at the pace of the manners, as long as something awaits it."""

    def __init__(self, app: App, setting: Setting, acts: Acts) -> None:
        """Nothing is planned yet."""
        self._app, self._setting, self._acts = app, setting, acts
        self._body = setting.charter.body_of_kind(BodyKind.STEERING).code
        self._clerk = setting.clerk_of(self._body)
        self._wording = Wording(setting.charter.convention.languages[0])

    def plan(self, script: Script, first: date, last: date) -> None:
        """Put every convocation into the script."""
        ahead = self._setting.manners.sessions.convened_days
        for day in self._days(first, last):
            called = self._setting.office.calendar.count_on(day, -ahead)
            if called > first:
                script.at(self._setting.office.at(called), self._convening(script, day))

    def _days(self, first: date, last: date) -> Iterator[date]:
        every, calendar = self._setting.manners.sessions.every_months, self._setting.office.calendar
        months = every
        while (day := deadline(first, Delay(months, DelayUnit.MONTHS), calendar)) <= last:
            yield day
            months += every

    def _convening(self, script: Script, day: date) -> Callable[[App], None]:
        return lambda _: self._convene(script, day)

    def _convene(self, script: Script, day: date) -> None:
        if not what_awaits(self._app, self._body, convention=self._setting.charter.convention.code):
            return
        planned = self._send(
            PlanMeeting, body=self._body, held_on=day, starts_at=_STARTS_AT, place=self._wording.say("simulation.said.place")
        )
        if planned is not None and self._send(ConveneMeeting, meeting=planned.number) is not None:
            script.at(self._setting.office.at(day, -1), lambda _: self._meet(planned.number, day))

    def _meet(self, number: str, day: date) -> None:
        opened = self._send(OpenMeeting, meeting=number, present=self._present(number, day))
        if opened is None:
            return
        if opened.state == "open":
            for action, verb in self._decisions():
                self._acts.decide(verb, action, self._body, number)
            self._send(CloseMeeting, meeting=number, reason=self._wording.say("simulation.said.undecided"))

    def _present(self, number: str, day: date) -> tuple[str, ...]:
        """Those who come; somebody always does."""
        chance, share = self._setting.chance("attends", number), self._setting.manners.sessions.attend
        voters = self._setting.voters_of(self._body)
        come = [one.seat for one in voters if chance.random() < share and not self._setting.is_away(one.person, day)]
        return tuple(come or [voters[0].seat])

    def _decisions(self) -> list[tuple[str, Verb]]:
        """The actions whose review is closed and that wait for the committee, and what follows from the verdict."""
        query = (
            sa.select(_ACTION.c.number, _REVIEW.c.verdict)
            .join(_REVIEW, _REVIEW.c.action_id == _ACTION.c.id)
            .where(_ACTION.c.state == "steering_review", _REVIEW.c.body == self._body)
            .order_by(_ACTION.c.number, _REVIEW.c.round)
        )
        with self._app.db.read() as connection:
            last = {row.number: row.verdict for row in connection.execute(query)}
        return [(number, _FOLLOWS[verdict["result"]]) for number, verdict in last.items() if verdict is not None]

    def _send(self, kind: type[MeetingCommand], **values: object) -> Held | None:
        given = {"convention": self._setting.charter.convention.code, "actor": Actor(seat=self._clerk, via=Via.PORTAL)}
        try:
            held = execute(self._app, kind.model_validate({**given, "key": self._acts.key(), **values}))
        except Refused as refused:
            self._acts.note_refusal(kind.verb, refused)
            return None
        self._acts.done[kind.verb] += 1
        return held
