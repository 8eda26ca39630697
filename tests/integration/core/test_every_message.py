"""Lives in which everything happens that people are told of: each message is written, in full, and leaves."""

from datetime import date, timedelta

from builders import CLERK, CONVENTION, PILOT, STEERING_CLERK, TODAY, body_of, changed_charter, propose_form, provision
from secretariat import Secretariat

from models.lifecycle import State, Verb
from models.meetings.commands import CancelMeeting, ChangeMeeting
from models.tables import Deadline, Delivery, Person, Seat, table
from models.telling.bounces import Weight
from notifications.catalogue import MESSAGES
from services.forms import (
    AbandonForm,
    CompleteForm,
    DeclareConflictForm,
    DeliberationForm,
    ExtendReviewForm,
    FinalReportForm,
    GiveProxyForm,
    KeepOpinionForm,
    LiftReservationForm,
    MoveReviewForm,
    RectifyForm,
    RegisterForm,
    ResumeForm,
    RevokeProxyForm,
    StartForm,
    SupersedeForm,
    SuspendForm,
    WithdrawConflictForm,
    WithdrawForm,
)
from services.preferences import choose
from services.stages import run_deliveries
from services.suppression import note_return
from services.visitors import ask_to_sign_in
from services.work import open_work


def deliver(desk):
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def reminded_then_withdrawn(desk):
    number = desk.to_technical(provision(6))
    deliver(desk)
    desk.watch.go_to(min(row.due_on for row in desk.rows(Deadline, kind="review_reminder")))
    deliver(desk)
    desk.ask(ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=desk.today + timedelta(days=25), reason="Fêtes"))
    deliver(desk)
    desk.ask(WithdrawForm(seat=STEERING_CLERK, action=number, reason="Porté ailleurs"))
    deliver(desk)


def moved_to_other_rules(desk, charter):
    number = desk.to_technical()
    deliver(desk)
    desk.under(charter)
    desk.ask(MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle charte"))
    deliver(desk)


def kept_out_for_a_while(desk):
    number = desk.to_technical()
    deliver(desk)
    desk.ask(DeclareConflictForm(seat="COTECH-03", action=number, kind="employer"))
    deliver(desk)
    desk.ask(WithdrawConflictForm(seat=CLERK, action=number, concerned="COTECH-03", reason="Mandat terminé"))
    deliver(desk)


def reserved_and_lifted(desk):
    number = desk.reserving("COTECH-03")
    deliver(desk)
    desk.watch.go_to(min(row.due_on for row in desk.rows(Deadline, kind="reservation")) + timedelta(days=1))
    deliver(desk)
    desk.ask(LiftReservationForm(seat=CLERK, action=number, reservation=1, reason="Le budget est chiffré"))
    deliver(desk)


def answered_early(desk):
    number = desk.to_technical()
    asked = {"action": number, "body": "copil", "opinion": "favourable"}
    desk.ask(KeepOpinionForm(seat="COPIL-03", voter="COPIL-03", **asked))
    desk.ask(KeepOpinionForm(seat=STEERING_CLERK, voter="COPIL-04", **asked))
    deliver(desk)


def deliberated(desk):
    number = desk.to_approved()
    desk.execute(Verb.ATTACH, number, file_name="deliberation.pdf", media_type="application/pdf", size=1000, sha256="d" * 64)
    told = {"partner": "ville", "deliberation": "adopted", "decided_on": desk.today, "reference": "2026-118"}
    desk.ask(DeliberationForm(seat=STEERING_CLERK, action=number, document="deliberation.pdf", **told))
    deliver(desk)


def represented_for_a_while(desk, charter):
    desk.under(charter)
    number = desk.to_technical()
    desk.ask(GiveProxyForm(seat="COTECH-03", action=number, body="cotech", holder="COTECH-05"))
    deliver(desk)
    desk.ask(RevokeProxyForm(seat=CLERK, action=number, body="cotech", giver="COTECH-03"))
    deliver(desk)


def held_back(desk, value):
    number = desk.to_technical()
    desk.opine(number, "cotech", value)
    deliver(desk)
    return number


def rejected(desk):
    number = desk.to_steering()
    deliver(desk)
    desk.decide(number, "reject")
    deliver(desk)


def carried_through(desk):
    number = desk.to_approved()
    desk.ask(StartForm(seat=PILOT, action=number))
    deliver(desk)
    for day in (date(2027, 4, 5), date(2027, 4, 16), date(2027, 6, 2)):
        desk.watch.go_to(day)
        deliver(desk)
    reported = desk.report(number, 40, seat=PILOT)
    desk.ask(RectifyForm(seat=STEERING_CLERK, action=number, event=reported.event, percent=45, reason="Faute de frappe"))
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    deliver(desk)
    desk.ask(ResumeForm(seat=CLERK, action=number))
    desk.ask(CompleteForm(seat=CLERK, action=number, reason="Fait"))
    deliver(desk)
    desk.watch.go_to(date(2027, 9, 1))
    deliver(desk)
    desk.ask(FinalReportForm(seat=CLERK, action=number, results="Dix lieux partagés"))
    deliver(desk)
    desk.ask(FinalReportForm(seat=CLERK, action=number, lessons="Commencer par les règles"))
    deliver(desk)
    return number


def registered_then_abandoned(desk):
    outcome = desk.ask(propose_form(provision(2), seat=STEERING_CLERK, form=RegisterForm, reference="Délibération 12", reason="En cours"))
    desk.ask(AbandonForm(seat=CLERK, action=outcome.number, reason="Financement perdu"))
    deliver(desk)


def folded(desk):
    """Two pieces of news for somebody who wants them once a day."""
    lead = desk.rows(Seat, code=PILOT)[0].person_id
    choose(desk.app, lead, {"rhythm": "daily", "hour": "8", "weekday": "0"}, 0)
    for number in (desk.to_work(), desk.to_work()):
        desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    deliver(desk)
    desk.watch.advance(days=1)
    deliver(desk)
    choose(desk.app, lead, {"rhythm": "at_once", "hour": "8", "weekday": "0"}, 1)


def replaced(desk):
    """An action whose place another one takes."""
    former, successor = desk.propose(provision(title="Ancienne")), desk.propose(provision(title="Nouvelle"))
    desk.ask(SupersedeForm(seat=CLERK, action=former, successor=successor, reason="Refondue"))
    deliver(desk)


def met_and_called_off(desk):
    """A meeting that is convened, put off to a day when one of its members has left, and called off once everybody knows of it."""
    desk.to_steering(provision(title="À examiner en séance"))
    office = Secretariat(desk)
    number = office.convened()
    deliver(desk)
    rows = table(Seat)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.code == "COPIL-07").values(ends_on=office.meeting(number).held_on))
    office.ask(ChangeMeeting, meeting=number, held_on=office.meeting(number).held_on + timedelta(days=1))
    deliver(desk)
    office.ask(CancelMeeting, meeting=number, reason="Salle indisponible")


