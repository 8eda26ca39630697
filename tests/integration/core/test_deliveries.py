"""Messages to people: one each, recorded before they leave and after they arrived, never twice by themselves."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from builders import CLERK, PILOT, body_of, changed_charter, provision
from servers import Script, recording_chat, scripted_server

from models.errors import NotFound, Refused
from models.events import Stage
from models.lifecycle import State
from models.tables import Action, Delivery, Person, table
from services import leases
from services.deliveries import deliver
from services.forms import OpinionForm, SuspendForm, WithdrawForm
from services.operations import alert
from services.resending import resend
from services.stages import StageReport, run_deliveries

FEW = ("COTECH-01", "COTECH-03")


def one_message(desk):
    """One acknowledgement waits to be sent to the proposer."""
    desk.propose()
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")


def row(desk):
    (only,) = desk.rows(Delivery)
    return (only.state, only.attempts, only.code)


def catch_up(desk):
    return run_deliveries(desk.app, holder="test", gate=lambda: None)


def told(desk, **which):
    people = {row.id: row.code for row in desk.rows(Person)}
    return sorted(people[row.person_id] for row in desk.rows(Delivery, **which))


def test_a_stage_sends_what_it_wrote_one_mail_to_each_person(desk, sink):
    desk.through(sink.url).propose()
    report = desk.run(Stage.PROPOSAL)
    assert (report.deliveries, report.stopped) == ({"sent": 1}, None)
    (mail,) = sink.mails()
    assert (mail["To"].addresses[0].addr_spec, mail["Message-ID"].partition("@")[0]) == (
        "secretariat.technique@ville.example",
        f"<{desk.rows(Delivery)[0].id}",
    )
    assert row(desk) == ("sent", 1, 250)


def test_each_voter_gets_the_request_once_with_a_key_of_their_own(desk):
    number = desk.to_technical()
    desk.settle()
    opened = desk.events(number)[1].id
    rows = desk.rows(Delivery, message="opinion-requested")
    assert {row.unique_key for row in rows} == {f"{opened}:opinion-requested:{row.person_id}" for row in rows}
    assert told(desk, message="opinion-requested") == [
        "finances",
        "patrimoine",
        "pilote-equipements",
        "pilote-mobilites",
        "presidence-cotech",
        "urbanisme",
    ]


def test_somebody_reached_in_several_capacities_is_told_once(desk):
    number = desk.reach(State.APPROVED)
    assert desk.action(number).proposer_seat == CLERK
    assert told(desk, message="action-approved") == ["pilote-equipements", "secretariat-cotech"]


def test_nobody_is_told_what_they_did_themselves(desk):
    number = desk.to_work()
    desk.ask(SuspendForm(seat=PILOT, action=number, reason="Travaux"))
    desk.settle()
    assert told(desk, message="action-suspended", state="ready") == ["secretariat-cotech"]
    (spared,) = desk.rows(Delivery, message="action-suspended", state="suppressed")
    assert (spared.reason, spared.because, spared.settled_at) == ("own_act", "lead", desk.watch.moment)


def test_a_receipt_goes_to_whoever_acted(desk):
    number = desk.to_technical()
    desk.ask(OpinionForm(seat="COTECH-03", action=number, body="cotech", voter="COTECH-03", opinion="favourable"))
    desk.settle()
    assert (told(desk, message="proposal-acknowledged"), told(desk, message="opinion-received")) == (
        ["secretariat-cotech"],
        ["pilote-mobilites"],
    )


def test_a_seat_that_has_passed_on_is_told_nothing(desk):
    number = desk.propose()
    desk.run(Stage.PROPOSAL, lambda: None if desk.state(number) is State.SUBMITTED else "opened")
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET ends_on = '2026-10-04' WHERE code = 'COTECH-01'")
    desk.settle()
    assert "presidence-cotech" not in told(desk, message="opinion-requested")
    assert desk.reviews(number)["cotech", 1].electorate[0] == "COTECH-01"


def test_what_is_no_longer_asked_for_is_cancelled(desk, sink):
    number = desk.through(sink.url).to_technical()
    desk.settle()
    desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))
    assert desk.run(Stage.COMMITTEE_REVIEW).deliveries == {"cancelled": 6}
    assert sink.mails() == []


def test_an_opinion_is_not_asked_of_those_who_have_given_it_meanwhile(desk, sink):
    number = desk.through(sink.url).to_technical()
    desk.opine(number, "cotech", seats=FEW)
    desk.settle()
    assert desk.run(Stage.COMMITTEE_REVIEW).deliveries == {"sent": 6, "cancelled": 2}
    asked = [address for address, subject in sink.told() if "avis d" in subject.lower()]
    assert len(sink.told()) == 6
    assert "presidence.technique@universite.example" not in asked


def test_a_refusal_for_now_is_tried_again_later_then_sent(desk):
    one_message(desk)
    script = Script(DATA=["451 mailbox busy", "451 mailbox busy"])
    pauses = []
    with scripted_server(script) as port:
        desk.through(f"smtp://127.0.0.1:{port}")
        for expected in ("retrying", "retrying", "sent"):
            assert catch_up(desk).deliveries == {expected: 1}
            (only,) = desk.rows(Delivery)
            pauses.append((only.not_before - desk.watch.moment).total_seconds())
            assert catch_up(desk) == StageReport("deliveries")
            desk.watch.moment = max(only.not_before, desk.watch.moment)
    assert (row(desk), len(script.contents)) == (("sent", 3, 250), 3)
    assert [240 <= pauses[0] <= 300, 720 <= pauses[1] <= 900, pauses[2]] == [True, True, 0]


def test_a_server_that_is_away_is_tried_for_two_days(desk):
    one_message(desk)
    tries = 0
    while desk.rows(Delivery)[0].state in ("ready", "retrying"):
        catch_up(desk)
        tries += 1
        desk.watch.moment = max(desk.rows(Delivery)[0].not_before, desk.watch.moment)
    assert (row(desk), desk.rows(Delivery)[0].reason) == (("dead", tries, None), "gave_up")
    assert 13 <= tries <= 15
    assert desk.watch.moment - desk.rows(Delivery)[0].created_at > timedelta(days=2)


def test_a_refusal_for_good_ends_the_delivery(desk):
    one_message(desk)
    with scripted_server(Script(RCPT=["550 no such mailbox"])) as port:
        assert catch_up(desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"dead": 1}
        desk.watch.advance(days=1)
        assert catch_up(desk) == StageReport("deliveries")
    assert row(desk) == ("dead", 1, 550)


def test_a_connection_lost_after_the_last_byte_leaves_it_uncertain_and_nothing_is_sent_again(desk):
    one_message(desk)
    script = Script(DATA=["cut"])
    with scripted_server(script) as port:
        assert catch_up(desk.through(f"smtp://127.0.0.1:{port}")).deliveries == {"uncertain": 1}
        desk.watch.advance(days=3)
        assert catch_up(desk) == StageReport("deliveries")
    assert (row(desk), len(script.contents)) == (("uncertain", 1, None), 1)


@pytest.mark.parametrize(("answers", "state"), [({"DATA": ["cut"]}, "uncertain"), ({"RCPT": ["550 no such mailbox"]}, "dead")])
def test_a_person_may_have_a_dead_or_uncertain_delivery_sent_again(desk, answers, state):
    one_message(desk)
    with scripted_server(Script(**answers)) as port:
        catch_up(desk.through(f"smtp://127.0.0.1:{port}"))
        assert row(desk)[0] == state
        resend(desk.app, desk.rows(Delivery)[0].id)
        assert catch_up(desk).deliveries == {"sent": 1}
    assert row(desk) == ("sent", 2, 250)


def test_a_delivery_that_arrived_or_is_on_its_way_is_not_sent_again(desk, sink):
    one_message(desk)
    (delivery,) = desk.rows(Delivery)
    with pytest.raises(Refused) as waiting:
        resend(desk.app, delivery.id)
    catch_up(desk.through(sink.url))
    with pytest.raises(Refused) as arrived:
        resend(desk.app, delivery.id)
    with pytest.raises(NotFound):
        resend(desk.app, UUID(int=99_999))
    assert [list(refused.value.problems[0].params.values()) for refused in (waiting, arrived)] == [["ready"], ["sent"]]


def test_a_message_half_sent_by_a_sender_that_died_becomes_uncertain_and_stops_no_other(desk, sink):
    desk.propose()
    desk.propose(provision(2))
    desk.settle()
    first, second = desk.rows(Delivery, message="proposal-acknowledged")
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")
        connection.exec_driver_sql("UPDATE delivery SET state = 'sending', attempts = 1")
    sent_since = {"claimed_until": desk.watch.moment + timedelta(seconds=60)}
    with desk.app.db.write() as connection:
        rows = Delivery.metadata.tables["delivery"]
        connection.execute(rows.update().values(**sent_since))
        connection.execute(rows.update().where(rows.c.id == second.id).values(state="ready", claimed_until=None))
    assert catch_up(desk.through(sink.url)).deliveries == {"sent": 1}
    desk.watch.advance(seconds=61)
    assert catch_up(desk).deliveries == {"uncertain": 1}
    assert (desk.rows(Delivery, id=first.id)[0].state, len(sink.mails())) == ("uncertain", 1)


def test_a_claim_that_lasted_too_long_passes_to_another_sender_and_each_mail_leaves_once(desk, sink):
    desk.propose()
    desk.propose(provision(2))
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")
    desk.through(sink.url)
    others = []

    class Slow(Script):
        """While the first mail is under way so much time passes that another run takes over what is left."""

        async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
            if not self.contents:
                desk.watch.advance(seconds=181)
                others.append(run_deliveries(desk.app, holder="other", gate=lambda: None).deliveries)
            return await super().handle_DATA(server, session, envelope)

    script = Slow()
    with scripted_server(script) as port:
        mine = run_deliveries(replace_smtp(desk, port), holder="test", gate=lambda: None)
    assert (mine.deliveries, others) == ({"sent": 1}, [{"uncertain": 1, "sent": 1}])
    assert len(script.contents) + len(sink.mails()) == 2


def replace_smtp(desk, port):
    return replace(desk.app, settings=replace(desk.app.settings, smtp_url=f"smtp://127.0.0.1:{port}"))


def test_a_paused_run_leaves_its_messages_to_the_next(desk, sink):
    one_message(desk)
    assert run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: "paused") == StageReport("deliveries", stopped="paused")
    assert row(desk) == ("ready", 0, None)
    assert catch_up(desk).deliveries == {"sent": 1}


def test_a_run_whose_time_is_over_gives_back_what_it_had_taken(desk):
    desk.to_technical()
    desk.settle()
    script = Script(DATA=[1.2])
    with scripted_server(script) as port:
        counts, stopped = deliver(
            desk.through(f"smtp://127.0.0.1:{port}").app, gate=lambda: None, stage=Stage.COMMITTEE_REVIEW, seconds=1.0
        )
    assert (counts, stopped, len(script.contents)) == ({"sent": 1}, None, 1)
    rows = desk.rows(Delivery, stage="committee-review")
    assert sorted((row.state, row.claimed_until) for row in rows) == [("ready", None)] * 5 + [("sent", None)]


def test_a_second_run_of_deliveries_is_busy(desk, sink):
    one_message(desk)
    leases.take(desk.app.db, "stage:deliveries", "another run", desk.watch.moment, 60)
    assert catch_up(desk.through(sink.url)) == StageReport("deliveries", stopped="busy")


def test_a_message_that_cannot_be_written_stops_no_other_and_says_why(desk, sink):
    broken = desk.propose()
    desk.propose(provision(2))
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-acknowledged'")
        connection.execute(table(Action).update().where(table(Action).c.number == broken).values(sheet={}))
    assert catch_up(desk.through(sink.url)).deliveries == {"retrying": 1, "sent": 1}
    assert [row.answer.partition(" ")[0] for row in desk.rows(Delivery, state="retrying")] == ["KeyError"]


def test_a_wrong_mail_server_is_refused_by_its_variable(desk):
    one_message(desk)
    with pytest.raises(Refused) as refused:
        catch_up(desk.through("mailto://nobody"))
    assert [(problem.code, problem.where) for problem in refused.value.problems] == [("smtp_url_wrong", "PASSERELLE_SMTP_URL")]


def test_a_mail_of_a_rehearsal_says_so(desk, sink):
    one_message(desk)
    catch_up(desk.through(sink.url))
    (mail,) = sink.mails()
    assert ("X-Passerelle-Rehearsal" in mail, str(mail["Subject"]).partition("]")[0]) == (True, "[Répétition")


def test_a_mail_of_a_live_home_says_nothing_of_a_rehearsal(desk, sink):
    one_message(desk)
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE home SET kind = 'live'")
    catch_up(desk.through(sink.url))
    (mail,) = sink.mails()
    assert ("X-Passerelle-Rehearsal" in mail, "Répétition" in str(mail["Subject"])) == (False, False)


def test_everybody_is_written_to_in_their_language(desk, sink):
    desk.through(sink.url).propose(provision(2))
    desk.settle()
    desk.run(Stage.COMMITTEE_REVIEW)
    languages = {mail["To"].addresses[0].addr_spec: str(mail["Content-Language"]) for mail in sink.mails()}
    assert {address for address, language in languages.items() if language == "en"} == {"laboratoires@universite.example"}


def test_the_reason_a_person_gave_is_read_when_the_mail_is_written(desk, sink):
    number = desk.propose()
    desk.settle()
    desk.ask(WithdrawForm(seat="COPIL-02", action=number, reason="Porté par une autre convention"))
    desk.settle()
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE message <> 'proposal-withdrawn'")
    catch_up(desk.through(sink.url))
    texts = [mail.get_body(("plain",)).get_content() for mail in sink.mails()]
    assert [("Porté par une autre convention" in text, number in text) for text in texts] == [(True, True)] * 2


def test_a_body_hears_in_its_room_by_reference(desk, tmp_path, monkeypatch, sink):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech").update(channel="env:COTECH_ROOM"))
    with recording_chat() as chat:
        monkeypatch.setenv("COTECH_ROOM", f"json://127.0.0.1:{chat.port}/room")
        number = desk.under(charter).through(sink.url).to_technical()
        desk.run(Stage.COMMITTEE_REVIEW)
        ((path, heard),) = chat.heard
    (said,) = desk.rows(Delivery, channel="env:COTECH_ROOM")
    assert (path, number in f"{heard['title']} {heard['message']}") == ("/room", True)
    assert (said.state, said.person_id, said.because) == ("sent", None, "body_channel")


def test_a_room_whose_reference_leads_nowhere_is_told_to_operators_and_stops_no_mail(desk, tmp_path, sink):
    charter = changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech").update(channel="env:NOT_SET_ANYWHERE"))
    desk.under(charter).through(sink.url).to_technical()
    assert desk.run(Stage.COMMITTEE_REVIEW).deliveries == {"sent": 6, "dead": 1}
    (silent,) = desk.rows(Delivery, channel="env:NOT_SET_ANYWHERE")
    assert silent.answer == "channel env:NOT_SET_ANYWHERE: set the environment variable NOT_SET_ANYWHERE, then restart"


def test_operators_are_told_once_of_a_run_that_failed(desk, sink):
    desk.through(sink.url)
    run = {"run_id": "0190-run", "name": "proposal-3-A-2026-001", "state": "Failed"}
    assert [alert(desk.app, **run), alert(desk.app, **run)] == [1, 0]
    assert catch_up(desk).deliveries == {"sent": 1}
    (mail,) = sink.mails()
    text = mail.get_body(("plain",)).get_content()
    assert (mail["To"].addresses[0].addr_spec, "proposal-3-A-2026-001" in text) == ("exploitation@passerelle.example", True)


def test_the_relay_counts_only_what_can_be_sent_now(desk):
    one_message(desk)
    catch_up(desk)
    assert row(desk)[0] == "retrying"
    assert catch_up(desk) == StageReport("deliveries")
