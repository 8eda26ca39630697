"""Institutional mail: what the relay bears, what it refuses, who is told, which other way a message takes, and the stop of all."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, AuthResult
from builders import CONVENTION, body_of, changed_charter, provision
from servers import Script, recording_chat, scripted_server

from models.errors import Refused
from models.events import Stage
from models.tables import Action, Bounce, Delivery, Person, Seat, table
from services.doctor_work import smtp
from services.operations import alert
from services.people import export_people, import_people
from services.resending import LOST_STATES, Chosen, resend, resend_all
from services.seating import change_person, seen_of
from services.stages import StageReport, run_deliveries, run_stage
from services.status import status
from services.stopping import STOPPED, start, stop
from services.suppression import unsuppress
from services.visitors import ask_to_sign_in
from services.wakes import work

GONE = {"RCPT": ["550 5.1.1 no such user"]}
CLERK = "secretariat-cotech"


def catch_up(desk):
    return run_deliveries(desk.app, holder="test", gate=lambda: None)


def receipts(desk, count=1):
    """So many acknowledgements wait to be sent to the proposer, all to one person."""
    for n in range(count):
        desk.propose(provision(1 + n))
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")


def states(desk, **which):
    return sorted((row.state, row.reason) for row in desk.rows(Delivery, **which))


def own_channel(desk, monkeypatch, chat):
    """The proposer has a chat channel of their own."""
    monkeypatch.setenv("OWN_ROOM", f"json://127.0.0.1:{chat.port}/own")
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().where(table(Person).c.code == CLERK).values(channel="env:OWN_ROOM"))


def person_of(desk, code):
    return desk.rows(Person, code=code)[0]


# --- the relay's limit -----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_into_a_minute_waits_and_leaves_by_itself(desk, sink):
    receipts(desk, 5)
    limited(desk.through(sink.url), 3)
    assert catch_up(desk).deliveries == {"sent": 3}
    assert (states(desk, state="ready"), {row.claimed_until for row in desk.rows(Delivery, state="ready")}) == (
        [("ready", None)] * 2,
        {None},
    )
    assert catch_up(desk) == StageReport("deliveries")
    assert "deliveries" not in work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())
    desk.watch.advance(seconds=66)
    assert "deliveries" in work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())
    assert (catch_up(desk).deliveries, len(sink.mails())) == ({"sent": 2}, 5)


def test_the_limit_is_one_for_all_runs_and_stays_after_a_restart_and_a_clock_that_is_set_back(light_desk, sink):
    receipts(light_desk, 4)
    limited(light_desk.through(sink.url), 2)
    assert light_desk.run(Stage.PROPOSAL).deliveries == {"sent": 2}
    assert catch_up(light_desk) == StageReport("deliveries")
    light_desk.watch.advance(hours=-2)
    assert catch_up(light_desk).deliveries == {"sent": 2}


def limited(desk, per_minute):
    desk.app = replace(desk.app, settings=replace(desk.app.settings, smtp_per_minute=per_minute))
    return desk


# --- addresses that are refused --------------------------------------------------------------------------------------------------


def test_an_address_where_nobody_is_gets_nothing_more_and_its_secretary_is_told(desk, sink):
    desk.to_technical()
    desk.settle()
    gone = person_of(desk, "pilote-mobilites")
    with desk.app.db.write() as connection:
        theirs = table(Delivery).c.person_id == gone.id
        connection.execute(table(Delivery).delete().where(~theirs))
    with scripted_server(Script(**GONE)) as port:
        assert catch_up(desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 1, "sent": 1}
    assert states(desk, message="opinion-requested") == [("dead", "refused")]
    (told,) = desk.rows(Delivery, message="address-refused")
    assert (told.person_id, told.because, told.details) == (person_of(desk, CLERK).id, "body_secretary", {"person": gone.id})
    desk.to_technical(provision(7, title="Une autre action"))
    desk.settle()
    catch_up(desk.through(sink.url))
    assert states(desk, person_id=gone.id) == [("dead", "refused"), ("suppressed", "address_suppressed")]
    assert gone.email not in {address for address, _ in sink.told()}
    unsuppress(desk.app, CONVENTION, "pilote-mobilites")
    assert resend_all(desk.app, Chosen(LOST_STATES, ids=[row.id for row in desk.rows(Delivery, person_id=gone.id)])) == 2
    assert catch_up(desk).deliveries == {"sent": 2}
    assert [address for address, _ in sink.told()].count(gone.email) == 2


def test_the_mail_about_a_refused_address_names_the_seat_and_leads_to_the_person(light_desk, sink):
    suppress(light_desk, "pilote-mobilites")
    catch_up(light_desk.through(sink.url))
    (mail,) = [mail for mail in sink.mails() if "Adresse refusée" in str(mail["Subject"])]
    text = mail.get_body(("plain",)).get_content()
    assert ("COTECH-03 (membre, Comité technique)" in str(mail["Subject"]), "/personnes/pilote-mobilites" in text) == (True, True)
    assert person_of(light_desk, "pilote-mobilites").email not in mail.as_string()


def suppress(desk, code):
    """One mail to this person meets a server that knows nobody of that name."""
    desk.to_technical()
    desk.settle()
    with desk.app.db.write() as connection:
        connection.execute(table(Delivery).delete().where(table(Delivery).c.person_id != person_of(desk, code).id))
    url = desk.app.settings.smtp_url
    with scripted_server(Script(RCPT=["550 5.1.1 no such user", "451 later"])) as port:
        run_deliveries(desk.through(f"smtp://127.0.0.1:{port}").app, holder="test", gate=lambda: None)
    desk.through(url).watch.advance(hours=1)


def test_the_operators_are_told_where_nobody_else_could_be(light_desk):
    with light_desk.app.db.write() as connection:
        connection.execute(table(Seat).delete().where(table(Seat).c.role == "secretary", table(Seat).c.code != "COTECH-02"))
    receipts(light_desk)
    with scripted_server(Script(**GONE)) as port:
        assert catch_up(light_desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 1, "sent": 1}
    (told,) = light_desk.rows(Delivery, message="operators-address-refused")
    assert (told.details, told.state) == ({"seats": "COTECH-02"}, "sent")


@pytest.mark.parametrize(
    ("answer", "hard", "soft"), [("550 5.7.1 refused by policy", None, None), ("450 4.2.0 greylisted", 0, 1), ("550 not here", 1, 0)]
)
def test_a_refusal_counts_for_what_it_is_and_gives_no_address_up_by_itself(light_desk, answer, hard, soft):
    receipts(light_desk)
    with scripted_server(Script(RCPT=[answer])) as port:
        catch_up(light_desk.through(f"smtp://127.0.0.1:{port}"))
    found = [(row.hard, row.soft, row.suppressed_at) for row in light_desk.rows(Bounce)]
    assert found == ([] if hard is None else [(hard, soft, None)])


def test_another_address_is_written_to_at_once_whether_a_form_or_a_table_brought_it(light_desk):
    old = person_of(light_desk, "pilote-mobilites")
    suppress_now(light_desk, old.id, old.email)
    given = {"name": old.name, "email": "nouvelle@ville.example", "language": "fr"}
    with light_desk.app.db.read() as connection:
        row = connection.execute(sa.select(table(Person)).where(table(Person).c.id == old.id)).mappings().one()
    change_person(light_desk.app, CONVENTION, old.code, given, seen_of(row))
    assert light_desk.rows(Bounce) == []
    suppress_now(light_desk, old.id, "nouvelle@ville.example")
    with light_desk.app.db.read() as connection:
        people = export_people(connection, CONVENTION)
    import_people(
        light_desk.app.db,
        people.replace("nouvelle@ville.example", "autre@ville.example").encode(),
        convention=CONVENTION,
        at=light_desk.app.clock.wall(),
    )
    assert light_desk.rows(Bounce) == []


def suppress_now(desk, person_id, address):
    standing = {"hard": 1, "soft": 0, "last_on": desk.today, "status": "5.1.1", "suppressed_at": desk.watch.moment}
    with desk.app.db.write() as connection:
        connection.execute(table(Bounce).insert().values(person_id=person_id, address=address, convention=CONVENTION, **standing))


def test_nothing_is_lifted_where_nothing_stands(light_desk):
    with pytest.raises(Refused) as refused:
        unsuppress(light_desk.app, CONVENTION, CLERK)
    assert refused.value.problems[0].code == "address_not_suppressed"


# --- another way -----------------------------------------------------------------------------------------------------------------


def test_a_mail_that_is_refused_goes_to_the_persons_own_channel_as_a_line_and_a_link(desk, monkeypatch):
    receipts(desk)
    with recording_chat() as chat, scripted_server(Script(RCPT=["550 5.7.1 no"])) as port:
        own_channel(desk, monkeypatch, chat)
        assert catch_up(desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 1, "sent": 1}
        ((path, heard),) = chat.heard
    number = desk.rows(Action)[0].number
    assert (path, f"/actions/{number}" in heard["message"], number in heard["title"]) == ("/own", True, True)
    mail, chat_line = sorted(desk.rows(Delivery), key=lambda row: row.channel != "mail")
    assert (mail.state, mail.reason, chat_line.state, chat_line.unique_key) == ("dead", "fell_back", "sent", f"{mail.id}:fallback")


def test_what_is_lost_both_ways_goes_no_third_way(light_desk, monkeypatch):
    receipts(light_desk)
    with recording_chat() as chat, scripted_server(Script(RCPT=["550 5.7.1 no"])) as port:
        chat.answers += [404]
        own_channel(light_desk, monkeypatch, chat)
        assert catch_up(light_desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 2}
    assert states(light_desk) == [("dead", "fell_back"), ("dead", "refused")]
    resend(light_desk.app, light_desk.rows(Delivery, reason="fell_back")[0].id)
    with scripted_server(Script(RCPT=["550 5.7.1 no"])) as port:
        catch_up(light_desk.through(f"smtp://127.0.0.1:{port}"))
    assert len(light_desk.rows(Delivery)) == 2


def test_a_line_that_a_persons_channel_refuses_goes_by_mail(light_desk, sink):
    receipts(light_desk)
    with light_desk.app.db.write() as connection:
        connection.execute(table(Delivery).update().values(channel="env:NOT_SET_ANYWHERE"))
    assert catch_up(light_desk.through(sink.url)).deliveries == {"dead": 1, "sent": 1}
    assert states(light_desk) == [("dead", "fell_back"), ("sent", None)]
    assert len(sink.mails()) == 1


def test_a_link_to_sign_in_goes_by_mail_or_not_at_all(light_desk, monkeypatch):
    with recording_chat() as chat, scripted_server(Script(RCPT=["550 5.7.1 no"])) as port:
        own_channel(light_desk, monkeypatch, chat)
        ask_to_sign_in(light_desk.app, person_of(light_desk, CLERK).email)
        assert catch_up(light_desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 1}
    assert (states(light_desk), chat.heard) == ([("dead", "refused")], [])


def test_a_room_that_leads_nowhere_has_no_other_way_and_says_why(light_desk, tmp_path, sink):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech").update(channel="env:NOT_SET_ANYWHERE"))
    light_desk.under(charter).through(sink.url).to_technical()
    light_desk.run(Stage.COMMITTEE_REVIEW)
    assert states(light_desk, channel="env:NOT_SET_ANYWHERE") == [("dead", "channel_unset")]


# --- the stop --------------------------------------------------------------------------------------------------------------------


def test_while_messages_are_stopped_stages_work_alerts_leave_and_nothing_is_lost(desk, sink):
    desk.through(sink.url).propose()
    stop(desk.app, "  essai\n en cours ")
    report = run_stage(desk.app, Stage.PROPOSAL, holder="test", gate=lambda: None)
    assert (bool(report.lines), report.deliveries, report.stopped) == (True, {}, STOPPED)
    assert catch_up(desk) == StageReport("deliveries", stopped=STOPPED)
    assert "deliveries" not in work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())
    alert(desk.app, run_id="0190-run", name="proposal-3", state="Failed")
    assert (catch_up(desk).deliveries, len(sink.mails())) == ({"sent": 1}, 1)
    assert status(desk.app, None)["sending"] == {"stopped_at": desk.watch.moment.isoformat(), "because": "essai en cours"}
    desk.watch.advance(days=3)
    start(desk.app)
    assert (catch_up(desk).stopped, states(desk, message="proposal-acknowledged")) == (None, [("sent", None)])
    assert status(desk.app, None)["sending"] == {"stopped_at": None, "because": None}


def test_a_stop_holds_back_what_a_sender_has_taken_already(light_desk):
    receipts(light_desk, 3)

    class Stops(Script):
        """An operator stops all messages while the first is under way."""

        async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
            stop(light_desk.app, "trop de messages")
            return await super().handle_DATA(server, session, envelope)

    script = Stops()
    with scripted_server(script) as port:
        report = catch_up(light_desk.through(f"smtp://127.0.0.1:{port}"))
    assert (report.deliveries, report.stopped, len(script.contents)) == ({"sent": 1}, STOPPED, 1)
    assert states(light_desk, state="ready") == [("ready", None)] * 2


@pytest.mark.parametrize("because", ["", "  ", "x" * 201])
def test_a_stop_needs_a_reason_and_a_start_needs_a_stop(light_desk, because):
    with pytest.raises(Refused) as refused:
        stop(light_desk.app, because)
    with pytest.raises(Refused) as not_stopped:
        start(light_desk.app)
    assert [it.value.problems[0].code for it in (refused, not_stopped)] == ["stop_needs_reason", "not_stopped"]


# --- again -----------------------------------------------------------------------------------------------------------------------


def test_everything_lost_goes_out_again_at_once_but_what_went_another_way(light_desk, sink):
    receipts(light_desk, 4)
    ids = [row.id for row in light_desk.rows(Delivery)]
    became = [("dead", "refused"), ("uncertain", "unanswered"), ("dead", "fell_back"), ("cancelled", "not_wanted")]
    with light_desk.app.db.write() as connection:
        for one, (state, reason) in zip(ids, became, strict=True):
            connection.execute(table(Delivery).update().where(table(Delivery).c.id == one).values(state=state, reason=reason))
    app = light_desk.through(sink.url).app
    assert [resend_all(app, Chosen(states), dry_run=True) for states in (("dead",), ("uncertain",), LOST_STATES)] == [1, 1, 2]
    assert [resend_all(app, Chosen(message=message)) for message in ("sign-in", "proposal-acknowledged")] == [0, 1]
    numbers = [row.number for row in light_desk.rows(Action)]
    assert sum(resend_all(app, Chosen(("uncertain",), action=number.lower())) for number in numbers) == 1
    assert catch_up(light_desk).deliveries == {"sent": 2}
    assert states(light_desk, reason="fell_back") + states(light_desk, state="cancelled") == [became[2], became[3]]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_password_that_is_refused_loses_nothing(light_desk):
    class Locked(SMTP):
        def __init__(self, handler, **options):
            def refuses(*_):
                return AuthResult(success=False, handled=False)

            super().__init__(handler, authenticator=refuses, auth_require_tls=False, auth_required=True, **options)

    receipts(light_desk)
    with scripted_server(Script(), Locked) as port:
        assert catch_up(light_desk.through(f"smtp://passerelle:wrong@127.0.0.1:{port}")).deliveries == {"retrying": 1}
        assert smtp(light_desk.app.settings).name == "smtp_login"
    (only,) = light_desk.rows(Delivery)
    assert (only.code, "wrong" in only.answer, only.not_before - light_desk.watch.moment <= timedelta(minutes=5)) == (535, False, True)
    assert light_desk.rows(Bounce) == []
