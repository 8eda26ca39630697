"""Reading what comes back by mail: reports of delivery (RFC 3464), automatic replies (RFC 3834), and anything else.

Nothing here is believed: whether a report is about a mail of ours is for the caller to find out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import Any

from notifications.redact import redact
from notifications.text import one_line

LARGEST = 10_000_000
_FIELDS = ("auto-submitted", "from", "to", "subject", "date", "message-id", "received", "return-path", "mime-version", "content-type")
_IDENTIFIER = re.compile(r"<([^<>@\s]{1,200})@[^<>@\s]{1,200}>")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"\b([245]\d\d)\b")
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})


class Flaw(StrEnum):
    """Why a message cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    HEADLESS = "headless"
    NO_STATUS = "no_status"


class UnreadableError(Exception):
    """What was given is no mail, or a report that says nothing."""

    def __init__(self, flaw: Flaw) -> None:
        """Keep why."""
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Fate:
    """What a report says of one recipient. ``addresses``: the final one, and the one it was first sent to; ``said``: without addresses."""

    addresses: frozenset[str]
    action: str
    status: str | None
    code: int | None
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report of delivery: the left part of the Message-ID of the mail that it is about, if it returns it, and the fate of each recipient."""

    message: str | None
    fates: tuple[Fate, ...]


@dataclass(frozen=True, slots=True)
class NotAReport:
    """Any other mail; ``automatic``: a robot's reply."""

    automatic: bool


def read_returned(content: bytes) -> Report | NotAReport:
    """Read one mail.

    Raises:
        UnreadableError: it is empty, too large, no mail, or a report of delivery without a recipient and what became of it.
    """
    if not content.strip():
        raise UnreadableError(Flaw.EMPTY)
    if len(content) > LARGEST:
        raise UnreadableError(Flaw.TOO_LARGE)
    mail = BytesParser(policy=compat32).parsebytes(content)
    if not any(name in mail for name in _FIELDS):
        raise UnreadableError(Flaw.HEADLESS)
    if mail.get_content_type() == "multipart/report" and str(mail.get_param("report-type", "")).lower() == "delivery-status":
        return _report(mail)
    return NotAReport(_is_automatic(mail))


def _is_automatic(mail: Message) -> bool:
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    return submitted != "no" or "X-Autoreply" in mail or "X-Autorespond" in mail or precedence in _BULK


def _report(mail: Message) -> Report:
    parts = [part for part in mail.walk() if part is not mail]
    fates = tuple(fate for part in parts if part.get_content_type() == "message/delivery-status" for fate in _fates(part))
    if not fates:
        raise UnreadableError(Flaw.NO_STATUS)
    return Report(next(_identifiers(parts), None), fates)


def _inner(part: Message) -> list[Message]:
    """The blocks of a report, or the mail that a part holds."""
    payload: Any = part.get_payload()
    return payload if isinstance(payload, list) else []


def _fates(part: Message) -> Iterator[Fate]:
    for block in _inner(part):
        addresses = frozenset(filter(None, (_address(block, name) for name in ("Final-Recipient", "Original-Recipient"))))
        action = str(block.get("Action", "")).strip().lower()
        if not addresses or action not in _ACTIONS:
            continue
        said = one_line(str(block.get("Diagnostic-Code", "")).partition(";")[2])
        status = _STATUS.search(str(block.get("Status", "")))
        code = _REPLY.search(said)
        yield Fate(addresses, action, ".".join(status.groups()) if status else None, int(code[1]) if code else None, redact(said))


def _address(block: Message, name: str) -> str:
    """The address of a field such as ``rfc822; name@domain``, in small letters; other kinds of addresses are left out."""
    kind, _, address = str(block.get(name, "")).partition(";")
    return address.strip().strip("<>").lower() if kind.strip().lower() in ("rfc822", "utf-8") else ""


def _identifiers(parts: list[Message]) -> Iterator[str]:
    """The identifier of the mail that came back: whole, or its headers alone."""
    for part in parts:
        for mail in _inner(part) if part.get_content_type() == "message/rfc822" else _headers(part):
            found = _IDENTIFIER.search(str(mail.get("Message-ID", "")))
            if found:
                yield found[1]


def _headers(part: Message) -> Iterator[Message]:
    if part.get_content_type() == "text/rfc822-headers":
        content: Any = part.get_payload(decode=True)
        yield BytesParser(policy=compat32).parsebytes(content or b"", headersonly=True)
