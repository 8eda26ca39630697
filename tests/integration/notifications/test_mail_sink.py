import errno
import logging
import os
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifications.mailbox import Flaw, list_mails, read_mail
from notifications.sink import prepare, running_sink, store
from notifications.smtp import SmtpPool
from services.doctor_home import examine_files
from services.wording import Wording

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


def test_of_two_sinks_on_one_port_the_first_goes_on_and_the_second_may_follow_it(tmp_path):
    with running_sink(tmp_path / "first") as port:
        refused = running_sink(tmp_path / "second", port=port)
        with pytest.raises(OSError, match="in use"), refused:
            pass
        with talking(port) as client:
            client.sendmail(FROM, TO, BARE)
    with running_sink(tmp_path / "second", port=port), talking(port) as client:
        client.sendmail(FROM, TO, BARE)
    assert [len(files(tmp_path / name)) for name in ("first", "second")] == [1, 1]


def talking(port):
    return smtplib.SMTP("127.0.0.1", port, "client.example")


def in_data(client, *recipients):
    """Come as far as where the mail itself is asked for."""
    client.ehlo()
    client.mail(FROM)
    for recipient in recipients or (TO,):
        assert client.rcpt(recipient)[0] == 250
    assert client.docmd("DATA")[0] == 354


def full(*_):
    raise OSError(errno.ENOSPC, "no space left on device")


def full_for_folders(descriptor):
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        full()


@pytest.mark.parametrize(
    ("what", "fails"),
    [("notifications.sink.os.fsync", full), ("pathlib.Path.rename", full), ("notifications.sink.os.fsync", full_for_folders)],
    ids=["once it is half-written", "before it is in its place", "once it is in its place"],
)
def test_a_disk_that_fills_up_delays_the_mail_wherever_it_does_and_keeps_nothing_of_it(tmp_path, what, fails):
    with running_sink(tmp_path) as port, talking(port) as client:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(what, fails)
            in_data(client)
            client.send(BARE + b".\r\n")
            assert client.getreply() == (452, b"4.3.1 no room left for mails")
        assert files(tmp_path, "tmp") + files(tmp_path) == []
        client.sendmail(FROM, TO, BARE)
    assert (files(tmp_path, "tmp"), len(files(tmp_path))) == ([], 1)


@pytest.mark.parametrize("there", ["tmp", "new", "cur"])
def test_a_maildir_that_cannot_be_made_is_refused_at_once(tmp_path, there):
    (tmp_path / there).write_bytes(b"not a folder")
    refused = running_sink(tmp_path)
    with pytest.raises(FileExistsError), refused:
        pass


def test_a_maildir_that_goes_bad_meanwhile_delays_mails_until_it_is_mended(tmp_path):
    with running_sink(tmp_path) as port, talking(port) as client:
        (tmp_path / "new").rmdir()
        (tmp_path / "new").write_bytes(b"not a folder")
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            client.sendmail(FROM, TO, BARE)
        assert (refusal.value.smtp_code, files(tmp_path, "tmp")) == (451, [])
        (tmp_path / "new").unlink()
        prepare(tmp_path)
        client.sendmail(FROM, TO, BARE)
    assert len(files(tmp_path)) == 1


def test_what_a_dead_sink_left_half_written_is_never_delivered_nor_in_the_way(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "half").write_bytes(BARE[:20])
    with running_sink(tmp_path) as port, talking(port) as client:
        client.sendmail(FROM, TO, BARE)
    assert [file.name for file in files(tmp_path, "tmp")] == ["half"]
    assert {mail.flaw for mail in list_mails(tmp_path)} == {Flaw.UNFINISHED, None}


