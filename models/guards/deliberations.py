"""Conditions on what the partners' own authorities decide, and on the work that waits for them."""

from models.commands import Command, RecordDeliberation
from models.deliberations import Deliberated, awaited
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard


@guard
def partner_known(facts: Facts, command: Command) -> Problem | None:
    """Authorities are those of the convention's partners."""
    known = facts.charter.codes()["partners"]
    if not isinstance(command, RecordDeliberation) or command.partner in known:
        return None
    return Problem("partner_unknown", {"partner": command.partner, "known": ", ".join(known)})


@guard
def deliberation_past(facts: Facts, command: Command) -> Problem | None:
    """What an authority decided lies in the past."""
    if not isinstance(command, RecordDeliberation) or command.decided_on <= facts.today:
        return None
    return Problem("decided_in_future", {"day": command.decided_on.isoformat(), "today": facts.today.isoformat()})


@guard
def deliberation_documented(facts: Facts, command: Command) -> Problem | None:
    """The document that proves it is attached to the action first."""
    missing = isinstance(command, RecordDeliberation) and command.document not in facts.attachments
    return Problem("document_not_attached") if missing else None


@guard
def deliberation_new(facts: Facts, command: Command) -> Problem | None:
    """The same deliberation is recorded once."""
    if not isinstance(command, RecordDeliberation):
        return None
    asked = Deliberated(command.deliberation, command.decided_on, command.reference, command.document)
    known = facts.deliberations.get(command.partner) == asked
    return Problem("deliberation_known", {"reference": command.reference}) if known else None


@guard
def deliberations_adopted(facts: Facts, _command: Command) -> Problem | None:
    """Work waits for the authority of each partner whose means it commits, as the charter in force says."""
    if not facts.charter.deliberations or facts.sheet is None:
        return None
    waiting = awaited(facts.charter.authorities_over(facts.sheet), facts.deliberations)
    return Problem("deliberations_missing", {"partners": ", ".join(waiting)}) if waiting else None
