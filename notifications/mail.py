"""From a mail of ours to a message on the wire, by the rules of the post: one person, safe headers, short lines.

The bytes are put together here, since nearly all headers fit on one plain line: the standard library's messages parse and fold each of them
twice, and cost fifteen times as much. It still folds what is long or odd.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from notifications.message import Attachment, Invitation, Mail

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_DOMAIN})")
_IDENTIFIER = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}>")
_LIST = re.compile(rf"{_DOMAIN}")
_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HTTPS = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&'*+;=%-]+")
_WORD_BYTES = 39
_LONGEST = {"address": 254, "local": 64, "identifier": 250, "line": 500}
_HEADER_WIDTH = 78
_METHODS = frozenset({"REQUEST", "CANCEL"})
_PARTS, _WHOLE = "=_parts", "=_whole"
"""Boundaries: neither letters quoted as printable nor those of base64 can spell them."""


def _line(field: str, text: str) -> str:
    if _UNPRINTED.search(text) or len(text) > _LONGEST["line"]:
        raise ValueError(f"{field}: not a single line of at most {_LONGEST['line']} characters")
    return text


def checked_address(field: str, address: str) -> str:
    """Return the address if the post can carry it.

    Raises:
        ValueError: it is not one plain address; the message names the field and never shows the address.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or len(address) > _LONGEST["address"] or len(match[1]) > _LONGEST["local"]:
        raise ValueError(f"{field}: not a mail address")
    return address


def _header(name: str, value: str) -> str:
    """A header in plain letters. One that is long, or holds what reads like an encoded word, is folded by the standard library."""
    if len(name) + 2 + len(value) <= _HEADER_WIDTH and "=?" not in value:
        return f"{name}: {value}\r\n"
    folded: str = SMTP.fold(name, SMTP.header_factory(name, value))
    return folded


def _worded(name: str, text: str, rest: str = "") -> str:
    """A header with a text in any letters, followed by ``rest`` in plain ones.

    Other letters than ASCII are encoded here: the standard library's folding loses the space between two encoded words.
    """
    if text.isascii():
        return _header(name, f"{text} {rest}".strip() if rest else text)
    return f"{name}: " + "\r\n ".join(filter(None, (*_encoded_words(text), rest))) + "\r\n"


@lru_cache(maxsize=512)
def _encoded_words(text: str) -> tuple[str, ...]:
    pieces = [""]
    for token in re.findall(r"\S+\s*|\s+", text):
        for part in (token,) if len(token.encode()) <= _WORD_BYTES else token:
            if len((pieces[-1] + part).encode()) > _WORD_BYTES:
                pieces.append("")
            pieces[-1] += part
    return tuple(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=" for piece in pieces)


def _addressed(header: str, field: str, name: str, address: str) -> str:
    local, _, domain = checked_address(field, address).rpartition("@")
    if _line(f"{field} name", name).isascii():
        return _header(header, str(Address(name, local, domain)))
    return _worded(header, name, f"<{address}>")


def _identifier(field: str, value: str) -> str:
    if not _IDENTIFIER.fullmatch(value) or len(value) > _LONGEST["identifier"]:
        raise ValueError(f"{field}: not a message identifier such as <id@domain>")
    return value


def _list_header(mail: Mail, list_id: str) -> str:
    if not _LIST.fullmatch(list_id) or len(list_id) > _LONGEST["identifier"]:
        raise ValueError("list id: not a name such as committee.convention.example")
    return _worded("List-Id", _line("list name", mail.list_name), f"<{list_id}>")


def _secure_address(address: str) -> str:
    """An address between angle brackets; it has to be https, and the mail signed, for mail programs to offer the click."""
    if not _HTTPS.fullmatch(address) or len(address) > _LONGEST["line"]:
        raise ValueError("unsubscribe: not an https address")
    return f"<{address}>"


def _address_headers(mail: Mail) -> Iterator[str]:
    yield _addressed("From", "sender", mail.sender.name, mail.sender.address)
    yield _addressed("To", "recipient", mail.recipient.name, mail.recipient.address)
    yield _header("Reply-To", checked_address("reply to", mail.reply_to))


def _thread_headers(mail: Mail) -> Iterator[str]:
    yield _header("Message-ID", _identifier("message id", mail.message_id))
    if mail.thread_id is not None and _identifier("thread id", mail.thread_id) != mail.message_id:
        yield _header("In-Reply-To", mail.thread_id)
        yield _header("References", mail.thread_id)


def _robot_headers(mail: Mail) -> Iterator[str]:
    yield _header("Auto-Submitted", "auto-generated")
    yield _header("X-Auto-Response-Suppress", "OOF, DR, RN, NRN, AutoReply")
    if mail.list_id is not None:
        yield _list_header(mail, mail.list_id)
    if mail.unsubscribe is not None:
        yield _header("List-Unsubscribe", _secure_address(mail.unsubscribe))
        yield _header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    if mail.rehearsal:
        yield _header("X-Passerelle-Rehearsal", "yes")


def _headers(mail: Mail, now: datetime) -> Iterator[str]:
    yield from _address_headers(mail)
    yield _worded("Subject", _line("subject", mail.subject))
    yield _header("Date", format_datetime(now))
    yield from _thread_headers(mail)
    yield from _robot_headers(mail)
    yield _header("Content-Language", _line("language", mail.recipient.language))
    yield _header("MIME-Version", "1.0")


def _text(form: str, text: str) -> bytes:
    """A part that holds a text. Its lines end as those of the wire do, the last one too."""
    head = f'Content-Type: text/{form}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    lines = b"\r\n".join([*text.encode().splitlines(), b""])
    return head.encode() + b2a_qp(lines, istext=True)


def _file(file: Attachment) -> bytes:
    kind = _MEDIA_TYPE.fullmatch(file.media_type)
    if kind is None:
        raise ValueError("attachment: not a media type such as application/pdf")
    part = MIMEPart(policy=SMTP)
    part.set_content(file.content, kind[1], kind[2], filename=_line("attachment name", file.name))
    return part.as_bytes()


def _calendar(invitation: Invitation) -> bytes:
    """The part that calendars act upon: they refuse one whose type names another method than its content."""
    method = invitation.method
    if method not in _METHODS or f"\r\nMETHOD:{method}\r\n".encode() not in invitation.content:
        raise ValueError("invitation: its method is not that of its content")
    head = f'Content-Type: text/calendar; charset="utf-8"; method={method}\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + encodebytes(invitation.content).replace(b"\n", b"\r\n")


def _multipart(form: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    head = f'Content-Type: multipart/{form}; boundary="{boundary}"\r\n\r\n'.encode()
    mark = f"\r\n--{boundary}".encode()
    return head + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"


def build(mail: Mail, now: datetime) -> bytes:
    """Build the message as it travels. No line is longer than 998 bytes, and the whole is plain ASCII, so that every server takes it.

    Raises:
        ValueError: a header would break the message: a line end or control character, a bad address or identifier, a date
            without time zone, an invitation that contradicts itself. The text names the field and never shows a person's data.
    """
    if now.tzinfo is None:
        raise ValueError("date: without time zone")
    forms, files = [_text("plain", mail.text), _text("html", mail.html)], mail.attachments
    if mail.invitation is not None:
        forms.append(_calendar(mail.invitation))
        files = (*files, Attachment("invitation.ics", "application/ics", mail.invitation.content))
    body = _multipart("alternative", _PARTS, forms)
    if files:
        body = _multipart("mixed", _WHOLE, (body, *map(_file, files)))
    return "".join(_headers(mail, now)).encode("ascii") + body
