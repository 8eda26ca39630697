"""Every deadline of a file says how it came about, and every chase how many it reached."""

from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, PILOT, body_of, changed_charter

from models.deadlines import Delay, deadline
from models.errors import Refused
from models.events import Topic
from models.tables import Deadline, table
from services.calendars import calendar_of
from services.forms import ExtendReviewForm, LiftReservationForm, MoveReviewForm, ResumeForm, StartForm, SuspendForm
from services.queries import show_action
from services.reckonings import in_words, next_in_words
from services.stages import run_deliveries
from services.wording import Wording

FRENCH, ENGLISH = Wording("fr"), Wording("en")


def file_of(desk, number):
    return show_action(desk.app, number, convention=CONVENTION, explained=True)


def how(desk, number, kind, words=FRENCH):
    [row] = [row for row in file_of(desk, number)["deadlines"] if row["kind"] == kind]
    return in_words(row["how"], words).replace("\u00a0", " ")


def ahead(desk, number, kind, words=FRENCH):
    [row] = [row for row in file_of(desk, number)["deadlines"] if row["kind"] == kind]
    return next_in_words(row["ahead"], words).replace("\u00a0", " ")


def test_the_end_of_a_review_says_from_where_it_is_counted_and_when_who_is_reminded(desk):
    number = desk.to_technical()
    assert how(desk, number, "review_end") == "15 jours ouvrés après l'ouverture de l'examen (5 octobre 2026)"
    assert ahead(desk, number, "review_end") == "prochaine relance le 21 octobre 2026 (la personne concernée)"
    assert how(desk, number, "review_end", ENGLISH) == "15 working days after the opening of the review (5 October 2026)"


def test_closed_days_that_were_not_counted_are_named_as_periods(desk):
    desk.watch.go_to(date(2026, 12, 21))
    number = desk.to_technical()
    told = how(desk, number, "review_end")
    assert told.endswith("(21 décembre 2026), sans les jours fermés (du 24 décembre 2026 au 1er janvier 2027)")


def test_a_delay_that_is_moved_says_from_where(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2026, 12, 1))
    desk.report(number)
    assert how(desk, number, "progress") == "6 mois après le dernier point d'avancement (1er décembre 2026)"
    desk.watch.go_to(date(2026, 12, 7))
    desk.report(number)
    assert how(desk, number, "neglect").startswith(
        "240 jours calendaires après le dernier point d'avancement (7 décembre 2026) ; le terme tombait"
    )


def test_what_is_noted_or_asked_again_runs_from_the_last_time(desk):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    assert how(desk, number, "progress") == "6 mois après la demande de nouvelles (5 avril 2027)"
    assert how(desk, number, "neglect").startswith("240 jours calendaires après le démarrage de l'action (5 octobre 2026)")
    assert {in_words(row["how"], FRENCH) for row in file_of(desk, number)["deadlines"] if row["kind"] == "milestone"} == {
        "date inscrite dans la fiche"
    }


def test_an_extension_is_told_as_what_gave_the_day(desk):
    number = desk.to_technical()
    desk.watch.advance(days=1)
    desk.ask(ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=date(2026, 11, 3), reason="Congés"))
    assert how(desk, number, "review_end") == "fixée par la prolongation de l'examen (6 octobre 2026)"
    assert ahead(desk, number, "review_end") == "prochaine relance le 29 octobre 2026 (la personne concernée)"


def test_rules_that_change_nothing_of_the_day_are_not_told_as_what_gave_it(desk, tmp_path):
    number, other = desk.to_technical(), desk.to_technical()
    desk.watch.advance(days=1)
    desk.ask(ExtendReviewForm(seat=CLERK, action=other, body="cotech", until=date(2026, 11, 3), reason="Congés"))
    desk.under(changed_charter(tmp_path / "shorter.yaml", lambda it: body_of(it, "cotech")["rules"].update(opinion_delay=10)))
    desk.watch.advance(days=1)
    for each in (number, other):
        desk.ask(MoveReviewForm(seat=CLERK, action=each, body="cotech", reason="Règles en vigueur"))
    assert how(desk, number, "review_end") == "15 jours ouvrés après l'ouverture de l'examen (5 octobre 2026)"
    assert how(desk, other, "review_end") == "fixée par la prolongation de l'examen (6 octobre 2026)"
    desk.under(changed_charter(tmp_path / "longer.yaml", lambda it: body_of(it, "cotech")["rules"].update(opinion_delay=30)))
    desk.ask(MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Règles en vigueur"))
    assert how(desk, number, "review_end").startswith("30 jours ouvrés après l'ouverture de l'examen (5 octobre 2026)")


def test_a_reservation_runs_from_the_closing_and_names_whom_its_next_reminder_reaches(desk):
    number = desk.reserving("COTECH-03", "COTECH-04")
    [first, second] = [row for row in file_of(desk, number)["deadlines"] if row["kind"] == "reservation"]
    assert in_words(first["how"], ENGLISH) == in_words(second["how"], ENGLISH)
    assert in_words(first["how"], ENGLISH).startswith("60 calendar days after the closing of the review (5 October 2026)")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=CLERK, action=number))
    desk.settle()
    desk.ask(LiftReservationForm(seat=CLERK, action=number, reservation=2, reason="Chiffrage fourni"))
    desk.watch.go_to(first["due_on"] + timedelta(days=4))
    desk.settle()
    assert ahead(desk, number, "reservation", ENGLISH).endswith("(the person concerned, the chair of the body)")
    desk.watch.go_to(first["due_on"] + timedelta(days=90))
    desk.settle()
    assert ahead(desk, number, "reservation", ENGLISH) == "no further reminder is planned"


