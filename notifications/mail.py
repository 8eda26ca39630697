"""From a mail of ours to a message on the wire, by the rules of the post: one person, safe headers, short lines."""

import re
from datetime import datetime
from email.charset import Charset
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifications.message import Mail

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_DOMAIN})")
_IDENTIFIER = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}>")
_LIST = re.compile(rf"{_DOMAIN}")
_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UTF8 = Charset("utf-8")
_WORD_BYTES = 39
_LONGEST = {"address": 254, "local": 64, "identifier": 250, "line": 500}


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


def _named(field: str, name: str, address: str) -> Address:
    return Address(_line(f"{field} name", name), addr_spec=checked_address(field, address))


def _write(message: EmailMessage, header: str, text: str, rest: str = "") -> None:
    """Write a text into a header, followed by ``rest`` in plain letters.

    Other letters than ASCII are encoded here: the standard library's folding loses the space between two encoded words.
    """
    message.set_raw(header, "\n ".join(filter(None, (*_encoded_words(text), rest))))


def _encoded_words(text: str) -> list[str]:
    pieces = [""]
    for token in re.findall(r"\S+\s*|\s+", text):
        for part in (token,) if len(token.encode()) <= _WORD_BYTES else token:
            if len((pieces[-1] + part).encode()) > _WORD_BYTES:
                pieces.append("")
            pieces[-1] += part
    return [_UTF8.header_encode(piece) for piece in pieces]


def _write_address(message: EmailMessage, header: str, address: Address) -> None:
    if address.display_name.isascii():
        message[header] = address
    else:
        _write(message, header, address.display_name, f"<{address.addr_spec}>")


def _identifier(field: str, value: str) -> str:
    if not _IDENTIFIER.fullmatch(value) or len(value) > _LONGEST["identifier"]:
        raise ValueError(f"{field}: not a message identifier such as <id@domain>")
    return value


def _write_list(message: EmailMessage, mail: Mail, list_id: str) -> None:
    if not _LIST.fullmatch(list_id) or len(list_id) > _LONGEST["identifier"]:
        raise ValueError("list id: not a name such as committee.convention.example")
    name = _line("list name", mail.list_name)
    if name.isascii():
        message["List-Id"] = f"{name} <{list_id}>".strip()
    else:
        _write(message, "List-Id", name, f"<{list_id}>")


def _address_headers(message: EmailMessage, mail: Mail) -> None:
    _write_address(message, "From", _named("sender", mail.sender.name, mail.sender.address))
    _write_address(message, "To", _named("recipient", mail.recipient.name, mail.recipient.address))
    message["Reply-To"] = checked_address("reply to", mail.reply_to)


def _write_subject(message: EmailMessage, subject: str) -> None:
    if subject.isascii():
        message["Subject"] = subject
    else:
        _write(message, "Subject", subject)


def _thread_headers(message: EmailMessage, mail: Mail) -> None:
    message["Message-ID"] = _identifier("message id", mail.message_id)
    if mail.thread_id is None or _identifier("thread id", mail.thread_id) == mail.message_id:
        return
    message["In-Reply-To"] = mail.thread_id
    message["References"] = mail.thread_id


def _robot_headers(message: EmailMessage, mail: Mail) -> None:
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, DR, RN, NRN, AutoReply"
    if mail.list_id is not None:
        _write_list(message, mail, mail.list_id)
    if mail.rehearsal:
        message["X-Passerelle-Rehearsal"] = "yes"


def _attach(message: EmailMessage, mail: Mail) -> None:
    for file in mail.attachments:
        kind = _MEDIA_TYPE.fullmatch(file.media_type)
        if kind is None:
            raise ValueError("attachment: not a media type such as application/pdf")
        message.add_attachment(file.content, maintype=kind[1], subtype=kind[2], filename=_line("attachment name", file.name))


def build(mail: Mail, now: datetime) -> EmailMessage:
    """Build the message. No line is longer than 998 bytes, and the whole is plain ASCII, so that every server takes it.

    Raises:
        ValueError: a header would break the message: a line end or control character, a bad address or identifier, a date
            without time zone. The text names the field and never shows a person's data.
    """
    if now.tzinfo is None:
        raise ValueError("date: without time zone")
    message = EmailMessage(policy=SMTP)
    _address_headers(message, mail)
    _write_subject(message, _line("subject", mail.subject))
    message["Date"] = format_datetime(now)
    _thread_headers(message, mail)
    _robot_headers(message, mail)
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    _attach(message, mail)
    # Last, because the standard library moves content headers into the first part whenever it adds another.
    message["Content-Language"] = _line("language", mail.recipient.language)
    return message
