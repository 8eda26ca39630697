"""Two who want the same thing at the same moment: one wins, the other is told in a typed refusal, and nothing is lost or done twice."""

from datetime import timedelta

import pytest
from builders import CLERK, IN_SECRET, STEERING_CLERK, TODAY, body_of, changed_charter, propose_form, provision
from faults.rivals import at_once, codes, done
from faults.truth import chronicle_faults, unreacted

from models.commands import Via
from models.errors import Conflict
from models.events import Stage
from models.lifecycle import State, Verb
from models.tables import Delivery, Event
from services import stages
from services.forms import (
    AmendForm,
    CloseReviewForm,
    DecisionForm,
    ExtendReviewForm,
    MoveReviewForm,
    OpinionForm,
    ProgressForm,
    ProposeForm,
    WithdrawForm,
)
from services.stages import run_deliveries, run_stage

ROUNDS = 4


@pytest.fixture(autouse=True)
def sound(request):
    """Whatever happened, the log verifies, the rows say what it says, and no number is lost or doubled."""
    app = request.getfixturevalue("app")
    yield
    assert chronicle_faults(app) == []


def gapless(numbers):
    return sorted(numbers) == [f"A-2026-{n:03}" for n in range(1, len(numbers) + 1)]


def test_of_two_secretaries_who_saw_the_same_version_one_is_told_that_it_has_moved(desk):
    for _ in range(ROUNDS):
        number = desk.to_work()
        seen = desk.action(number).version
        forms = [ProgressForm(seat=CLERK, action=number, seen_version=seen, percent=n, summary="Fait") for n in (10, 20)]
        answers = at_once(*(lambda form=form: desk.ask(form) for form in forms))
        assert (len(done(answers)), codes(answers)) == (1, ["Conflict: version_stale"])
        assert desk.topics(number).count("progress.reported") == 1


def test_many_who_saw_nothing_are_all_heard_in_some_order(desk):
    number = desk.to_work()
    answers = at_once(*(lambda n=n: desk.report(number, n) for n in range(8)))
    assert (len(done(answers)), desk.topics(number).count("progress.reported")) == (8, 8)
    assert len({answer.version for answer in answers}) == 8


def test_the_same_key_asked_by_many_at_once_is_answered_once_and_for_all(desk):
    for n in range(ROUNDS):
        answers = at_once(*(lambda n=n: desk.ask(propose_form(), key=f"the-same-key-{n}") for _ in range(4)))
        assert len({(answer.number, answer.version, answer.event) for answer in answers}) == 1
        assert sorted(answer.repeated for answer in answers) == [False, True, True, True]
    assert len(desk.rows(Event)) == ROUNDS


def test_the_same_key_asked_by_many_at_once_is_answered_the_same_where_the_first_answer_bars_the_way(desk):
    for n in range(ROUNDS):
        form = WithdrawForm(seat=CLERK, action=desk.to_technical(), reason="Sans objet")
        answers = at_once(*(lambda form=form, n=n: desk.ask(form, key=f"the-same-key-{n}") for _ in range(4)))
        assert codes(answers) == []
        assert len({(answer.version, answer.event, answer.state) for answer in answers}) == 1


def test_the_same_key_for_two_different_things_at_once_is_a_conflict_for_one(desk):
    for n in range(ROUNDS):
        forms = [propose_form(provision(place)) for place in (1, 2)]
        answers = at_once(*(lambda form=form, n=n: desk.ask(form, key=f"the-same-key-{n}") for form in forms))
        assert (len(done(answers)), codes(answers)) == (1, ["Conflict: key_reused"])


def test_eight_who_propose_at_once_get_numbers_without_a_gap_or_a_double(desk):
    def propose(n):
        return [desk.ask(propose_form(provision(n % 7 + 1))).number for _ in range(5)]

    numbers = [number for mine in at_once(*(lambda n=n: propose(n) for n in range(8))) for number in mine]
    assert (len(numbers), gapless(numbers)) == (40, True)


def test_refused_proposals_leave_no_gap_in_the_numbers(desk):
    def propose(n):
        form = propose_form(provision(n % 7 + 1), seat=CLERK if n % 2 else "COTECH-99")
        return desk.ask(form)

    answers = at_once(*(lambda n=n: propose(n) for n in range(8)))
    assert gapless([answer.number for answer in done(answers)])


def test_decisions_taken_at_once_are_numbered_without_a_gap(desk):
    numbers = [desk.to_steering(provision(7, title=f"Action {n}")) for n in range(4)]
    for number in numbers:
        desk.opine(number, "copil")
    desk.settle()

    def decide(number):
        return desk.ask(DecisionForm(seat=STEERING_CLERK, action=number, body="copil", outcome="approve", reason="Motif"))

    assert len(done(at_once(*(lambda number=number: decide(number) for number in numbers)))) == 4
    assert {desk.state(number) for number in numbers} == {State.APPROVED}


