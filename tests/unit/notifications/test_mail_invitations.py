"""Mails with an invitation, as the standard library's parser takes them apart."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from zoneinfo import ZoneInfo

import pytest

from notifications.ical import Call, Entry, invite
from notifications.mail import build
from notifications.message import Attachment, Invitation, Recipient, Sender

ENTRY = Entry(
    uid="copil-s-2026-001.vda-lille@passerelle.example",
    sequence=2,
    starts=datetime(2026, 10, 15, 14, 30, tzinfo=ZoneInfo("Europe/Paris")),
    summary="Comité de pilotage " * 60,
    description="Ordre du jour\n" + "1. Été 😀, " * 900,
    place="Hôtel de ville",
    join=None,
    organizer=Sender("Secrétariat", "secretariat@ville.example"),
    attendee=Recipient("Éloïse Exemple", "eloise@universite.example", "fr"),
    needed=True,
)


def parsed(message):
    return BytesParser(EmailMessage, policy=default).parsebytes(message)


def kinds(message):
    """The tree of a message: each multipart with its parts."""
    if message.is_multipart():
        return message.get_content_type(), [kinds(part) for part in message.iter_parts()]
    return message.get_content_type()


@pytest.mark.parametrize("call", Call)
def test_an_invitation_stands_among_the_forms_of_a_mail_and_once_more_as_a_file(plain_mail, noon, call):
    invitation = invite(ENTRY, call, datetime(2026, 10, 5, tzinfo=UTC))
    files = (Attachment("fiche.pdf", "application/pdf", b"%PDF"),)
    message = parsed(build(replace(plain_mail, invitation=invitation, attachments=files), noon))
    forms = ("multipart/alternative", ["text/plain", "text/html", "text/calendar"])
    assert kinds(message) == ("multipart/mixed", [forms, "application/pdf", "application/ics"])
    [calendar] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": invitation.method}
    assert calendar.get_payload(decode=True) == invitation.content
    assert f"\r\nMETHOD:{invitation.method}\r\n".encode() in invitation.content
    [_, file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("invitation.ics", invitation.content)
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == plain_mail.text


def test_a_mail_with_an_invitation_is_plain_ascii_in_short_lines(plain_mail, noon):
    content = build(replace(plain_mail, invitation=invite(ENTRY, Call.HOLD, noon)), noon)
    assert (content.isascii(), max(map(len, content.split(b"\r\n"))) <= 998, b"\n" in content.replace(b"\r\n", b"")) == (True, True, False)


@pytest.mark.parametrize("method", ["CANCEL", "REQUEST\r\nX: y", "PUBLISH", ""])
def test_an_invitation_whose_method_is_not_that_of_its_content_is_refused(plain_mail, noon, method):
    content = invite(ENTRY, Call.HOLD, noon).content
    with pytest.raises(ValueError, match=r"^invitation: "):
        build(replace(plain_mail, invitation=Invitation(method, content)), noon)
