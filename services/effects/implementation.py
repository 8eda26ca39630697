"""Work under way: milestones, progress, what falls due."""

from datetime import date
from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, Note, ReportProgress
from models.facts import Facts
from models.lifecycle import State
from models.prepared import Prepared, insert
from models.tables import Milestone, Report, table
from services.deadline_kinds import Kind, asked_due, dues_from_news, news_dues
from services.effects.change import Change, known, reasons
from services.waking import answered_asleep, awaited_answer, plan_milestones, wake_answer
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
    wake_answer(work, action_id)
    plan(work, action_id, dues_from_news(work, action_id, facts.sheet, command.occurred_on))
    return Change(reasons(work, action_id, command))


def report_progress(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Record progress and milestones reached; the next request counts from this day, unless there was news of a later one."""
    action_id, report = known(facts), cast("ReportProgress", command)
    words_id, words = keep_words(work, action_id, "summary", command.actor.seat, report.summary)
    told = {"kind": "progress", "percent": report.percent, "words_id": words_id, "superseded": False}
    REPORT.run(work.connection, action_id=action_id, reported_on=command.occurred_on, event_id=event, **told)
    for position in report.reached:
        _REACH.run(work.connection, action_=action_id, position_=position, reached_on=command.occurred_on)
        settle(work, action_id, [Kind.MILESTONE], "reached", event, subject=position)
    settle(work, action_id, [Kind.PROGRESS_REPORT], "reported", event)
    if facts.state is State.SUSPENDED:
        answered_asleep(work, action_id)
    if facts.state is State.IN_PROGRESS:
        plan_anew(work, action_id, dues_from_news(work, action_id, facts.sheet, command.occurred_on))
    return Change({"percent": report.percent, "reached": list(report.reached), **words, **reasons(work, action_id, command)})


def request(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Ask for news: the answer has its last day, and the next request its own. An answer that is awaited already is chased on from where that has come to."""
    action_id, noted = known(facts), cast("Note", command)
    answer_by = awaited_answer(work, action_id)
    if answer_by is None and (answer := asked_due(work, Kind.PROGRESS_REPORT, work.today, event)) is not None:
        plan(work, action_id, [answer])
        answer_by = answer.due_on
    plan(work, action_id, news_dues(work, action_id, facts.sheet, work.today, [Kind.PROGRESS]))
    return Change({"due_on": _iso(noted.due_on), "answer_by": _iso(answer_by)})


def neglect(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note that an action has been without news for too long; if none comes it is noted once more."""
    plan(work, known(facts), news_dues(work, known(facts), facts.sheet, work.today, [Kind.NEGLECT]))
    return Change({"due_on": _iso(cast("Note", command).due_on)})


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
