"""The final report."""

from typing import cast
from uuid import UUID

from models.commands import Command, FileFinalReport
from models.facts import Facts
from services.deadline_kinds import final_report_due
from services.effects.change import Change, known, reasons
from services.effects.implementation import REPORT
from services.work import Work, keep_words, plan


def request(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Ask for the final report, with its last day."""
    due = final_report_due(work, command.occurred_on)
    plan(work, known(facts), [due])
    return Change({"due_on": due.due_on.isoformat(), **reasons(work, known(facts), command)})


def file(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """File results, lessons or both; what was filed before stays."""
    action_id, report = known(facts), cast("FileFinalReport", command)
    payload: dict[str, str] = {}
    for kind, body in (("final_results", report.results), ("final_lessons", report.lessons)):
        words_id, words = keep_words(work, action_id, kind, command.actor.seat, body)
        if words_id is not None:
            told = {"kind": kind, "percent": None, "words_id": words_id, "superseded": False}
            REPORT.run(work.connection, action_id=action_id, reported_on=command.occurred_on, event_id=event, **told)
            payload |= words
    return Change({**payload, **reasons(work, action_id, command)})
