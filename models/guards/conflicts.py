"""Conditions on conflicts of interest, and on acting in a review from which somebody keeps out."""

from models.commands import Command, DeclareConflict, GiveProxy, LiftReservation, RecordOpinion, Rectify, RevokeProxy, Via
from models.conflicts import Cause, ConflictKind
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard

_UNSEEN = frozenset({Via.CLI, Via.PREFECT_FORM})
"""Ways in that do not know which person is there: they are no second person."""


@guard
def conflict_new(facts: Facts, _command: Command) -> Problem | None:
    """A conflict is declared once by person and action, through whichever of their seats."""
    return Problem("conflict_known", {"seat": facts.conflict.seat}) if facts.conflict else None


@guard
def conflict_standing(facts: Facts, _command: Command) -> Problem | None:
    """Only a conflict that was declared and still stands can be withdrawn."""
    return None if facts.conflict else Problem("conflict_absent")


@guard
def conflict_worded(_facts: Facts, command: Command) -> Problem | None:
    """A conflict of another kind than those that have a name says in words what it is."""
    unsaid = isinstance(command, DeclareConflict) and command.kind is ConflictKind.OTHER and not command.reason
    return Problem("conflict_unworded") if unsaid else None


@guard
def voter_takes_part(facts: Facts, command: Command) -> Problem | None:
    """A seat that takes no part gives no opinion, whoever would give it: its holder, a deputy, a secretary."""
    cause = facts.recused(command.body).get(command.voter) if isinstance(command, RecordOpinion) else None
    return Problem("voter_recused", {"seat": command.voter, "cause": cause}) if isinstance(command, RecordOpinion) and cause else None


@guard
def four_eyes(facts: Facts, command: Command) -> Problem | None:
    """Whoever takes no part neither decides nor records for others.

    Where the proposer keeps out (``recused``), that is for a person who is known to be another: not through a form or a command line, which
    do not know who is there.
    """
    body = _examining(facts, command)
    if command.actor.seat is None or not body or _is_own(facts, command):
        return None
    cause = facts.asker_out(body)
    if cause is not None:
        return Problem("asker_recused", {"seat": command.actor.seat, "cause": cause})
    rules = facts.rules(body)
    unseen = rules is not None and rules.recused != Cause.DECLARED and command.actor.via in _UNSEEN
    return Problem("second_person_unseen", {"body": body}) if unseen else None


def _examining(facts: Facts, command: Command) -> str | None:
    """The body whose examination the command is about."""
    if isinstance(command, LiftReservation):
        standing = facts.reservation(command.reservation)
        return standing.body if standing else None
    return str((facts.fact or {}).get("body") or "") if isinstance(command, Rectify) else command.body


def _is_own(facts: Facts, command: Command) -> bool:
    """Whether somebody gives the opinion of their own seat, or its proxy."""
    review = facts.latest(command.body)
    if isinstance(command, RecordOpinion):
        whose: str | None = command.voter
    else:
        whose = command.giver if isinstance(command, GiveProxy | RevokeProxy) else None
    return whose is not None and whose == command.actor.seat and review is not None and whose in review.electorate