def come_back(desk):
    """A mail to a member comes back: nobody is there."""
    [person] = desk.rows(Person, code="finances")
    with desk.app.db.write() as connection:
        note_return(open_work(desk.app, connection, CONVENTION), person.id, Weight.HARD, "5.1.1")


def test_every_message_is_written_and_leaves(light_desk, sink, tmp_path):
    desk = light_desk.through(sink.url)
    reminded_then_withdrawn(desk)
    desk.watch.go_to(TODAY)
    returned = held_back(desk, "unfavourable")
    adjourned = held_back(desk, "adjournment")
    rejected(desk)
    registered_then_abandoned(desk)
    closed = carried_through(desk)
    answered_early(desk)
    deliberated(desk)
    kept_out_for_a_while(desk)
    reserved_and_lifted(desk)
    moved_to_other_rules(desk, changed_charter(tmp_path / "other.yaml", lambda it: body_of(it, "cotech")["rules"].update(quorum="2/3")))
    represented_for_a_while(
        desk, changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1))
    )
    replaced(desk)
    folded(desk)
    met_and_called_off(desk)
    ask_to_sign_in(desk.app, "secretariat.technique@ville.example")
    come_back(desk)
    deliver(desk)
    assert [desk.state(number) for number in (returned, adjourned, closed)] == [State.RETURNED, State.ADJOURNED, State.CLOSED]
    assert {row.state for row in desk.rows(Delivery)} <= {"sent", "cancelled", "suppressed"}
    assert {row.message for row in desk.rows(Delivery, state="sent")} == set(MESSAGES)


def test_no_mail_shows_a_hole_or_a_code(light_desk, sink):
    carried_through(light_desk.through(sink.url))
    texts = "\n".join(f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in sink.mails())
    assert [mark for mark in ("None", "{", "}", "final_report", "in_progress", "with_reservations") if mark in texts] == []
