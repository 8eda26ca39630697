from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest

from notifications.mail import build
from notifications.message import Attachment, Recipient, Sender

LONG = "Rapprochement-des-sites-universitaires" * 20


def text_of(message, form="plain"):
    return message.get_body((form,)).get_content().replace("\r\n", "\n")


def parsed(message):
    return BytesParser(EmailMessage, policy=default).parsebytes(message)


def test_a_mail_carries_the_headers_that_readers_and_robots_need(plain_mail, noon):
    message = parsed(build(plain_mail, noon))
    assert dict(message.items()) | {"Content-Type": ""} == {
        "From": "Convention Ville - Université <convention@passerelle.example>",
        "To": "Éloïse Exemple <eloise@universite.example>",
        "Reply-To": "secretariat@ville.example",
        "Subject": "Votre avis d\u2019ici au 3 mars 2026 : l\u2019été à vélo",
        "Date": "Tue, 03 Mar 2026 12:00:00 +0000",
        "Message-ID": "<delivery-1@passerelle.example>",
        "In-Reply-To": "<action-1@passerelle.example>",
        "References": "<action-1@passerelle.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, DR, RN, NRN, AutoReply",
        "Content-Language": "fr",
        "List-Id": "Comité technique <cotech.convention.example>",
        "X-Passerelle-Rehearsal": "yes",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_a_mail_says_the_same_in_text_and_page_whatever_the_letters(plain_mail, noon):
    message = parsed(build(plain_mail, noon))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert text_of(message) == plain_mail.text
    assert text_of(message, "html") == plain_mail.html


def test_the_same_mail_built_twice_has_the_same_identifier(plain_mail, noon):
    assert build(plain_mail, noon) == build(plain_mail, noon)


def test_the_root_of_a_thread_answers_nothing_and_a_live_mail_is_not_marked(plain_mail, noon):
    alone = replace(plain_mail, thread_id=None, list_id=None, rehearsal=False)
    for mail in (alone, replace(alone, thread_id=alone.message_id)):
        assert not {"In-Reply-To", "References", "List-Id", "X-Passerelle-Rehearsal"} & set(parsed(build(mail, noon)).keys())


def test_a_list_without_a_name_shows_its_identifier_alone(plain_mail, noon):
    assert parsed(build(replace(plain_mail, list_name=""), noon))["List-Id"] == "<cotech.convention.example>"


def test_no_line_is_too_long_for_a_server_and_everything_is_ascii(plain_mail, noon):
    mail = replace(plain_mail, subject=LONG[:500], text=LONG * 10 + "é", html=f"<p>{LONG * 10}é</p>", list_name=LONG[:400])
    mail = replace(mail, recipient=Recipient("É" * 400, "a@b.example", "fr"))
    content = build(mail, noon)
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert text_of(parsed(build(mail, noon))).rstrip("\n") == mail.text


def test_an_attachment_keeps_its_bytes_and_its_accented_name(plain_mail, noon):
    files = (Attachment("fiche été.pdf", "application/pdf", b"\x00\xff%PDF"),)
    message = parsed(build(replace(plain_mail, attachments=files), noon))
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == ("fiche été.pdf", "application/pdf", b"\x00\xff%PDF")
    assert text_of(message) == plain_mail.text


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("subject", {"subject": "Avis\r\nBcc: x@y.example"}),
        ("subject", {"subject": "Avis\u2028suite"}),
        ("subject", {"subject": "a" * 501}),
        ("sender name", {"sender": Sender("A\nB", "a@b.example")}),
        ("sender", {"sender": Sender("A", "a@b.example\r\n")}),
        ("recipient name", {"recipient": Recipient("A\x00", "a@b.example", "fr")}),
        ("recipient", {"recipient": Recipient("A", "a@b.example, c@d.example", "fr")}),
        ("recipient", {"recipient": Recipient("A", "a b@c.example", "fr")}),
        ("recipient", {"recipient": Recipient("A", "é@c.example", "fr")}),
        ("recipient", {"recipient": Recipient("A", "a" * 65 + "@c.example", "fr")}),
        ("recipient", {"recipient": Recipient("A", "", "fr")}),
        ("language", {"recipient": Recipient("A", "a@b.example", "fr\r\nX: y")}),
        ("reply to", {"reply_to": "<a@b.example>"}),
        ("message id", {"message_id": "delivery-1@b.example"}),
        ("thread id", {"thread_id": "<a@b.example>\n"}),
        ("list id", {"list_id": "cotech>"}),
        ("list name", {"list_name": "a\rb"}),
        ("unsubscribe", {"unsubscribe": "http://b.example/x"}),
        ("unsubscribe", {"unsubscribe": "https://b.example/x\r\nBcc: c@d.example"}),
        ("attachment", {"attachments": (Attachment("a", "text", b""),)}),
        ("attachment name", {"attachments": (Attachment("a\n", "text/plain", b""),)}),
    ],
)
def test_what_would_break_the_message_is_refused_with_its_field(plain_mail, noon, field, change):
    with pytest.raises(ValueError, match=f"^{field}: ") as refusal:
        build(replace(plain_mail, **change), noon)
    assert "example" not in str(refusal.value).replace("<id@domain>", "").replace("committee.convention.example", "")


def test_a_date_without_its_zone_is_refused(plain_mail):
    with pytest.raises(ValueError, match=r"^date: "):
        build(plain_mail, datetime(2026, 3, 3, 12, 0))  # noqa: DTZ001  # that is the fault
