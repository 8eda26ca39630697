"""Where the messages of a scratch application end: each is composed as it would leave, and given to whoever looks on."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from notifications.message import Receipt

_IDENTIFIER, _UUID_LETTERS = b"\r\nMessage-ID: <", 36
_TAKEN = Receipt(250, "kept")


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished mail as it would travel, and its envelope."""

    sender: str
    recipient: str
    content: bytes

    @property
    def delivery(self) -> UUID:
        """Which delivery it is: the identifier of a mail begins with it."""
        start = self.content.index(_IDENTIFIER) + len(_IDENTIFIER)
        return UUID(self.content[start : start + _UUID_LETTERS].decode("ascii"))


@dataclass(frozen=True, slots=True)
class Line:
    """A text for a chat room, named by the charter's reference: no address was read."""

    room: str
    title: str
    text: str


class Outbox:
    """Takes everything at once and sends nothing. It holds no way to do so."""

    def __init__(self, keep: Callable[[Letter | Line], None] = lambda _: None) -> None:
        """``keep`` is given each message in the order in which they leave; without it they are counted only."""
        self._keep = keep
        self.mails = self.lines = 0

    def send_mail(self, mail: bytes, envelope_from: str, envelope_to: str) -> Receipt:
        """Keep a mail."""
        self.mails += 1
        self._keep(Letter(envelope_from, envelope_to, mail))
        return _TAKEN

    def send_chat(self, url: str, title: str, text: str, key: str) -> Receipt:
        """Keep a line for a room; ``url`` is its reference."""
        del key
        self.lines += 1
        self._keep(Line(url, title, text))
        return _TAKEN