def test_a_reminder_that_waits_for_its_request_to_leave_is_told_for_the_day_on_which_it_may_come(desk):
    number = desk.to_work()
    for day in (date(2027, 4, 5), date(2027, 4, 21), date(2027, 4, 22)):
        desk.watch.go_to(day)
        desk.settle()
    assert ahead(desk, number, "progress_report") == "prochaine relance au plus tôt le 23 avril 2027 (la personne concernée)"
    desk.watch.go_to(date(2027, 4, 26), hour=3)
    assert ahead(desk, number, "progress_report", ENGLISH) == "next reminder on 26 April 2027 at the earliest (the person concerned)"


def test_no_reminder_is_promised_while_an_action_is_suspended(desk):
    number = desk.reserving("COTECH-03")
    desk.decide(number, "approve")
    desk.ask(StartForm(seat=CLERK, action=number))
    desk.settle()
    assert ahead(desk, number, "reservation") == "prochaine relance le 27 novembre 2026 (la personne concernée)"
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    for day in (desk.today, date(2026, 11, 27), date(2026, 11, 30)):
        desk.watch.go_to(day)
        desk.settle()
        assert ahead(desk, number, "reservation") == "aucune relance tant que l'action est suspendue"
    assert ahead(desk, number, "reservation", ENGLISH) == "no reminder while the action is suspended"
    desk.ask(ResumeForm(seat=CLERK, action=number))
    assert ahead(desk, number, "reservation") == "prochaine relance au plus tôt le 1er décembre 2026 (la personne concernée)"


def test_a_reminder_is_not_brought_forward_over_a_spared_weekday(desk, tmp_path):
    def spare(it):
        it["calendar"]["no_deadline_on"] = ["monday"]
        body_of(it, "cotech")["rules"].update(opinion_delay=2, reminder_days_before=1)

    desk.under(changed_charter(tmp_path / "spared.yaml", spare))
    desk.watch.go_to(date(2026, 10, 9))
    number = desk.to_technical()
    [row] = file_of(desk, number)["deadlines"]
    assert (row["due_on"], row["ahead"]["on"]) == (date(2026, 10, 13), date(2026, 10, 12))


def test_every_open_deadline_of_every_state_is_explained(desk):
    numbers = [desk.to_technical(), desk.reserving("COTECH-03"), desk.to_approved(), desk.to_work(), desk.to_final_report()]
    shown = [row for number in numbers for row in file_of(desk, number)["deadlines"]]
    assert {row["kind"] for row in shown} == {
        "review_end",
        "follow_up",
        "milestone",
        "progress",
        "neglect",
        "final_report",
        "reservation",
    }
    assert all(in_words(row["how"], words) for row in shown for words in (FRENCH, ENGLISH))


def test_a_day_that_the_rules_in_force_no_longer_give_is_explained_by_those_of_its_time(desk, tmp_path):
    number = desk.to_work()
    desk.watch.advance(days=1)
    desk.under(changed_charter(tmp_path / "slower.yaml", lambda it: it["cadence"].update(progress_months=9)))
    assert how(desk, number, "progress") == (
        "6 mois après le démarrage de l'action (5 octobre 2026), d'après la charte en vigueur le 5 octobre 2026"
    )
    assert how(desk, number, "progress", ENGLISH).endswith(", by the charter in force on 5 October 2026")
    assert how(desk, number, "neglect").startswith("240 jours calendaires après le démarrage de l'action (5 octobre 2026)")
    assert "charte" not in how(desk, number, "neglect")


def test_a_closing_week_that_is_added_while_a_review_runs_leaves_its_last_day_explained(desk, tmp_path):
    def close(it):
        it["calendar"]["closing_weeks"].insert(1, {"first": "2026-10-12", "last": "2026-10-16"})

    number, before = desk.to_technical(), desk.dues(kind="review_end")[0].due_on
    desk.watch.advance(days=1)
    desk.under(changed_charter(tmp_path / "closed.yaml", close))
    assert desk.dues(kind="review_end")[0].due_on == before
    assert how(desk, number, "review_end") == (
        "15 jours ouvrés après l'ouverture de l'examen (5 octobre 2026), d'après la charte en vigueur le 5 octobre 2026"
    )


