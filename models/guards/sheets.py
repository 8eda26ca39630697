"""Conditions on the sheet of an action, its files and its reasons."""

from models.commands import Attach, Command, Register
from models.contradictions import nearest
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard, sheet_of
from models.lifecycle.names import State, Who

_DECIDED = frozenset({State.APPROVED, State.IN_PROGRESS, State.SUSPENDED})
_CLERKS = frozenset({Who.SECRETARY})


@guard
def lead_known(facts: Facts, command: Command) -> Problem | None:
    """The lead of an action is one of the persons of the convention."""
    lead = sheet_of(facts, command).lead_person
    return Problem("lead_unknown", {"person": lead, "near": nearest(lead, facts.people)}) if lead and lead not in facts.people else None


@guard
def sheet_complete(facts: Facts, command: Command) -> Problem | None:
    """The fields that the charter requires must be filled in."""
    missing = sheet_of(facts, command).missing(facts.charter.sheet.required)
    return Problem("sheet_incomplete", {"fields": ",".join(missing)}) if missing else None


@guard
def sheet_changed(facts: Facts, command: Command) -> Problem | None:
    """An amendment must amend something."""
    return Problem("sheet_unchanged") if sheet_of(facts, command) == facts.sheet else None


@guard
def sheet_changed_or_reason(facts: Facts, command: Command) -> Problem | None:
    """Resubmitting the same sheet needs a word of explanation."""
    return None if command.reason else sheet_changed(facts, command)


@guard
def rhythm_kept(facts: Facts, command: Command) -> Problem | None:
    """Once an action is decided, only a secretary changes how often its pilot reports."""
    before, after = facts.sheet, sheet_of(facts, command)
    kept = before is None or before.report_every_months == after.report_every_months
    return None if kept or facts.state not in _DECIDED or facts.may(_CLERKS) else Problem("rhythm_not_yours", {}, "report_every_months")


@guard
def reason_given(_facts: Facts, command: Command) -> Problem | None:
    """This act needs a reason; the engine's own acts rest on the verdict, which their event names."""
    return None if command.reason or command.actor.seat is None else Problem("reason_missing")


@guard
def reason_or_missing(facts: Facts, command: Command) -> Problem | None:
    """Returning needs a reason, or a sheet that is incomplete."""
    return None if sheet_complete(facts, command) else reason_given(facts, command)


@guard
def reference_given(_facts: Facts, command: Command) -> Problem | None:
    """An action under way rests on a decision: its reference is needed."""
    return None if isinstance(command, Register) and command.reference else Problem("reference_missing")


@guard
def lead_named(facts: Facts, command: Command) -> Problem | None:
    """Somebody must be answerable before work begins."""
    return None if sheet_of(facts, command).lead_person else Problem("lead_missing")


@guard
def attachment_room(facts: Facts, command: Command) -> Problem | None:
    """Files are limited in size, number and kind by the charter."""
    limits = facts.charter.attachments
    if not isinstance(command, Attach):
        return None
    if command.size > limits.max_bytes:
        return Problem("attachment_too_large", {"size": command.size, "limit": limits.max_bytes})
    if command.media_type not in limits.media_types:
        return Problem("attachment_kind_refused", {"kind": command.media_type, "kinds": ", ".join(limits.media_types)})
    if len(facts.attachments) >= limits.max_per_action:
        return Problem("attachments_too_many", {"limit": limits.max_per_action})
    return None


@guard
def attachment_new(facts: Facts, command: Command) -> Problem | None:
    """The same bytes are kept once."""
    known = isinstance(command, Attach) and command.sha256 in facts.attachments
    return Problem("attachment_known") if known else None
