"""What an effect hands back to the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.commands import Command
from models.events import Topic
from models.facts import Facts
from services.work import Work, keep_words


@dataclass(frozen=True, slots=True)
class Also:
    """A further event of the same command, such as a group's consultation opened with the technical review."""

    topic: Topic
    body: str | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """The payload of the event, columns of the action to set, further events; for a creation, the new row and number.

    ``body``: whose fact this is, where the command did not say. ``discreet``: whether the log must not keep what was chosen, even as a hash.
    """

    payload: dict[str, Any]
    columns: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Also, ...] = ()
    action_id: int = 0
    number: str = ""
    body: str | None = None
    discreet: bool = False


Effect = Callable[[Work, Facts, Command, UUID], Change]


def reasons(work: Work, action_id: int, command: Command) -> dict[str, str]:
    """Keep the reasons of a command apart from the log; returns what its event may say of them."""
    author = command.actor.seat
    _, reason = keep_words(work, action_id, "reason", author, command.reason)
    _, late = keep_words(work, action_id, "late_reason", author, command.late_reason)
    return {**reason, **late}


def known(facts: Facts) -> int:
    """The id of an action that exists: the table lets nothing else come here."""
    if facts.action_id is None:
        message = "the action does not exist yet"
        raise LookupError(message)
    return facts.action_id


def reason_only(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Nothing changes but the state."""
    return Change(reasons(work, known(facts), command))