def test_withdrawn_and_approved_at_once_only_one_of_them_happens(desk):
    for n in range(ROUNDS):
        number = desk.to_steering(provision(7, title=f"Action {n}"))
        desk.opine(number, "copil")
        desk.settle()
        withdraw = WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs")
        approve = DecisionForm(seat=STEERING_CLERK, action=number, body="copil", outcome="approve", reason="Motif")
        answers = at_once(lambda form=withdraw: desk.ask(form), lambda form=approve: desk.ask(form))
        assert (len(done(answers)), codes(answers)) == (1, ["Refused: state_forbids"])
        assert desk.state(number) in (State.WITHDRAWN, State.APPROVED)


def test_two_decisions_at_once_only_one_is_taken(desk):
    number = desk.to_steering()
    desk.opine(number, "copil")
    desk.settle()
    forms = [DecisionForm(seat=STEERING_CLERK, action=number, body="copil", outcome=how, reason="Motif") for how in ("approve", "reject")]
    answers = at_once(*(lambda form=form: desk.ask(form) for form in forms))
    assert (len(done(answers)), codes(answers)) == (1, ["Refused: state_forbids"])


def test_an_answer_and_the_deadline_at_once_the_answer_is_kept_or_refused_in_words(desk):
    heard = 0
    for n in range(ROUNDS):
        number = desk.to_technical(provision(7, title=f"Action {n}"))
        desk.settle()
        desk.post()
        desk.watch.go_to(desk.last_round(number, "cotech").due_on + timedelta(days=1), hour=3)
        answer = OpinionForm(seat="COTECH-01", action=number, body="cotech", voter="COTECH-01", opinion="favourable")
        answers = at_once(lambda form=answer: desk.ask(form), lambda: stages.react_quietly(desk.app, Stage.COMMITTEE_REVIEW))
        assert codes(answers) in ([], ["Refused: review_not_open"], ["Refused: state_forbids"])
        kept = desk.topics(number).count("opinion.recorded")
        assert kept == 1 - len(codes(answers))
        heard += kept
        desk.settle()
        assert desk.topics(number).count("review.closed") == 1
        desk.watch.go_to(TODAY + timedelta(days=120 * (n + 1)))
        desk.settle()
    assert unreacted(desk.app) == []


COTECH = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07")


def under(desk, tmp_path, **rules):
    return desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))


def vote(desk, number, seat, opinion="favourable"):
    form = OpinionForm(seat=seat, action=number, body="cotech", voter=seat, opinion=opinion)
    return desk.ask(form, via=Via.PORTAL)


def test_everybody_votes_at_once_in_a_secret_ballot_and_each_vote_is_in_the_urn(desk, tmp_path):
    under(desk, tmp_path, **IN_SECRET)
    for n in range(ROUNDS):
        number = desk.to_technical(provision(7, title=f"Action {n}"))
        choices = ["favourable", "favourable", "favourable", "unfavourable", "abstention", "abstention"]
        answers = at_once(*(lambda pair=pair, number=number: vote(desk, number, *pair) for pair in zip(COTECH, choices, strict=True)))
        assert (len(done(answers)), codes(answers)) == (6, [])
        urn = desk.last_round(number, "cotech").urn
        assert {choice: count for choice, count in urn.items() if count} == {"favourable": 3, "unfavourable": 1, "abstention": 2}


def test_the_same_seat_votes_several_times_at_once_and_is_counted_once(desk, tmp_path):
    number = under(desk, tmp_path, **IN_SECRET).to_technical()
    answers = at_once(*(lambda choice=choice: vote(desk, number, "COTECH-01", choice) for choice in ("favourable", "unfavourable") * 3))
    assert (len(done(answers)), set(codes(answers))) == (1, {"Refused: secret_vote_cast"})
    assert sum(desk.last_round(number, "cotech").urn.values()) == 1


def test_a_vote_and_the_closing_at_once_the_urn_and_the_log_agree(desk, tmp_path):
    under(desk, tmp_path, **IN_SECRET)
    for n in range(ROUNDS):
        number = desk.to_technical(provision(7, title=f"Action {n}"))
        for seat in COTECH[:4]:
            vote(desk, number, seat)
        close = CloseReviewForm(seat=CLERK, action=number, body="cotech", reason="Séance tenue")
        answers = at_once(lambda number=number: vote(desk, number, COTECH[4]), lambda form=close: desk.ask(form))
        assert codes(answers) in ([], ["Refused: review_not_open"])
        votes = desk.topics(number).count("opinion.recorded")
        assert (votes, desk.last_round(number, "cotech").verdict["in_favour"]) == (5 - len(codes(answers)), votes)


def test_two_secretaries_extend_the_same_review_at_once_and_the_log_orders_them(desk):
    for n in range(ROUNDS):
        number = desk.to_technical(provision(7, title=f"Action {n}"))
        first = desk.last_round(number, "cotech").due_on
        days = [first + timedelta(days=more) for more in (2, 4)]
        forms = [ExtendReviewForm(seat=CLERK, action=number, body="cotech", until=day, reason="Fêtes") for day in days]
        answers = at_once(*(lambda form=form: desk.ask(form) for form in forms))
        assert codes(answers) in ([], ["Refused: extension_too_short"])
        assert desk.last_round(number, "cotech").due_on == days[1]
        assert desk.topics(number).count("review.extended") == len(done(answers))


