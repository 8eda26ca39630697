"""A fact wrongly recorded is put right by a command; both versions stay."""

from datetime import timedelta
from uuid import UUID

from builders import CLERK, NO_RESERVATIONS, TODAY, body_of, changed_charter

from models.lifecycle import State, Verb
from models.tables import Decision, Opinion, Report, Words
from services.forms import FinalReportForm, OpinionForm, RectifyForm

YESTERDAY = TODAY - timedelta(days=1)


def rectify(number, event, *, reason="Erreur de saisie", **more):
    return RectifyForm(seat=CLERK, action=number, event=event, reason=reason, **more)


def with_one_opinion(desk):
    number = desk.to_technical()
    given = desk.ask(OpinionForm(seat=CLERK, action=number, body="cotech", voter="COTECH-01", opinion="favourable"))
    return number, given.event


def test_a_rectified_opinion_stands_beside_the_first(desk):
    number, first = with_one_opinion(desk)
    second = desk.ask(rectify(number, first, opinion="unfavourable", happened_on=YESTERDAY, words="Le membre l'a confirmé"))
    assert [(row.seat, row.value, row.given_on, row.event_id, row.superseded) for row in desk.rows(Opinion)] == [
        ("COTECH-01", "favourable", TODAY, first, True),
        ("COTECH-01", "unfavourable", YESTERDAY, second.event, False),
    ]
    payload = desk.events(number)[-1].payload
    assert (payload["fact"], payload["rectifies"], sorted(payload)) == (
        "opinion",
        str(first),
        ["changed", "fact", "reason_hash", "reason_id", "rectifies", "review", "words_hash", "words_id"],
    )


