"""The final report."""

from typing import cast
from uuid import UUID

from models.commands import Command, FileFinalReport
from models.facts import Facts
from services.audiences import final_report_missing
from services.deadline_kinds import Kind, asked_due
from services.effects.change import Change, known, reasons
from services.effects.implementation import REPORT
from services.work import Work, keep_words, plan, settle


def request(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Ask for the final report, with its last day."""
    return Change({**ask_for(work, known(facts), Kind.FINAL_REPORT, event), **reasons(work, known(facts), command)})


def ask_for(work: Work, action_id: int, kind: Kind, event: UUID) -> dict[str, str]:
    """Plan the last day of what this event asks for, from today on, if the charter gives one; returns what the event says of it."""
    due = asked_due(work, kind, work.today, event)
    if due is None:
        return {}
    plan(work, action_id, [due])
    return {"due_on": due.due_on.isoformat()}


def file(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """File results, lessons or both; what was filed before stays."""
    action_id, report = known(facts), cast("FileFinalReport", command)
    payload: dict[str, str] = {}
    missing = {f"final_{part}" for part in final_report_missing(work.connection, action_id)}
    for kind, body in (("final_results", report.results), ("final_lessons", report.lessons)):
        words_id, words = keep_words(work, action_id, kind, command.actor.seat, body)
        if words_id is not None:
            told = {"kind": kind, "percent": None, "words_id": words_id, "superseded": False}
            REPORT.run(work.connection, action_id=action_id, reported_on=command.occurred_on, event_id=event, **told)
            payload |= words
            missing.discard(kind)
    if not missing:
        settle(work, action_id, [Kind.FINAL_REPORT], "filed", event)
    return Change({**payload, **reasons(work, action_id, command)})
