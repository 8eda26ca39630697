"""Lives in which everything happens that people are told of: each message is written, in full, and leaves."""

from datetime import date, timedelta

from builders import CLERK, CONVENTION, PILOT, STEERING_CLERK, TODAY, body_of, changed_charter, propose_form, provision
from secretariat import Secretariat

from models.lifecycle import State, Verb
from models.meetings.commands import CancelMeeting, ChangeMeeting
from models.tables import Deadline, Delivery, Person, Seat, table
from models.telling.bounces import Weight
from notifications.catalogue import MESSAGES
from services.calendars import calendar_of
from services.forms import (
    AbandonForm,
    ChaseForm,
    CompleteForm,
    DeclareConflictForm,
    DeliberationForm,
    ExtendReviewForm,
    FinalReportForm,
    GiveProxyForm,
    KeepOpinionForm,
    LiftBlockerForm,
    LiftReservationForm,
    MoveReviewForm,
    RaiseBlockerForm,
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
from services.people import import_people
from services.preferences import choose
from services.stages import run_deliveries
from services.suppression import note_return
from services.visitors import ask_to_sign_in
from services.webhooks.receivers import add
from services.webhooks.switching import GONE, switch_off
from services.work import open_work


def deliver(desk):
    desk.settle()
    run_deliveries(desk.app, holder="test", gate=lambda: None)


def reminded_then_withdrawn(desk):
    number = desk.to_technical(provision(6))
    deliver(desk)
    desk.watch.go_to(min(row.due_at.date() for row in desk.rows(Deadline, kind="review_end")))
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
    desk.watch.go_to(min(row.due_on for row in desk.rows(Deadline, kind="reservation")) + timedelta(days=4))
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
    deliver(desk)
    desk.watch.go_to(date(2027, 2, 1))
    deliver(desk)
    desk.ask(StartForm(seat=PILOT, action=number))
    deliver(desk)
    for day in (date(2027, 8, 16), date(2027, 9, 1), date(2027, 10, 5)):
        desk.watch.go_to(day)
        deliver(desk)
    desk.ask(
        RaiseBlockerForm(
            seat=PILOT, action=number, body="gt-inclusion", since=desk.today - timedelta(days=3), reason="Le local n'est pas libre"
        )
    )
    deliver(desk)
    desk.ask(LiftBlockerForm(seat=CLERK, action=number, blocker=1, reason="Un autre local est trouvé"))
    deliver(desk)
    reported = desk.report(number, 40, seat=PILOT)
    desk.ask(RectifyForm(seat=STEERING_CLERK, action=number, event=reported.event, percent=45, reason="Faute de frappe"))
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    deliver(desk)
    desk.ask(ResumeForm(seat=CLERK, action=number))
    desk.ask(CompleteForm(seat=CLERK, action=number, reason="Fait"))
    deliver(desk)
    for day in (date(2027, 11, 22), date(2028, 1, 31)):
        desk.watch.go_to(day)
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


def due_on_one_day(desk):
    """Two actions of one pilot, asked for news on the same morning."""
    for title in ("Une action", "Une autre"):
        desk.to_work(provision(title=title, report_every_months=3))
    desk.watch.go_to(min(row.due_on for row in desk.rows(Deadline, kind="progress", settled_at=None)))
    deliver(desk)


def told_ahead(desk):
    """An opinion that is owed, to somebody who wants to know long before."""
    voter = desk.rows(Seat, code="COTECH-06")[0].person_id
    choose(desk.app, voter, {"rhythm": "at_once", "hour": "8", "weekday": "0", "lead_days": "20"}, 0)
    desk.to_technical()
    desk.watch.go_to(calendar_of(desk.charter()).count_on(desk.today, 1))
    deliver(desk)


def chased(desk):
    """What is late is asked for again by a secretary: an opinion, and what actions owe."""
    reviewed = desk.to_technical()
    owing = [desk.to_technical(provision(description=None)), desk.to_work(), desk.to_final_report()]
    deliver(desk)
    desk.watch.go_to(calendar_of(desk.charter()).count_on(desk.today, 1))
    desk.ask(ChaseForm(seat=CLERK, action=reviewed, body="cotech"))
    deliver(desk)
    for number in owing:
        due = min(row.due_on for row in desk.rows(Deadline, action_id=desk.action(number).id, settled_at=None))
        desk.watch.go_to(max(desk.today, due + timedelta(days=3)))
        desk.ask(ChaseForm(seat=CLERK, action=number))
        deliver(desk)


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


def seat_ends(desk):
    """A seat that will end, of which the secretary of its body is reminded in time."""
    seat = f"finances;Finances;finances@ville.example;fr;COTECH-07;cotech;member;ville;1;2026-06-22;{desk.today + timedelta(days=90)}"
    head = "person;name;email;language;seat;body;role;partner;weight;starts_on;ends_on"
    import_people(desk.app.db, f"{head}\n{seat}\n".encode(), convention=CONVENTION, at=desk.app.clock.wall())
    desk.watch.go_to(next(row.due_at.date() for row in desk.rows(Deadline, kind="seat_end")))
    deliver(desk)


def come_back(desk):
    """A mail to a member comes back: nobody is there."""
    [person] = desk.rows(Person, code="finances")
    with desk.app.db.write() as connection:
        note_return(open_work(desk.app, connection, CONVENTION), person.id, Weight.HARD, "5.1.1")


def told_no_more(desk):
    """A program that is told of events says that it is gone."""
    made = add(desk.app, CONVENTION, "http://127.0.0.1:9/", (), "operator")
    with desk.app.db.write() as connection:
        switch_off(desk.app, connection, made.id, GONE)


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
    due_on_one_day(desk)
    chased(desk)
    replaced(desk)
    folded(desk)
    told_ahead(desk)
    met_and_called_off(desk)
    seat_ends(desk)
    ask_to_sign_in(desk.app, "secretariat.technique@ville.example")
    come_back(desk)
    told_no_more(desk)
    deliver(desk)
    assert [desk.state(number) for number in (returned, adjourned, closed)] == [State.RETURNED, State.ADJOURNED, State.CLOSED]
    assert {row.state for row in desk.rows(Delivery)} <= {"sent", "cancelled", "suppressed"}
    assert {row.message for row in desk.rows(Delivery, state="sent") if row.because != "operator"} == set(MESSAGES)


def test_no_mail_shows_a_hole_or_a_code(light_desk, sink):
    carried_through(light_desk.through(sink.url))
    texts = "\n".join(f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in sink.mails())
    assert [mark for mark in ("None", "{", "}", "final_report", "in_progress", "with_reservations") if mark in texts] == []