def test_a_rectified_opinion_recounts_a_closed_verdict_and_says_whether_it_changed(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", seats=("COTECH-01", "COTECH-03", "COTECH-04"))
    desk.opine(number, "cotech", "unfavourable", seats=("COTECH-05", "COTECH-06", "COTECH-07"))
    desk.settle()
    assert (desk.state(number), desk.reviews(number)["cotech", 1].verdict["result"]) == (State.RETURNED, "unfavourable")
    wrong = next(row.event_id for row in desk.rows(Opinion) if row.seat == "COTECH-07")
    desk.ask(rectify(number, wrong, opinion="favourable"))
    payload = desk.events(number)[-1].payload
    assert (payload["verdict_changed"], payload["former_verdict"]["in_favour"], payload["verdict"]["in_favour"]) == (True, 3, 4)
    assert (desk.state(number), desk.reviews(number)["cotech", 1].verdict["result"]) == (State.RETURNED, "favourable")


def test_a_rectified_opinion_that_changes_nothing_says_so(desk):
    number = desk.to_steering()
    wrong = desk.rows(Opinion)[0].event_id
    desk.ask(rectify(number, wrong, opinion="abstention"))
    payload = desk.events(number)[-1].payload
    assert (payload["verdict_changed"], payload["verdict"]["result"]) == (False, "favourable")


def test_a_rectified_decision_keeps_its_number_with_the_next_revision(desk):
    number = desk.to_steering()
    decided = desk.decide(number, "approve", reference="PV 4")
    desk.ask(rectify(number, decided.event, reference="PV 5", happened_on=YESTERDAY))
    rows = desk.rows(Decision, body="copil")
    assert [(row.number, row.revision, row.reference, row.decided_on, row.superseded) for row in rows] == [
        ("COPIL-2026-001", 1, "PV 4", TODAY, True),
        ("COPIL-2026-001", 2, "PV 5", YESTERDAY, False),
    ]
    assert desk.state(number) is State.APPROVED


def test_a_rectified_report_keeps_both_figures(desk):
    number = desk.to_work()
    reported = desk.report(number, 80)
    desk.ask(rectify(number, reported.event, percent=8, words="Une virgule manquait"))
    rows = desk.rows(Report)
    assert [(row.kind, row.percent, row.superseded) for row in rows] == [("progress", 80, True), ("progress", 8, False)]
    assert [desk.rows(Words, id=row.words_id)[0].body for row in rows] == ["Bon début", "Une virgule manquait"]


def test_a_part_of_the_final_report_may_be_rectified_in_words(desk):
    number = desk.to_final_report()
    filed = desk.ask(FinalReportForm(seat=CLERK, action=number, results="Dix lieux partagés"))
    desk.ask(rectify(number, filed.event, words="Onze lieux partagés"))
    assert [(row.kind, row.superseded) for row in desk.rows(Report)] == [("final_results", True), ("final_results", False)]
    desk.ask(FinalReportForm(seat=CLERK, action=number, lessons="À refaire"))
    desk.settle()
    assert desk.state(number) is State.CLOSED


def test_a_rectification_can_itself_be_rectified_and_the_first_fact_no_longer(desk):
    number, first = with_one_opinion(desk)
    second = desk.ask(rectify(number, first, opinion="unfavourable"))
    assert desk.refusal(rectify(number, first, opinion="abstention")) == ["fact_unknown"]
    desk.ask(rectify(number, second.event, opinion="abstention"))
    assert [(row.value, row.superseded) for row in desk.rows(Opinion)] == [
        ("favourable", True),
        ("unfavourable", True),
        ("abstention", False),
    ]


def test_what_cannot_be_rectified_is_refused(desk):
    number, given = with_one_opinion(desk)
    other = desk.propose()
    assert {
        "nothing new": desk.refusal(rectify(number, given, opinion="favourable")),
        "another kind of field": desk.refusal(rectify(number, given, percent=5)),
        "an event that is no fact": desk.refusal(rectify(number, desk.events(number)[0].id, words="Autre")),
        "an event of nobody": desk.refusal(rectify(number, UUID(int=99_999), words="Autre")),
        "a fact of another action": desk.refusal(rectify(other, given, words="Autre")),
        "a day to come": desk.refusal(rectify(number, given, happened_on=TODAY + timedelta(days=1))),
        "without a reason": desk.refusal(rectify(number, given, opinion="abstention", reason=None)),
        "by a member": desk.refusal(
            RectifyForm(seat="COTECH-01", action=number, event=given, opinion="abstention", reason="Changement d'avis")
        ),
    } == {
        "nothing new": ["fact_unchanged"],
        "another kind of field": ["fact_has_no_field"],
        "an event that is no fact": ["fact_unknown"],
        "an event of nobody": ["fact_unknown"],
        "a fact of another action": ["fact_unknown"],
        "a day to come": ["occurred_in_future"],
        "without a reason": ["reason_missing"],
        "by a member": ["not_allowed"],
    }


def test_an_opinion_is_rectified_within_the_vocabulary_its_review_was_opened_with(desk, tmp_path):
    fewer = ["favourable", "unfavourable"]
    charter = changed_charter(
        tmp_path / "charter.yaml",
        lambda it: body_of(it, "cotech")["rules"].update(opinions=fewer, reasons_required_for=[], **NO_RESERVATIONS),
    )
    before, given_before = with_one_opinion(desk)
    after, given_after = with_one_opinion(desk.under(charter))
    assert desk.refusal(rectify(after, given_after, opinion="abstention")) == ["opinion_not_offered"]
    assert desk.refusal(rectify(before, given_before, opinion="abstention")) == []


def test_a_finished_action_may_still_be_rectified(desk):
    number = desk.reach(State.CLOSED)
    decided = next(row.event_id for row in desk.rows(Decision) if row.outcome == "approve")
    desk.ask(rectify(number, decided, reference="PV 6"))
    assert (desk.state(number), desk.topics(number)[-1]) == (State.CLOSED, "fact.rectified")


def test_the_rectification_is_told(desk):
    number, given = with_one_opinion(desk)
    desk.settle()
    desk.ask(rectify(number, given, opinion="abstention"))
    assert desk.settle() == [(number, "fact.rectified", "nothing to do")]
    assert desk.execute(Verb.RECTIFY, number, seat="COPIL-02", event=desk.events(number)[-1].id, opinion="favourable", reason="Encore")
    assert desk.settle() == [(number, "fact.rectified", "messages: 1")]


def test_the_body_whose_fact_it_was_hears_of_it_whoever_put_it_right(desk):
    number = desk.to_steering()
    given = desk.ask(OpinionForm(seat="COPIL-02", action=number, body="copil", voter="COPIL-01", opinion="favourable"))
    desk.settle()
    desk.ask(rectify(number, given.event, opinion="abstention"))
    assert desk.events(number)[-1].body == "copil"
    assert desk.settle() == [(number, "fact.rectified", "messages: 1")]
