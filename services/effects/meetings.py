"""Who attends while an action is examined in a meeting."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, RecordAttendance
from models.facts import Facts
from models.guards.meetings import attendance_for
from models.meetings.rules import figures
from models.prepared import Prepared
from models.tables import Review, table
from services.counting import gather
from services.effects.change import Change, known, reasons
from services.meetings.facts import hold_open
from services.work import Work

_REVIEW = table(Review)
_ATTEND = Prepared(_REVIEW.update().where(_REVIEW.c.id == sa.bindparam("review_")), "attendance")


def attend(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Keep who attends, in place of what was noted before, and the quorum with its figures."""
    asked, review = cast("RecordAttendance", command), facts.latest(command.body)
    meeting = facts.meeting(asked.meeting)
    if review is None or meeting is None:
        message = "there is no meeting that examines this action"
        raise LookupError(message)
    hold_open(work, meeting.number)
    found = attendance_for(facts, asked)
    kept = {"meeting": meeting.number, "second": meeting.second, "seats": dict(found.seats), "holders": dict(found.holders)}
    _ATTEND.run(work.connection, review_=review.id, attendance=kept)
    payload = {"review": review.id, "attendance": kept, "quorum": figures(gather(work, review.id).quorum())}
    return Change(payload | reasons(work, known(facts), command))


def end(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """The meeting is over and left this action undecided: its review goes on as if it had not been examined there."""
    review = facts.latest(command.body)
    if review is None:
        message = "there is no review whose attendance could end"
        raise LookupError(message)
    _ATTEND.run(work.connection, review_=review.id, attendance=None)
    return Change({"review": review.id})
