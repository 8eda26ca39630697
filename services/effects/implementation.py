"""Work under way: milestones, progress, what falls due."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, Note, ReportProgress
from models.facts import Facts
from models.lifecycle import State, Verb
from models.prepared import Prepared, insert
from models.tables import Milestone, Report, table
from services.deadline_kinds import Kind, news_dues, plan_milestones
from services.effects.change import Change, known, reasons
from services.work import Work, keep_words, plan, plan_anew, settle

_MILESTONE, _REPORT = table(Milestone), table(Report)
REPORT = insert(_REPORT, "action_id", "kind", "percent", "words_id", "reported_on", "event_id", "superseded")
"""Keeps a report, of progress or final."""
_NAMED = (_MILESTONE.c.action_id == sa.bindparam("action_")) & (_MILESTONE.c.position == sa.bindparam("position_"))
_REACH = Prepared(_MILESTONE.update().where(_NAMED, _MILESTONE.c.reached_on.is_(None)), "reached_on")


def begin(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Start or resume: milestones not yet reached and requests for news fall due from this day on."""
    action_id = known(facts)
    plan_milestones(work, action_id)
    plan(work, action_id, news_dues(work, command.occurred_on))
    return Change(reasons(work, action_id, command))


def report_progress(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Record progress and milestones reached; the next request counts from this day."""
    action_id, report = known(facts), cast("ReportProgress", command)
    words_id, words = keep_words(work, action_id, "summary", command.actor.seat, report.summary)
    told = {"kind": "progress", "percent": report.percent, "words_id": words_id, "superseded": False}
    REPORT.run(work.connection, action_id=action_id, reported_on=command.occurred_on, event_id=event, **told)
    for position in report.reached:
        _REACH.run(work.connection, action_=action_id, position_=position, reached_on=command.occurred_on)
        settle(work, action_id, [Kind.MILESTONE], "reached", subject=position)
    if facts.state is State.IN_PROGRESS:
        plan_anew(work, action_id, news_dues(work, command.occurred_on))
    return Change({"percent": report.percent, "reached": list(report.reached), **words, **reasons(work, action_id, command)})


def note(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note that a day has come; after a request for news or a neglect, the next one is planned."""
    action_id, noted = known(facts), cast("Note", command)
    again = {Verb.REQUEST_PROGRESS: Kind.PROGRESS, Verb.NOTE_NEGLECT: Kind.NEGLECT}.get(command.verb)
    if again is not None:
        plan(work, action_id, [due for due in news_dues(work, work.today) if due.kind == again])
    due_on = noted.due_on.isoformat() if noted.due_on else None
    return Change({"subject": noted.subject, "due_on": due_on})