def test_the_time_to_answer_is_explained_by_the_charter_under_which_news_were_asked_for_or_the_request_left(desk, tmp_path):
    number = desk.to_work()
    desk.watch.go_to(date(2027, 4, 5))
    desk.settle()
    desk.watch.go_to(date(2027, 4, 6))
    desk.under(changed_charter(tmp_path / "longer.yaml", lambda it: it["cadence"].update(progress_grace_days=30)))
    assert how(desk, number, "progress_report").endswith("(5 avril 2027), d'après la charte en vigueur le 5 avril 2027")
    desk.watch.go_to(date(2027, 4, 23))
    desk.post()
    desk.watch.go_to(date(2027, 4, 26))
    desk.settle()
    assert how(desk, number, "progress_report").startswith("30 jours calendaires après le jour où la demande est parvenue (23 avril 2027)")
    desk.watch.go_to(date(2027, 4, 27))
    desk.under(changed_charter(tmp_path / "shorter.yaml", lambda it: it["cadence"].update(progress_grace_days=10)))
    assert how(desk, number, "progress_report").endswith(", d'après la charte en vigueur le 23 avril 2027")


def test_a_day_that_no_charter_gives_is_left_unexplained(desk, tmp_path):
    number = desk.to_work()
    with desk.app.db.write() as connection:
        connection.execute(table(Deadline).update().where(table(Deadline).c.kind == "progress").values(due_on=date(2027, 5, 3)))
    desk.watch.advance(days=1)
    desk.under(changed_charter(tmp_path / "slower.yaml", lambda it: it["cadence"].update(progress_months=9)))
    assert how(desk, number, "progress") == ""


def test_a_weekday_that_the_charter_spares_ends_no_delay(desk, tmp_path):
    def spare(it):
        it["calendar"]["no_deadline_on"] = ["monday"]
        body_of(it, "cotech")["rules"].update(opinion_delay=10, delay_unit="clear_days")

    desk.under(changed_charter(tmp_path / "spared.yaml", spare))
    desk.watch.go_to(date(2026, 10, 8))
    number = desk.to_technical()
    assert desk.last_round(number, "cotech").due_on == date(2026, 10, 20)
    expected = (
        "10 jours francs après l'ouverture de l'examen (8 octobre 2026) ; le terme tombait le 19 octobre 2026, où aucun délai ne s'achève"
    )
    assert how(desk, number, "review_end") == expected
    days = [date(2026, 10, 1) + timedelta(days=offset) for offset in range(60)]
    assert {deadline(day, Delay(1, "calendar_days"), calendar_of(desk.charter())).weekday() for day in days} == {1, 2, 3, 4}


def test_a_term_that_school_holidays_move_says_so(desk, tmp_path):
    def spare(it):
        it["calendar"]["school_holidays"] = {"zone": "B", "effect": "no_deadline", "until": "2028-08-31"}
        body_of(it, "cotech")["rules"].update(opinion_delay=10)

    desk.under(changed_charter(tmp_path / "school.yaml", spare))
    number = desk.to_technical()
    assert desk.last_round(number, "cotech").due_on == date(2026, 11, 2)
    expected = (
        "10 jours ouvrés après l'ouverture de l'examen (5 octobre 2026) ; le terme tombait le 19 octobre 2026 : reporté, vacances scolaires"
    )
    assert how(desk, number, "review_end") == expected
    assert how(desk, number, "review_end", ENGLISH).endswith("; the delay ended on 19 October 2026: moved, school holidays")


def test_a_weekday_is_spared_once(desk, tmp_path):
    with pytest.raises(Refused) as caught:
        desk.under(changed_charter(tmp_path / "twice.yaml", lambda it: it["calendar"].update(no_deadline_on=["monday", "monday"])))
    assert [problem.code for problem in caught.value.problems] == ["charter.repeated_code"]


def test_a_charter_may_not_spare_every_weekday(desk, tmp_path):
    every = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    with pytest.raises(Refused) as caught:
        desk.under(changed_charter(tmp_path / "never.yaml", lambda it: it["calendar"].update(no_deadline_on=every)))
    assert [problem.where.rpartition(":")[2] for problem in caught.value.problems] == ["calendar.no_deadline_on"]


def test_a_chase_is_shown_with_how_many_messages_have_left(desk, sink):
    desk = desk.through(sink.url)
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.watch.go_to(next(row.due_at.date() for row in desk.rows(Deadline) if row.kind == "review_end"))
    desk.settle()
    [before] = file_of(desk, number)["chases"]
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    [after] = file_of(desk, number)["chases"]
    assert before == {
        "topic": Topic.REVIEW_REMINDED,
        "occurred_on": desk.today,
        "body": "cotech",
        "actor": "system",
        "seats": [],
        "messages": 5,
        "sent": 0,
    }
    assert after == before | {"sent": 5}


def test_a_file_without_a_chase_shows_none(desk):
    number = desk.to_work()
    desk.report(number, seat=PILOT)
    assert file_of(desk, number)["chases"] == []