def cut_off(client):
    """The client dies: its connection is reset, with nothing said."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


@pytest.mark.parametrize("hang_up", [smtplib.SMTP.close, cut_off], ids=["hung up", "reset"])
@pytest.mark.parametrize("sent", [b"", b"Subject: half\r\n\r\ntext", BARE + b".", BARE + b".\r"])
def test_a_mail_whose_connection_is_cut_is_not_kept_and_nobody_complains(tmp_path, sent, hang_up, caplog):
    caplog.set_level(logging.WARNING)
    with running_sink(tmp_path) as port:
        client = talking(port)
        in_data(client)
        client.send(sent)
        hang_up(client)
        with talking(port) as other:
            other.sendmail(FROM, TO, BARE)
    assert (files(tmp_path, "tmp"), len(files(tmp_path))) == ([], 1)
    assert caplog.records == []


@pytest.mark.parametrize("cut", range(1, 6))
def test_the_end_of_a_mail_is_found_wherever_the_network_cuts_it(tmp_path, cut):
    content = b"Subject: x\r\n\r\n.\r\r\n.\n\n.\n\r\n"
    travelling = content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    with running_sink(tmp_path) as port, talking(port) as client:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        in_data(client)
        for start in range(0, len(travelling), cut):
            client.send(travelling[start : start + cut])
            time.sleep(0.002)
        assert client.getreply()[0] == 250
        assert client.noop()[0] == 250
    (file,) = files(tmp_path)
    assert file.read_bytes().partition(f"Delivered-To: {TO}\r\n".encode())[2] == content


def test_commands_that_come_in_one_piece_with_a_mail_are_answered_after_it(tmp_path):
    with running_sink(tmp_path) as port, talking(port) as client:
        in_data(client)
        client.send(BARE + b".\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<" + TO.encode() + b">\r\nDATA\r\n")
        assert [client.getreply()[0] for _ in range(5)] == [250, 250, 250, 250, 354]
        client.send(b".\r\n")
        assert client.getreply()[0] == 250
    assert sorted(file.read_bytes().partition(TO.encode() + b"\r\n")[2] for file in files(tmp_path)) == [b"", BARE]


def test_a_mail_of_any_size_with_lines_of_any_length_is_kept_whole(tmp_path):
    content = b"Subject: long\r\n\r\n" + b"x" * (3 * 2**20) + b"\r\n" + b"short\r\n" * 2**19
    with running_sink(tmp_path) as port, talking(port) as client:
        client.ehlo()
        assert client.mail(FROM, [f"SIZE={10**12}"])[0] == 250
        client.rcpt(TO)
        assert client.data(content)[0] == 250
    (file,) = files(tmp_path)
    assert file.stat().st_size == len(f"Return-Path: <{FROM}>\r\nDelivered-To: {TO}\r\n") + len(content)
    assert file.read_bytes().endswith(content)


@pytest.mark.parametrize("length", [2_000, 3 * 2**20])
def test_a_command_that_is_too_long_is_refused_and_the_next_one_heard(tmp_path, length):
    with running_sink(tmp_path) as port, talking(port) as client:
        client.ehlo()
        assert client.docmd("MAIL", f"FROM:<{'a' * length}@ville.example>")[0] == 500
        client.sendmail(FROM, TO, BARE)
    assert len(files(tmp_path)) == 1


def test_a_mail_to_several_people_is_kept_once_and_names_those_whose_address_was_one(tmp_path):
    people = [f"membre-{number}@ville.example" for number in range(100)]
    with running_sink(tmp_path) as port, talking(port) as client:
        assert set(client.sendmail(FROM, [*people, "nobody@@ville.example"], BARE)) == {"nobody@@ville.example"}
    (file,) = files(tmp_path)
    named = [line for line in file.read_text("utf-8").splitlines() if line.startswith("Delivered-To")]
    assert named == [f"Delivered-To: {person}" for person in people]


def test_a_mail_to_nobody_is_refused(tmp_path):
    with running_sink(tmp_path) as port, talking(port) as client:
        assert client.docmd("DATA")[0] == 503
        client.ehlo()
        assert client.docmd("DATA")[0] == 503
        client.mail(FROM)
        assert client.docmd("DATA")[0] == 503
        client.rcpt(TO)
        assert client.docmd("DATA", "now")[0] == 501
    assert files(tmp_path) == []


@pytest.mark.parametrize("address", ["élodie@ville.example".encode(), "élodie@ville.example".encode("latin-1")], ids=["utf-8", "latin-1"])
def test_addresses_and_headers_keep_their_bytes_whatever_they_were_announced_as(tmp_path, address):
    content = b"From: " + address + b"\r\nSubject: " + "Été".encode("latin-1") + b"\r\n\r\n" + "déjà\r\n".encode()
    with running_sink(tmp_path) as port, talking(port) as client:
        client.ehlo()
        for command in (b"MAIL FROM:<%s>", b"RCPT TO:<%s>"):
            client.send(command % address + b"\r\n")
            assert client.getreply()[0] == 250
        assert client.data(content)[0] == 250
    (file,) = files(tmp_path)
    assert file.read_bytes() == b"Return-Path: <%s>\r\nDelivered-To: %s\r\n" % (address, address) + content
    (mail,) = list_mails(tmp_path)
    assert (mail.key, mail.flaw) == (file.name, None)
    assert read_mail(tmp_path, mail.key).text.startswith("d")


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


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        (b"Date: Mon, 05 Oct 2026 07:30:00 +0200\r\n", datetime(2026, 10, 5, 5, 30, tzinfo=UTC)),
        (b"Date: Mon, 05 Oct 2026 07:30:00 -0000\r\n", datetime(2026, 10, 5, 7, 30, tzinfo=UTC)),
        (b"Date: some day\r\n", None),
        (b"", None),
    ],
)
def test_a_mail_says_when_it_was_sent(tmp_path, said, moment):
    prepare(tmp_path)
    key = store(tmp_path, FROM, [TO], b"From: a@b.example\r\n" + said + b"\r\ntext\r\n")
    assert read_mail(tmp_path, key).sent_at == moment


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


@pytest.fixture
def closed_mailbox():
    """A mailbox with a mail, read by somebody who has no right to its folders until they are given."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:  # the usual one lies where only its owner comes
        maildir = Path(place) / "mailbox"
        prepare(maildir)
        key = store(maildir, FROM, [TO], BARE)
        for folder in (maildir.parent, maildir):
            folder.chmod(0o755)
        mine = os.geteuid()
        (maildir / "new").chmod(0)
        if mine == 0:
            os.seteuid(65534)
        try:
            yield maildir, key
        finally:
            os.seteuid(mine)
            (maildir / "new").chmod(0o755)


def test_a_folder_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one(closed_mailbox):
    maildir, key = closed_mailbox
    with pytest.raises(PermissionError):
        list_mails(maildir)
    with pytest.raises(PermissionError):
        read_mail(maildir, key)


def test_the_doctor_says_that_a_mailbox_cannot_be_read(light_app):
    light_app.settings.mailbox.mkdir()
    (light_app.settings.mailbox / "new").write_bytes(b"not a folder")
    (check,) = [check for check in examine_files(light_app) if check.name == "mailbox"]
    assert (check.level, check.params["why"]) == ("mend", "NotADirectoryError")
    told = Wording("fr").say(f"doctor.{check.name}.{check.level}", **check.params)
    assert str(light_app.settings.mailbox) in told


def test_what_is_no_file_is_passed_over_or_listed_as_unreadable(tmp_path):
    prepare(tmp_path)
    (tmp_path / "new" / "folder").mkdir()
    (tmp_path / "new" / "gone").symlink_to(tmp_path / "nowhere")
    assert [(mail.key, mail.flaw) for mail in list_mails(tmp_path)] == [("folder", Flaw.UNREADABLE)]
    with pytest.raises(LookupError, match="not readable"):
        read_mail(tmp_path, "folder")