def test_a_last_answer_and_a_move_to_other_rules_at_once_the_rules_of_the_first_answer_stand(desk, tmp_path):
    numbers = [desk.to_technical(provision(7, title=f"Action {n}")) for n in range(ROUNDS)]
    under(desk, tmp_path, majority="consensus")
    for number in numbers:
        move = MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle charte")
        answers = at_once(lambda number=number: vote(desk, number, "COTECH-01"), lambda form=move: desk.ask(form))
        assert codes(answers) in ([], ["Refused: review_answered"])
        order = [topic for topic in desk.topics(number) if topic in ("opinion.recorded", "review.moved")]
        assert order in (["review.moved", "opinion.recorded"], ["opinion.recorded"])


def test_a_withdrawal_and_the_deadlines_of_many_actions_at_once_end_in_words(desk):
    for n in range(ROUNDS):
        numbers = [desk.to_technical(provision(7, title=f"Action {n} {m}")) for m in range(6)]
        desk.watch.go_to(desk.last_round(numbers[0], "cotech").due_on + timedelta(days=1), hour=3)

        def withdraw(number):
            return desk.ask(WithdrawForm(seat=CLERK, action=number, reason="Porté ailleurs"))

        tasks = [lambda number=number: withdraw(number) for number in reversed(numbers)]
        answers = at_once(lambda: stages.react_quietly(desk.app, Stage.COMMITTEE_REVIEW), *tasks)
        assert codes(answers) == []
        assert {desk.state(number) for number in numbers} == {State.WITHDRAWN}
        desk.settle()
    assert unreacted(desk.app) == []


def test_commands_and_reactions_of_one_stage_at_once_lose_nothing(desk):
    numbers = [desk.propose(provision(place)) for place in range(1, 8)]
    amend = [lambda number=number: desk.execute(Verb.WITHDRAW, number, reason="Porté ailleurs") for number in numbers[::2]]
    react = [lambda: stages.react_quietly(desk.app, Stage.PROPOSAL)] * 2
    answers = at_once(*react, *amend)
    assert codes(answers) == []
    desk.settle()
    assert [desk.state(number) for number in numbers[::2]] == [State.WITHDRAWN] * 4
    assert {desk.state(number) for number in numbers[1::2]} == {State.TECHNICAL_REVIEW}
    assert unreacted(desk.app) == []


def test_four_runs_of_a_stage_at_once_react_to_each_event_once(desk):
    numbers = [desk.propose(provision(n % 7 + 1, title=f"Action {n}")) for n in range(12)]
    runs = [lambda n=n: run_stage(desk.app, Stage.PROPOSAL, holder=f"run {n}", gate=desk.quiet(Stage.PROPOSAL)) for n in range(4)]
    reports = at_once(*runs)
    while desk.rows(Event, owed="proposal"):
        reports.append(runs[0]())
    assert sorted(line.action for report in reports for line in report.lines if line.topic == "action.proposed") == numbers


def test_four_runs_that_all_believe_they_hold_the_lease_react_once(desk):
    numbers = [desk.propose(provision(n % 7 + 1, title=f"Action {n}")) for n in range(12)]
    at_once(*[lambda: stages.react_quietly(desk.app, Stage.PROPOSAL)] * 4)
    desk.settle()
    told = [row.unique_key for row in desk.rows(Delivery, message="proposal-acknowledged")]
    assert (len(told), len(set(told))) == (12, 12)
    assert [desk.topics(number).count("action.proposed") for number in numbers] == [1] * 12
    assert {desk.topics(number).count("review.opened") >= 1 for number in numbers} == {True}
    assert unreacted(desk.app) == []


def test_four_senders_at_once_send_each_mail_once(desk, sink):
    desk.through(sink.url)
    for n in range(10):
        desk.propose(provision(7, title=f"Action {n}"))
    desk.settle()
    runs = [lambda: stages.deliver(desk.app, gate=lambda: None, stage=None, seconds=None)] * 4
    at_once(*runs)
    run_deliveries(desk.app, holder="last", gate=lambda: None)
    rows = desk.rows(Delivery)
    assert {row.state for row in rows} == {"sent"}
    assert len(sink.mails()) == len(rows) == len({mail["Message-ID"] for mail in sink.mails()})


def test_a_conflict_says_what_was_seen_and_what_there_is(desk):
    number = desk.to_work()
    form = AmendForm(seat=CLERK, action=number, seen_version=1, context="Autre contexte")
    with pytest.raises(Conflict) as conflict:
        desk.ask(form)
    assert conflict.value.problems[0].params == {"seen": 1, "present": desk.action(number).version, "number": number}


def test_two_who_propose_the_same_at_once_get_a_number_each(desk):
    forms = [ProposeForm(seat=CLERK, title="La même idée", axis=provision().axis) for _ in range(2)]
    assert gapless([answer.number for answer in at_once(*(lambda form=form: desk.ask(form) for form in forms))])
