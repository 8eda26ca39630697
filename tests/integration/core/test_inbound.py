"""Reports of mails that came back: believed only where they return a mail of ours, counted once, and every message read is told."""

from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from uuid import UUID

import pytest
from returned_mail import CLERK, report

from models.errors import Refused
from models.tables import Bounce, Delivery, Person, table
from notifications.returned import Flaw, NotAReport, Report, UnreadableError, read_returned
from services.inbound import What, counts_of, read_maildir, read_one
from services.stages import run_deliveries

GONE = {"action": "failed", "status": "5.1.1", "said": "smtp; 550 5.1.1 <{to}> unknown"}
LATE = {"action": "delayed", "status": "4.4.1", "said": "smtp; 451 4.4.1 no answer from host"}


def letter(**headers):
    mail = EmailMessage(policy=WIRE)
    mail["From"], mail["To"], mail["Subject"] = "quelquun@ville.example", "convention@passerelle.example", "Bonjour"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Bonjour")
    return mail.as_bytes()


@pytest.fixture
def sent(desk, sink):
    """The id of a mail that has left, to the technical committee's secretary."""
    return one_sent(desk, sink)


@pytest.fixture
def light_sent(light_desk, sink):
    """The same, on SQLite only."""
    return one_sent(light_desk, sink)


def one_sent(desk, sink):
    desk.through(sink.url).propose()
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")
    assert run_deliveries(desk.app, holder="test", gate=lambda: None).deliveries == {"sent": 1}
    return desk.rows(Delivery)[0].id


def row(desk, delivery):
    (found,) = desk.rows(Delivery, id=delivery)
    return (found.state, found.reason, found.code, found.answer)


def returns(desk):
    return [(one.hard, one.soft, one.suppressed_at is not None) for one in desk.rows(Bounce)]


@pytest.mark.parametrize("form", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_came_back_is_lost_and_its_address_given_up_once(desk, sent, form):
    content = report(sent, form=form, **GONE)
    assert [read_one(desk.app, content).what for _ in range(2)] == [What.BOUNCED, What.KNOWN]
    assert row(desk, sent) == ("dead", "bounced", 550, "5.1.1 550 5.1.1 <***> unknown")
    assert returns(desk) == [(1, 0, True)]
    assert [one.message for one in desk.rows(Delivery) if one.id != sent] == ["operators-address-refused"]


def test_the_same_report_on_another_day_counts_no_second_time(light_desk, light_sent):
    for content in (report(light_sent, **LATE), report(light_sent, status="5.2.1")):
        known = []
        for _ in range(2):
            known.append(read_one(light_desk.app, content).what)
            light_desk.watch.advance(days=1)
        assert known[1] is What.KNOWN
    assert returns(light_desk) == [(1, 1, False)]


def test_a_mail_that_is_late_is_still_on_its_way(light_desk, light_sent):
    assert read_one(light_desk.app, report(light_sent, **LATE)).what is What.DELAYED
    assert row(light_desk, light_sent) == ("sent", "delayed", 451, "4.4.1 451 4.4.1 no answer from host")
    assert read_one(light_desk.app, report(light_sent, action="delivered", status="2.0.0")).what is What.REPORT
    assert read_one(light_desk.app, report(light_sent)).what is What.BOUNCED


def test_a_mail_that_came_back_goes_another_way_if_there_is_one(light_desk, light_sent):
    with light_desk.app.db.write() as connection:
        connection.execute(table(Person).update().values(channel="env:OWN_ROOM"))
    read_one(light_desk.app, report(light_sent, status="5.7.1"))
    assert row(light_desk, light_sent)[:2] == ("dead", "fell_back")
    assert [one.channel for one in light_desk.rows(Delivery, state="ready")] == ["env:OWN_ROOM"]
    assert returns(light_desk) == []


@pytest.mark.parametrize(
    ("delivery", "to"),
    [(UUID(int=7), CLERK), ("rien", CLERK), (None, "autre@ville.example"), (None, "secretariat.technique@ville.example.org.example")],
)
def test_a_report_that_returns_no_mail_of_ours_or_speaks_of_another_address_changes_nothing(light_desk, light_sent, delivery, to):
    before = light_desk.rows(Delivery)
    assert read_one(light_desk.app, report(delivery or light_sent, to=to, **GONE)).what is What.UNTRUSTED
    assert (light_desk.rows(Delivery), returns(light_desk)) == (before, [])


def test_a_report_about_a_mail_that_never_left_is_not_believed(light_desk):
    light_desk.propose()
    light_desk.settle()
    (waiting, *_) = light_desk.rows(Delivery, message="proposal-acknowledged")
    assert read_one(light_desk.app, report(waiting.id)).what is What.UNTRUSTED


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Auto_Submitted": "auto-replied"}, What.AUTO_REPLY),
        ({"X_Autoreply": "yes"}, What.AUTO_REPLY),
        ({"Precedence": "bulk"}, What.AUTO_REPLY),
        ({"Auto_Submitted": "no"}, What.OTHER),
        ({}, What.OTHER),
    ],
)
def test_automatic_replies_and_other_mails_are_told_and_ignored(light_desk, headers, what):
    assert read_one(light_desk.app, letter(**headers)).what is what


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b" \n", Flaw.EMPTY),
        (b"x" * 10_000_001, Flaw.TOO_LARGE),
        (b"\x00\xff no mail at all", Flaw.HEADLESS),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B--\n", Flaw.NO_STATUS),
        (report("x", action="perhaps"), Flaw.NO_STATUS),
        (report("x").replace(b"rfc822;", b"x400;"), Flaw.NO_STATUS),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_flaw(content, flaw):
    with pytest.raises(UnreadableError) as unreadable:
        read_returned(content)
    assert unreadable.value.flaw is flaw


def test_a_report_without_the_mail_it_is_about_names_none():
    content = report("x").replace(b"Content-Type: message/rfc822", b"Content-Type: text/plain")
    found = read_returned(content)
    assert isinstance(found, Report)
    assert found.message is None
    assert read_returned(letter(Auto_Submitted="auto-generated")) == NotAReport(automatic=True)


def test_a_maildir_is_read_once_and_what_cannot_be_read_is_set_aside(light_desk, light_sent, tmp_path):
    box = tmp_path / "returned"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    for name, content in {"1.a": report(light_sent, **GONE), "2.b": report(light_sent, **GONE), "3.c": b"", "4.d": letter()}.items():
        (box / "new" / name).write_bytes(content)
    read = read_maildir(light_desk.app, box)
    assert [(one.file, one.what.value) for one in read] == [("1.a", "bounced"), ("2.b", "known"), ("3.c", "broken"), ("4.d", "other")]
    assert {file.name for file in (box / "cur").iterdir()} == {"1.a:2,S", "2.b:2,S", "3.c:2,F", "4.d:2,S"}
    assert (read_maildir(light_desk.app, box), sum(counts_of(read).values())) == ([], 4)


def test_a_folder_that_is_no_maildir_is_refused(light_desk, tmp_path):
    with pytest.raises(Refused) as refused:
        read_maildir(light_desk.app, tmp_path / "nowhere")
    assert (refused.value.problems[0].code, replace(refused.value.problems[0], params={}).where) == (
        "maildir_missing",
        str(tmp_path / "nowhere"),
    )
