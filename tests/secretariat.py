"""A secretary who prepares and holds the meetings of a body."""

from datetime import timedelta

from builders import CONVENTION, STEERING_CLERK

from models.commands import Actor, Via
from models.errors import Refused
from models.meetings.commands import ConveneMeeting, OpenMeeting, PlanMeeting
from models.tables import Meeting
from services.meetings.door import execute


class Secretariat:
    """The steering committee's secretary, unless said; prepares and holds its meetings."""

    def __init__(self, desk, body="copil", seat=STEERING_CLERK):
        self.desk, self.body, self.seat = desk, body, seat

    def ask(self, kind, **given):
        actor = Actor(seat=given.pop("seat", self.seat), via=Via.CLI)
        return execute(self.desk.app, kind(convention=CONVENTION, actor=actor, key=given.pop("key", self.desk.key()), **given))

    def plan(self, days=10, **given):
        where = {"held_on": self.desk.today + timedelta(days=days), "starts_at": "14:30", "place": "Hôtel de ville"}
        return self.ask(PlanMeeting, **{"body": self.body, **where, **given}).number

    def convened(self, **given):
        number = self.plan(**given)
        self.ask(ConveneMeeting, meeting=number)
        return number

    def held(self, *, present=None, **called):
        """A meeting that was opened on its day with these seats; all of them unless said."""
        number = self.convened()
        self.desk.watch.go_to(self.meeting(number).held_on)
        self.ask(OpenMeeting, meeting=number, present=self.seats() if present is None else present, **called)
        return number

    def seats(self):
        return self.desk.voting(self.body)

    def meeting(self, number):
        [row] = self.desk.rows(Meeting, number=number)
        return row

    def refusal(self, kind, **given):
        """The codes of the problems for which a request is refused, sorted; nothing if it is not."""
        try:
            self.ask(kind, **given)
        except Refused as refused:
            return sorted(problem.code for problem in refused.problems)
        return []
