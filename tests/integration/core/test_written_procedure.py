"""The written procedure: closing early, giving more time, and rules that stay those of the opening until the secretary moves a review."""

from datetime import date, timedelta

import pytest
from builders import CLERK, CONVENTION, TODAY, body_of, changed_charter, provision

from models.commands import Via
from models.lifecycle import State, Verb
from models.tables import Deadline, Delivery, Event
from services.explanations import explain
from services.forms import ExtendReviewForm, MoveReviewForm, OpinionForm, ResubmitForm
from services.open_reviews import treated_differently
from services.queries import show_action
from services.reckonings import in_words
from services.wording import Wording

EARLY, LONGER = {"early_closing": True}, {"longest_extension": 5}


def under(desk, tmp_path, **rules):
    """The desk under a charter that changes the rules of the technical committee."""
    name = "-".join(rules) or "same"
    return desk.under(changed_charter(tmp_path / f"{name}.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))


def extension(number, until, **more):
    return ExtendReviewForm(**{"seat": CLERK, "action": number, "body": "cotech", "until": until, "reason": "Fêtes de fin d'année"} | more)


def moving(number, **more):
    return MoveReviewForm(**{"seat": CLERK, "action": number, "body": "cotech", "reason": "Nouvelle charte"} | more)


def review_of(desk, number):
    return desk.last_round(number, "cotech")


def open_dues(desk):
    return {row.kind: row.due_on for row in desk.rows(Deadline, body="cotech") if row.settled_at is None}


# --- closing early ------------------------------------------------------------------------------------------------------------------


def test_a_review_closes_early_once_no_answer_can_change_its_result(desk, tmp_path):
    number = under(desk, tmp_path, **EARLY).to_technical()
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01", "COTECH-03"))
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-04", "COTECH-05"))
    desk.settle()
    review = review_of(desk, number)
    assert (desk.state(number), review.verdict["result"], review.closed_on) == (State.RETURNED, "unfavourable", TODAY)


def test_without_that_rule_it_waits_for_everybody_or_for_its_day(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06"))
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW


def test_a_secretary_needs_no_reason_to_close_what_is_settled(desk, tmp_path):
    number = under(desk, tmp_path, **EARLY).to_technical()
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05"))
    desk.execute(Verb.CLOSE_REVIEW, number, body="cotech")
    assert review_of(desk, number).verdict["result"] == "unfavourable"


def test_reservations_still_to_come_keep_a_favourable_review_open(desk, tmp_path):
    number = under(desk, tmp_path, **EARLY).to_technical()
    desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06"))
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    desk.opine(number, "cotech", "with_reservations", seats=("COTECH-06",))
    desk.settle()
    assert review_of(desk, number).verdict["result"] == "with_reservations"


def test_a_committee_whose_result_is_settled_still_waits_for_its_groups(desk, tmp_path):
    number = under(desk, tmp_path, **EARLY).to_technical(provision(6))
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05"))
    desk.settle()
    assert desk.state(number) is State.TECHNICAL_REVIEW
    for body, round_ in desk.reviews(number):
        if body != "cotech":
            assert round_ == 1
            desk.opine(number, body)
    desk.settle()
    assert desk.state(number) is State.RETURNED


# --- more time ----------------------------------------------------------------------------------------------------------------------


def test_an_extension_moves_the_end_and_the_reminder_and_tells_those_who_have_not_answered(desk, tmp_path):
    number = under(desk, tmp_path, **LONGER).to_technical()
    desk.post()
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.settle()
    assert review_of(desk, number).due_on == date(2026, 10, 26)
    desk.ask(extension(number, "2026-10-30"))
    assert desk.settle() == [(number, "review.extended", "messages: 5")]
    assert review_of(desk, number).due_on == date(2026, 10, 30)
    assert open_dues(desk) == {"review_end": date(2026, 10, 30)}
    desk.watch.go_to(date(2026, 10, 27))
    assert desk.settle() == [(number, "review_end", Verb.REMIND_VOTERS), (number, "review.reminded", "messages: 5")]
    desk.watch.go_to(date(2026, 10, 29), hour=23)
    assert desk.settle() == []
    desk.watch.advance(days=2)
    assert (number, "review_end", Verb.CLOSE_REVIEW) in desk.settle()


def test_an_extension_is_counted_from_the_first_end_however_often_it_is_given(desk, tmp_path):
    number = under(desk, tmp_path, **LONGER).to_technical()
    desk.ask(extension(number, "2026-10-30"))
    assert desk.refusal(extension(number, "2026-11-03")) == ["extension_too_long"]
    desk.ask(extension(number, "2026-11-02"))
    assert review_of(desk, number).due_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("rules", "asked", "codes"),
    [
        ({"longest_extension": None}, {}, ["extension_not_allowed"]),
        (LONGER, {"until": "2026-10-26"}, ["extension_too_short"]),
        (LONGER, {"until": "2026-12-24"}, ["extension_too_long"]),
        (LONGER, {"reason": None}, ["reason_missing"]),
        (LONGER, {"seat": "COTECH-03"}, ["not_allowed"]),
        (LONGER, {"body": "copil"}, ["not_allowed", "review_not_open"]),
    ],
)
def test_an_extension_that_the_rules_do_not_allow_is_refused_and_changes_nothing(desk, tmp_path, rules, asked, codes):
    number = under(desk, tmp_path, **rules).to_technical()
    before = desk.counts()
    assert desk.refusal(extension(number, **{"until": "2026-10-28"} | asked)) == codes
    assert (desk.counts(), review_of(desk, number).due_on) == (before, date(2026, 10, 26))


def test_a_member_may_answer_until_the_new_day(desk, tmp_path):
    number = under(desk, tmp_path, **LONGER).to_technical()
    desk.ask(extension(number, "2026-10-30"))
    desk.settle()
    desk.watch.go_to(date(2026, 10, 29))
    desk.settle()
    desk.ask(OpinionForm(seat="COTECH-03", action=number, body="cotech", voter="COTECH-03", opinion="favourable"), via=Via.PORTAL)
    assert "COTECH-03" in [row.payload["voter"] for row in desk.rows(Event, topic="opinion.recorded")]


def test_what_is_missing_for_an_extension_is_told_in_advance(desk, tmp_path):
    number = under(desk, tmp_path, **LONGER).to_technical()
    answer = next(found for found in explain(desk.app, action=number, seat=CLERK, body="cotech") if found.verb is Verb.EXTEND_REVIEW)
    assert (answer.possible, sorted(problem.code for problem in answer.needs)) == (True, ["extension_too_short", "reason_missing"])


# --- the rules of the opening -------------------------------------------------------------------------------------------------------


def test_a_new_charter_names_the_open_reviews_it_would_treat_differently_and_changes_none(desk, tmp_path):
    number = desk.to_technical(provision(1))
    other = under(desk, tmp_path, majority="consensus", opinion_delay=5)
    with other.app.db.read() as connection:
        found = treated_differently(connection, other.charter())
    assert [(row["action"], row["body"], row["keys"]) for row in found] == [(number, "cotech", ["rules.opinion_delay", "rules.majority"])]
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01",))
    desk.opine(number, "cotech", seats=("COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    for group in ("gt-inclusion", "gt-science-societe"):
        desk.opine(number, group)
    desk.settle()
    assert review_of(desk, number).verdict["result"] == "favourable"


def test_a_review_that_nobody_answered_may_be_moved_to_the_new_rules(desk, tmp_path):
    number = desk.to_technical()
    under(desk, tmp_path, majority="consensus", opinion_delay=25)
    desk.settle()
    desk.ask(moving(number))
    assert desk.settle() == [(number, "review.moved", "messages: 6")]
    with desk.app.db.read() as connection:
        assert treated_differently(connection, desk.charter()) == []
    assert (review_of(desk, number).due_on, open_dues(desk)["review_end"]) == (date(2026, 11, 9), date(2026, 11, 9))
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-01",))
    desk.opine(number, "cotech", seats=("COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07"))
    desk.settle()
    assert review_of(desk, number).verdict["result"] == "unfavourable"


def test_a_shorter_delay_never_takes_time_away_from_those_who_were_asked(desk, tmp_path):
    number = desk.to_technical()
    under(desk, tmp_path, opinion_delay=5)
    desk.ask(moving(number))
    assert review_of(desk, number).due_on == date(2026, 10, 26)


def test_a_review_keeps_its_rules_from_the_first_answer_on(desk, tmp_path):
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=("COTECH-01",))
    under(desk, tmp_path, majority="consensus")
    assert desk.refusal(moving(number)) == ["review_answered"]


def test_a_review_is_moved_only_to_other_rules_and_with_a_reason(desk, tmp_path):
    number = desk.to_technical()
    assert desk.refusal(moving(number, reason=None)) == ["reason_missing", "rules_unchanged"]
    changed = changed_charter(tmp_path / "energy.yaml", lambda it: body_of(it, "gt-energie")["rules"].update(opinion_delay=30))
    assert desk.under(changed).refusal(moving(number)) == ["rules_unchanged"]


def test_whoever_answers_meanwhile_is_not_told_of_more_time(desk, tmp_path):
    number = under(desk, tmp_path, **LONGER).to_technical()
    desk.settle()
    desk.ask(extension(number, "2026-10-30"))
    desk.opine(number, "cotech", seats=("COTECH-01",))
    desk.settle()
    told = [row for row in desk.rows(Delivery, message="review-extended") if row.because == "pending_voter"]
    assert len(told) == 5
    assert TODAY + timedelta(days=1) < review_of(desk, number).due_on


@pytest.mark.parametrize(("after_return", "due_on"), [("restart", date(2026, 11, 4)), ("resume", date(2026, 10, 29))])
def test_a_proposal_that_comes_back_has_its_delay_anew_or_what_was_left_of_it(desk, tmp_path, after_return, due_on):
    number = under(desk, tmp_path, after_return=after_return).to_technical()
    desk.watch.go_to(date(2026, 10, 9))
    desk.opine(number, "cotech", "unfavourable")
    desk.settle()
    assert (desk.state(number), review_of(desk, number).closed_on) == (State.RETURNED, date(2026, 10, 9))
    desk.watch.go_to(date(2026, 10, 14))
    desk.ask(ResubmitForm(seat=CLERK, action=number, reason="Complétée", context="Complété"))
    desk.settle()
    assert desk.last_round(number, "cotech").due_on == due_on
    [row] = show_action(desk.app, number, convention=CONVENTION, explained=True)["deadlines"]
    told = in_words(row["how"], Wording("fr"))
    assert ("ce qui restait du délai précédent" in told) == (after_return == "resume")
    assert told
