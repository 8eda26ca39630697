"""How often news of an action is asked for: in its own rhythm, not while it is new, and in one message for all that falls on one day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from builders import CLERK, PILOT, TODAY, Desk, changed_charter, propose_form, provision

from models.charter import MilestonePlan
from models.tables import Deadline, Delivery, Seat
from models.telling.reasons import Reason
from services.forms import AmendForm, RegisterForm, ResumeForm, StartForm, SuspendForm
from services.queries import show_action
from services.reckonings import in_words
from services.stages import Stage, run_deliveries
from services.wording import Wording

FAR = (MilestonePlan(title="Fin", due_on=date(2029, 5, 31)),)
QUARTERLY = provision(report_every_months=3, milestones=FAR)


def asked_on(desk, kind="progress"):
    return [row.due_on for row in desk.rows(Deadline, kind=kind, settled_at=None)]


def graced(desk, days):
    return desk.under(changed_charter(desk.app.settings.home / "grace.yaml", lambda it: it["cadence"].update(new_action_grace_days=days)))


def how(desk, number, kind):
    dues = show_action(desk.app, number, explained=True)["deadlines"]
    return next(in_words(row["how"], Wording("fr")) for row in dues if row["kind"] == kind)


def test_an_action_is_asked_for_news_in_its_own_rhythm(desk):
    number = desk.to_work(QUARTERLY)
    assert asked_on(desk) == [date(2027, 1, 5)]
    desk.watch.go_to(date(2027, 1, 5))
    desk.settle()
    assert asked_on(desk) == [date(2027, 4, 5)]
    assert how(desk, number, "progress") == "3 mois après la demande de nouvelles (5 janvier 2027)"


def test_a_secretary_changes_the_rhythm_later_and_the_next_request_moves_with_it(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2026, 11, 2))
    desk.report(number)
    desk.ask(AmendForm(seat=CLERK, action=number, report_every_months=2))
    assert (asked_on(desk), asked_on(desk, "neglect")) == ([date(2027, 1, 4)], [date(2027, 6, 30)])
    assert how(desk, number, "progress").startswith("2 mois après le dernier point d'avancement (2 novembre 2026)")
    desk.ask(AmendForm(seat=CLERK, action=number, report_every_months=12))
    assert asked_on(desk) == [date(2027, 11, 2)]
    assert asked_on(desk, "neglect") == [date(2027, 11, 24)], "nobody is neglected before the request and the days to answer it"
    assert len(desk.rows(Deadline, kind="progress")) == 1


def test_a_rhythm_that_is_already_over_asks_at_the_next_run(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 2, 1))
    desk.ask(AmendForm(seat=CLERK, action=number, report_every_months=1))
    assert (number, "progress", "request_progress") in desk.settle()
    assert asked_on(desk) == [date(2027, 3, 1)]


def test_another_change_of_the_sheet_moves_no_request(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    before = desk.rows(Deadline, kind="progress")
    desk.ask(AmendForm(seat=CLERK, action=number, budget_euros=Decimal(10)))
    assert desk.rows(Deadline, kind="progress") == before


def test_while_an_action_is_suspended_a_new_rhythm_plans_nothing_and_its_resumption_follows_it(desk):
    number = desk.to_work()
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    desk.ask(AmendForm(seat=CLERK, action=number, report_every_months=1))
    assert asked_on(desk) == []
    desk.watch.go_to(date(2027, 1, 11))
    desk.ask(ResumeForm(seat=CLERK, action=number))
    assert asked_on(desk) == [date(2027, 2, 11)]


def test_a_pilot_does_not_change_the_rhythm_of_an_action_that_is_decided(desk):
    number = desk.to_approved()
    desk.ask(StartForm(seat=PILOT, action=number))
    assert desk.refusal(AmendForm(seat=PILOT, action=number, report_every_months=24)) == ["rhythm_not_yours"]
    assert asked_on(desk) == [date(2027, 4, 5)]


def test_a_rhythm_is_kept_in_the_sheet_only_where_there_is_one(desk):
    plain, own = desk.propose(), desk.propose(QUARTERLY)
    assert ("report_every_months" in desk.action(plain).sheet, desk.action(own).sheet["report_every_months"]) == (False, 3)


def test_a_new_action_is_left_alone_even_if_it_reports_early(desk):
    graced(desk, 60)
    number = desk.to_work(provision(report_every_months=1))
    assert asked_on(desk) == [date(2026, 12, 4)]
    assert how(desk, number, "progress") == "60 jours calendaires après le démarrage de l'action (5 octobre 2026)"
    desk.watch.go_to(date(2026, 10, 12))
    desk.report(number)
    assert asked_on(desk) == [date(2026, 12, 4)]
    desk.watch.go_to(date(2026, 12, 4))
    desk.settle()
    assert asked_on(desk) == [date(2027, 1, 4)]


def test_an_action_registered_under_way_is_new_from_the_day_of_its_registration(desk):
    graced(desk, 90)
    sheet = provision(2, report_every_months=1)
    desk.ask(propose_form(sheet, form=RegisterForm, reference="Délibération 12", reason="En cours"))
    assert asked_on(desk) == [date(2027, 1, 4)]


# --- news recorded late ----------------------------------------------------------------------------------------------------------------
def test_a_forgotten_report_recorded_after_a_newer_one_moves_nothing(desk):
    number = desk.to_work(provision(milestones=FAR))
    desk.watch.go_to(date(2027, 2, 1))
    desk.report(number)
    before = asked_on(desk), asked_on(desk, "neglect")
    assert before == ([date(2027, 8, 16)], [date(2027, 9, 29)])
    desk.watch.go_to(date(2027, 2, 8))
    desk.report(number, occurred_on=date(2026, 11, 2), late_reason="Oublié")
    assert (asked_on(desk), asked_on(desk, "neglect")) == before
    assert how(desk, number, "progress").startswith("6 mois après le dernier point d'avancement (1er février 2027)")


def test_a_report_recorded_late_that_is_the_newest_counts_from_its_own_day(desk):
    number = desk.to_work(provision(milestones=FAR))
    desk.watch.go_to(date(2027, 2, 1))
    desk.report(number, occurred_on=date(2026, 11, 2), late_reason="Oublié")
    assert (asked_on(desk), asked_on(desk, "neglect")) == ([date(2027, 5, 3)], [date(2027, 6, 30)])


def test_a_rhythm_that_changes_after_a_forgotten_report_runs_from_the_newest_one(desk):
    number = desk.to_work(provision(milestones=FAR))
    desk.watch.go_to(date(2027, 2, 1))
    desk.report(number)
    desk.report(number, occurred_on=date(2026, 11, 2), late_reason="Oublié")
    desk.ask(AmendForm(seat=CLERK, action=number, report_every_months=2))
    assert asked_on(desk) == [date(2027, 4, 1)]


def test_a_forgotten_report_does_not_bring_the_next_request_nearer_than_the_last_one_allows(desk):
    number = desk.to_work(provision(milestones=FAR))
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    desk.report(number, occurred_on=date(2026, 11, 2), late_reason="Oublié")
    assert asked_on(desk) == [date(2027, 10, 5)]


def test_resuming_an_action_late_counts_from_the_newest_news(desk):
    number = desk.to_work(provision(milestones=FAR))
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    desk.watch.go_to(date(2027, 1, 11))
    desk.report(number)
    desk.ask(ResumeForm(seat=CLERK, action=number, occurred_on=date(2027, 1, 4), late_reason="Oublié"))
    assert asked_on(desk) == [date(2027, 7, 12)]


# --- one message for what falls on one day --------------------------------------------------------------------------------------------
def three_requests(desk):
    """Three actions of one pilot, asked for news on the same morning."""
    numbers = [desk.to_work(provision(title=f"Action {n}", milestones=FAR)) for n in (1, 2, 3)]
    desk.watch.go_to(date(2027, 4, 5), hour=7)
    return numbers


def the_mails(desk):
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    return [(row.message, row.state) for row in desk.rows(Delivery, folded_into=None) if row.created_at.year == 2027]


def test_a_pilot_gets_one_mail_with_each_actions_own_link_and_the_questions_once(desk, sink):
    desk.through(sink.url)
    numbers = three_requests(desk)
    desk.run(Stage.IMPLEMENTATION)
    [mail] = [mail for mail in sink.mails() if "échéances" in str(mail["Subject"])]
    text = mail.get_body(("plain",)).get_content()
    assert "3 échéances dans 3 actions" in str(mail["Subject"])
    assert [text.count(f"{number} · Action") for number in numbers] == [1, 1, 1]
    assert len({line for line in text.splitlines() if "/avancement/" in line}) == 3
    assert text.count("est-ce qui freine") == 1
    told = [(row.event_id is None, row.state) for row in desk.rows(Delivery) if row.message in ("progress-requested", "due-together")]
    assert sorted(told) == [(False, "sent")] * 3 + [(True, "sent")]


def test_a_single_request_leaves_as_itself_in_the_same_run(desk, sink):
    desk.through(sink.url)
    desk.to_work(provision(milestones=FAR))
    desk.watch.go_to(date(2027, 4, 5), hour=7)
    desk.run(Stage.IMPLEMENTATION)
    assert [row.state for row in desk.rows(Delivery, message="progress-requested")] == ["sent"]
    assert desk.rows(Delivery, message="due-together") == []


@pytest.mark.parametrize(
    "moves_on",
    [Desk.report, lambda desk, number: desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))],
    ids=["answers", "is_suspended"],
)
def test_an_action_that_answers_or_is_suspended_before_the_mail_leaves_is_not_in_it(desk, moves_on):
    numbers = three_requests(desk)
    desk.settle()
    moves_on(desk, numbers[0])
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    rows = {desk.action(number).id: number for number in numbers}
    events = {event.id: rows[event.action_id] for number in numbers for event in desk.events(number)}
    gone = [events[row.event_id] for row in desk.rows(Delivery, message="progress-requested") if row.state == "cancelled"]
    assert gone == [numbers[0]]


def test_milestones_and_requests_of_one_day_are_in_one_mail(desk):
    steps = (MilestonePlan(title="Premier", due_on=date(2027, 4, 4)),)
    desk.to_work(provision(milestones=steps))
    desk.watch.go_to(date(2027, 4, 5), hour=7)
    desk.settle()
    [mail] = desk.rows(Delivery, message="due-together")
    assert sorted(row.message for row in desk.rows(Delivery, folded_into=mail.id)) == ["milestone-passed", "progress-requested"]
    assert (mail.because, mail.person_id) == ("lead", desk.rows(Seat, code=PILOT)[0].person_id)


def test_where_the_stage_never_comes_to_an_end_what_waits_leaves_by_itself(desk):
    three_requests(desk)
    desk.run(Stage.IMPLEMENTATION, gate=desk.quiet(Stage.IMPLEMENTATION))
    waiting = desk.rows(Delivery, message="progress-requested")
    assert {(row.state, row.reason) for row in waiting} == {("held", Reason.GATHERED)}
    assert the_mails(desk) == [("progress-requested", "held")] * 3
    desk.watch.advance(minutes=11)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    assert {row.state for row in desk.rows(Delivery, message="progress-requested")} != {"held"} or desk.rows(Delivery, message="digest")


@pytest.mark.parametrize("months", [1, 6, 24])
def test_nobody_is_neglected_before_they_were_asked_and_had_their_days(desk, months):
    cadence = desk.charter().cadence
    desk.to_work(provision(report_every_months=months))
    [request], [neglect] = asked_on(desk), asked_on(desk, "neglect")
    assert request >= TODAY + timedelta(days=28 * months)
    assert neglect >= request + timedelta(days=cadence.progress_grace_days)
