"""What a charter may say of telling people: its own lines of the table of recipients.

Names of topics, messages and roles are only words here: whether they exist is judged where the messages are known (``services.recipients``).
"""

from collections.abc import Mapping

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from models.texts import Rules


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Line:
    """One message of a topic: in which capacities people get it, and in which they get a copy, for information."""

    message: str = Field(description="Name of the message.")
    to: tuple[str, ...] = Field(min_length=1, description="Capacities of those it is written to.")
    copy: tuple[str, ...] = Field(default=(), description="Capacities of those who get a copy.")


class TellingRules(Rules):
    """How people are told of what happens."""

    recipients: Mapping[str, tuple[Line, ...]] = Field(
        default={}, description="Lines that replace those of the built-in table, by topic; absent: the built-in table."
    )
