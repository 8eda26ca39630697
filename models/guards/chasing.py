"""Conditions on chasing: whoever is hurried must still owe something, be in reach, and not have been asked the same day."""

from collections.abc import Mapping

from models.chasing import Bar, bars, chased
from models.commands import Chase, Command
from models.errors import Problem
from models.facts import Facts, ReviewFacts
from models.guards.table import guard


@guard
def chase_awaited(facts: Facts, command: Command) -> Problem | None:
    """Only seats that take part, attend and have not answered are chased."""
    review = _open_one(facts, command)
    if not isinstance(command, Chase) or review is None:
        return None
    awaited = facts.awaited(command.body)
    if not command.seats:
        return None if awaited else Problem("chase_nobody", {"body": review.body})
    wrong: Mapping[Bar, list[str]] = {
        Bar.NOT_ASKED: [seat for seat in command.seats if seat not in review.electorate],
        Bar.ANSWERED: [seat for seat in command.seats if seat in review.answered],
        Bar.APART: [seat for seat in command.seats if seat not in awaited],
    }
    return next((Problem(bar, {"seats": ", ".join(seats)}) for bar, seats in wrong.items() if seats), None)


@guard
def chase_in_reach(facts: Facts, command: Command) -> Problem | None:
    """Nobody is written to for a seat that nobody holds, or whose holder is away without anybody to answer for it."""
    return _barred(facts, command, Bar.VACANT) or _barred(facts, command, Bar.ABSENT)


@guard
def chase_once_a_day(facts: Facts, command: Command) -> Problem | None:
    """Nobody is asked twice for the same opinion on one day, by whomever."""
    return _barred(facts, command, Bar.TODAY)


@guard
def chase_now(facts: Facts, command: Command) -> Problem | None:
    """A chase leaves today: there is none to record afterwards."""
    return Problem("chase_not_now") if command.occurred_on < facts.today else None


@guard
def overdue_there(facts: Facts, _command: Command) -> Problem | None:
    """The last day of something that the action owes must be past."""
    return None if facts.overdue else Problem("chase_nothing_overdue")


@guard
def owner_named(facts: Facts, _command: Command) -> Problem | None:
    """Somebody must lead the action, or there is nobody to write to."""
    return None if facts.sheet is not None and facts.sheet.lead_person else Problem("chase_no_lead")


@guard
def owner_once_a_day(facts: Facts, _command: Command) -> Problem | None:
    """Whoever carries an action out is hurried once a day at most, by whomever."""
    return Problem("chase_today_lead") if facts.hurried_today else None


def _open_one(facts: Facts, command: Command) -> ReviewFacts | None:
    review = facts.latest(command.body)
    return review if review is not None and review.open else None


def _barred(facts: Facts, command: Command, bar: Bar) -> Problem | None:
    """That a seat which is named is barred; or, where none is, that all who are awaited are, and the first of them for this."""
    if not isinstance(command, Chase) or _open_one(facts, command) is None:
        return None
    awaited, reach = facts.awaited(command.body), facts.reach(command.body)
    if not command.seats and chased((), awaited, reach):
        return None
    seats = bars(command.seats or awaited, awaited, reach).get(bar)
    return Problem(bar, {"seats": ", ".join(seats)}) if seats else None
