"""Conditions on carrying an action out and reporting on it, on putting a fact right, and on every act."""

from models.commands import Command, Create, Edit, FileFinalReport, Rectify, ReportProgress
from models.contradictions import sheet_contradictions
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard, sheet_of


@guard
def milestones_known(facts: Facts, command: Command) -> Problem | None:
    """Milestones are named by their position in the sheet."""
    wrong = [str(n) for n in command.reached if not 1 <= n <= facts.milestones] if isinstance(command, ReportProgress) else []
    return Problem("milestones_unknown", {"positions": ", ".join(wrong), "count": facts.milestones}) if wrong else None


@guard
def milestones_reached_or_reason(facts: Facts, command: Command) -> Problem | None:
    """Completing with milestones open needs a reason."""
    if not facts.milestones_open or command.reason:
        return None
    return Problem("milestones_open", {"positions": ", ".join(map(str, facts.milestones_open))})


@guard
def report_given(_facts: Facts, command: Command) -> Problem | None:
    """A filing brings results, lessons or both."""
    given = not isinstance(command, FileFinalReport) or command.results or command.lessons
    return None if given else Problem("final_report_empty")


@guard
def final_report_filed(facts: Facts, _command: Command) -> Problem | None:
    """Closing needs a final report."""
    return None if facts.final_results or facts.final_lessons else Problem("final_report_missing")


@guard
def final_report_complete(facts: Facts, _command: Command) -> Problem | None:
    """A final report says results and lessons."""
    missing = [name for name, there in (("results", facts.final_results), ("lessons", facts.final_lessons)) if not there]
    return Problem("final_report_incomplete", {"fields": ",".join(missing)}) if len(missing) == 1 else None


@guard
def fact_known(facts: Facts, command: Command) -> Problem | None:
    """What is rectified must be an opinion, a decision or a report of this action that still stands."""
    known = not isinstance(command, Rectify) or facts.fact is not None
    return None if known else Problem("fact_unknown")


@guard
def fact_changed(facts: Facts, command: Command) -> Problem | None:
    """A rectification must change a field that the fact has."""
    if not isinstance(command, Rectify) or facts.fact is None:
        return None
    asked = {"opinion": command.opinion, "percent": command.percent, "reference": command.reference}
    wrong = [name for name, value in asked.items() if value is not None and name not in facts.fact]
    if wrong:
        return Problem("fact_has_no_field", {"fields": ", ".join(wrong)})
    changed = command.words or command.happened_on or any(v is not None and v != facts.fact[k] for k, v in asked.items())
    return None if changed else Problem("fact_unchanged")


def always(facts: Facts, command: Command) -> list[Problem]:
    """What every act must respect: never in the future, a reason when recorded after the day, a sheet that agrees with the charter and itself."""
    problems = []
    if command.occurred_on > facts.today:
        problems.append(Problem("occurred_in_future", {"day": command.occurred_on.isoformat(), "today": facts.today.isoformat()}))
    if command.occurred_on < facts.today and not command.late_reason and command.actor.seat:
        problems.append(Problem("late_reason_missing", {"day": command.occurred_on.isoformat()}))
    if isinstance(command, Create) or (isinstance(command, Edit) and command.sheet is not None):
        problems += sheet_contradictions(sheet_of(facts, command), facts.charter)
    if isinstance(command, Rectify) and command.happened_on and command.happened_on > facts.today:
        problems.append(Problem("occurred_in_future", {"day": command.happened_on.isoformat(), "today": facts.today.isoformat()}))
    return problems
