import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from notifications.mailbox import Flaw, list_mails, read_mail
from notifications.sink import prepare, running_sink, store
from notifications.smtp import SmtpPool

ROOT = Path(__file__).parents[3]
FROM, TO = "convention@passerelle.example", "dominique@ville.example"
BARE = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?=C3=89t=C3=A9?=\r\n\r\nBonjour\r\n"


def files(maildir, folder="new"):
    return sorted((maildir / folder).iterdir())


def test_a_mail_is_kept_byte_for_byte_below_its_travel_lines(tmp_path, letter):
    with running_sink(tmp_path / "mailbox") as port:
        pool = SmtpPool("127.0.0.1", port)
        receipt = pool.send(letter, FROM, TO)
        pool.close()
    assert receipt.code == 250
    (file,) = files(tmp_path / "mailbox")
    assert file.read_bytes() == f"Return-Path: <{FROM}>\r\nDelivered-To: {TO}\r\n".encode() + letter
    assert files(tmp_path / "mailbox", "tmp") == []


def test_the_sink_takes_what_a_strict_relay_would_not(tmp_path):
    content = b"Subject: x\r\n\r\n" + "é".encode() * 5000 + b"\r\n..\r\n" + b"\xff\x00\r\n"
    with running_sink(tmp_path) as port, smtplib.SMTP("127.0.0.1", port, "client.example") as client:
        client.sendmail("", ["élodie@ville.example", TO], content, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    (file,) = files(tmp_path)
    travelled = "Return-Path: <>\r\nDelivered-To: élodie@ville.example\r\nDelivered-To: dominique@ville.example\r\n"
    assert file.read_bytes() == travelled.encode() + content


def test_a_disk_that_takes_nothing_delays_the_mail_and_keeps_no_half(tmp_path):
    maildir = tmp_path / "mailbox"
    with running_sink(maildir) as port, smtplib.SMTP("127.0.0.1", port, "client.example") as client:
        (maildir / "tmp").rmdir()
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.sendmail(FROM, TO, BARE)
        assert refusal.value.smtp_code == 451
        prepare(maildir)
        client.sendmail(FROM, TO, BARE)
    assert len(files(maildir)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_answers_that_there_is_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr("notifications.sink.secrets.token_hex", lambda _: "key")
    original = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: original(Path("/dev/full"), "wb") if mode == "xb" else original(path, mode))
    with running_sink(tmp_path) as port, smtplib.SMTP("127.0.0.1", port, "client.example") as client:
        client.ehlo()
        client.mail(FROM)
        client.rcpt(TO)
        assert client.data(BARE) == (452, b"4.3.1 no room left for mails")
    assert files(tmp_path) == []


def test_a_port_in_use_is_refused_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as held:
        refused = running_sink(tmp_path, port=held.getsockname()[1])
        with pytest.raises(OSError, match="in use"), refused:
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sink_ends_cleanly_when_told_even_with_a_client_connected(tmp_path, number):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from pathlib import Path; from notifications.sink import serve; serve('127.0.0.1', {port}, Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)  # noqa: S603  # our own code
    client = connected(port)
    client.sendmail(FROM, TO, BARE)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    client.close()
    assert (process.returncode, errors, len(files(tmp_path))) == (0, b"", 1)


def connected(port):
    for _ in range(100):
        try:
            return smtplib.SMTP("127.0.0.1", port, "client.example")
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the sink did not start")


def test_the_mailbox_lists_the_newest_first(tmp_path):
    prepare(tmp_path)
    keys = [store(tmp_path, FROM, [TO], BARE.replace(b"Bonjour", str(number).encode())) for number in range(3)]
    for number, key in enumerate(keys):
        os.utime(tmp_path / "new" / key, (1_700_000_000 + number, 1_700_000_000 + number))
    listed = list_mails(tmp_path)
    assert [mail.key for mail in listed] == keys[::-1]
    newest = listed[0]
    assert (newest.to, newest.sender, newest.subject, newest.rehearsal, newest.flaw) == ("c@d.example", "a@b.example", "Été", False, None)
    assert newest.received_at.isoformat() == "2023-11-14T22:13:22+00:00"
    assert [mail.key for mail in list_mails(tmp_path, limit=1)] == keys[2:]
    assert list_mails(tmp_path / "absent") == []


def test_a_mail_is_read_with_its_headers_and_text(tmp_path, letter):
    prepare(tmp_path)
    key = store(tmp_path, FROM, [TO], letter)
    mail = read_mail(tmp_path, key)
    assert mail.text == "Bonjour,\n.\n..fin\n"
    assert mail.headers[:4] == (("Return-Path", f"<{FROM}>"), ("Delivered-To", TO), ("From", FROM), ("To", TO))
    assert ("Subject", "Avis demandé") in mail.headers


def test_a_mail_cannot_disturb_the_terminal_it_is_shown_on(tmp_path):
    prepare(tmp_path)
    key = store(tmp_path, FROM, [TO], b"From: a@b.example\r\nSubject: =?utf-8?q?=1B[2J=0Ax?=\r\n\r\n\x1b[2Jtext\r\n")
    assert list_mails(tmp_path)[0].subject == "[2J x"
    assert read_mail(tmp_path, key).text == "[2Jtext\n"


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"no headers at all", b"\r\n\r\n"])
def test_a_broken_file_is_listed_as_such(tmp_path, content):
    prepare(tmp_path)
    (tmp_path / "new" / "broken").write_bytes(content)
    assert [(mail.key, mail.flaw) for mail in list_mails(tmp_path)] == [("broken", Flaw.UNREADABLE)]


@pytest.mark.parametrize(
    "content",
    [
        b"From: <<>>@\r\nTo: ,;:\r\nDate: never\r\nSubject: =?x?y?z?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff",
        b"From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\nno parts",
        b"From: a\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n*",
        b"From: a\r\nMessage-ID: <\r\nContent-Type: /;;=\r\n\r\nx",
    ],
)
def test_a_strange_mail_never_stops_the_reading(tmp_path, content):
    prepare(tmp_path)
    (tmp_path / "new" / "strange").write_bytes(content)
    assert [mail.key for mail in list_mails(tmp_path)] == ["strange"]
    with suppress(LookupError):
        assert read_mail(tmp_path, "strange").key == "strange"


def test_a_mail_whose_writing_was_cut_short_is_listed_as_such_and_not_read(tmp_path):
    prepare(tmp_path)
    (tmp_path / "tmp" / "half").write_bytes(BARE)
    assert [(mail.key, mail.flaw) for mail in list_mails(tmp_path)] == [("half", Flaw.UNFINISHED)]
    with pytest.raises(LookupError, match="no mail"):
        read_mail(tmp_path, "half")


@pytest.mark.parametrize("key", ["../../etc/hostname", "*", "", "absent"])
def test_a_key_leads_nowhere_but_into_the_mailbox(tmp_path, key):
    prepare(tmp_path)
    store(tmp_path, FROM, [TO], BARE)
    with pytest.raises(LookupError, match="no mail"):
        read_mail(tmp_path, key)


def test_what_is_no_file_is_passed_over_or_listed_as_unreadable(tmp_path):
    prepare(tmp_path)
    (tmp_path / "new" / "folder").mkdir()
    (tmp_path / "new" / "gone").symlink_to(tmp_path / "nowhere")
    assert [(mail.key, mail.flaw) for mail in list_mails(tmp_path)] == [("folder", Flaw.UNREADABLE)]
    with pytest.raises(LookupError, match="not readable"):
        read_mail(tmp_path, "folder")
