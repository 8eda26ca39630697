"""Reading the Maildir of the sink: what arrived, newest first, and what one mail says. Nothing in a mail can stop the reading."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from enum import StrEnum
from pathlib import Path

from notifications.text import legible, one_line

_HEADER_BYTES = 65536
_UNREADABLE = (OSError, MessageError, LookupError, ValueError, TypeError, AttributeError)
"""What opening a file that is none, or parsing headers and bodies that are no mail, may raise."""


class Flaw(StrEnum):
    """Why a file shows nothing: its writing was cut short, or it is no mail."""

    UNFINISHED = "unfinished"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class MailSummary:
    """One line of the mailbox; a file with a flaw has empty texts."""

    key: str
    received_at: datetime
    to: str
    subject: str
    sender: str
    message_id: str
    rehearsal: bool
    flaw: Flaw | None


@dataclass(frozen=True, slots=True)
class MailText:
    """One mail to read: its headers in their order, decoded, its text, and the moment that it says it was sent, if it says one."""

    key: str
    headers: tuple[tuple[str, str], ...]
    text: str
    sent_at: datetime | None


def list_mails(maildir: Path, limit: int | None = None) -> list[MailSummary]:
    """Return the mails kept, newest first; at most ``limit`` of them. A mailbox that does not exist yet is empty.

    Raises:
        OSError: a folder of the mailbox cannot be read.
    """
    found: list[tuple[int, Path]] = []
    for file in _files(maildir, "new", "cur", "tmp"):
        try:
            found.append((file.stat().st_mtime_ns, file))
        except FileNotFoundError:
            continue  # moved from tmp to new meanwhile: the next look finds it
    found.sort(key=lambda entry: (entry[0], entry[1].name), reverse=True)
    return [_summary(file, moment) for moment, file in found[:limit]]


def read_mail(maildir: Path, key: str) -> MailText:
    """Return one mail by its key; control characters that could disturb a terminal are left out.

    Raises:
        LookupError: no mail has this key, or the file is no readable mail.
        OSError: a folder of the mailbox cannot be read.
    """
    files = [file for file in _files(maildir, "new", "cur") if file.name == key]
    if not files:
        raise LookupError(f"no mail {key!r}")
    try:
        message = BytesParser(EmailMessage, policy=default).parsebytes(files[0].read_bytes())
        headers = tuple((name, one_line(str(value))) for name, value in message.items())
        body = message.get_body(("plain", "html"))
        text = legible(str(body.get_content())) if body is not None else ""
    except _UNREADABLE as error:
        raise LookupError(f"mail {key!r} is not readable") from error
    return MailText(key, headers, text, _sent_at(message))


def _sent_at(message: EmailMessage) -> datetime | None:
    """What the Date header says; a moment without a zone is taken for UTC (RFC 5322, 3.3)."""
    moment: datetime | None = getattr(message["Date"], "datetime", None)
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _files(maildir: Path, *folders: str) -> Iterator[Path]:
    """Not by ``glob``, to which a folder that it may not read is empty."""
    for folder in folders:
        with suppress(FileNotFoundError):  # not made yet
            yield from (maildir / folder).iterdir()


def _summary(file: Path, moment: int) -> MailSummary:
    received = datetime.fromtimestamp(moment / 1e9, UTC)
    if file.parent.name == "tmp":
        return _flawed(file, received, Flaw.UNFINISHED)
    try:
        with file.open("rb") as stream:
            message = BytesParser(EmailMessage, policy=default).parsebytes(stream.read(_HEADER_BYTES), headersonly=True)
        to, subject, sender, message_id = (one_line(str(message.get(name, ""))) for name in ("To", "Subject", "From", "Message-ID"))
    except _UNREADABLE:
        return _flawed(file, received, Flaw.UNREADABLE)
    if not (to or subject or sender):
        return _flawed(file, received, Flaw.UNREADABLE)
    return MailSummary(file.name, received, to, subject, sender, message_id, "X-Passerelle-Rehearsal" in message, None)


def _flawed(file: Path, received: datetime, flaw: Flaw) -> MailSummary:
    return MailSummary(file.name, received, "", "", "", "", rehearsal=False, flaw=flaw)
