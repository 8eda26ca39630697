"""Opinions that are hidden for a time, and ballots that are secret for good."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from benchmarks.lifecycle import statements_of
from builders import CLERK, IN_SECRET, MONDAY, Desk, Ids, Watch, body_of, changed_charter, install_at, settings_of
from sqlmodel import SQLModel

from models.commands import Via
from models.errors import Refused
from models.lifecycle import State, Verb
from models.tables import Event, Opinion, Review, table
from services import queries
from services.audit import verify
from services.bootstrap import open_app
from services.clock import Clock
from services.explanations import explain
from services.forms import MoveReviewForm, OpinionForm, RectifyForm, WithdrawForm
from services.relay import event_of
from services.review_file import review_files

SEATS = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05", "COTECH-06", "COTECH-07")


def under(desk, tmp_path, **rules):
    return desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))


def vote(desk, number, seat, opinion="favourable", *, by=None, via=Via.PORTAL, **more):
    return desk.ask(OpinionForm(seat=by or seat, action=number, body="cotech", voter=seat, opinion=opinion, **more), via=via)


def refused(desk, number, seat, **how):
    with pytest.raises(Refused) as caught:
        vote(desk, number, seat, **how)
    return [problem.code for problem in caught.value.problems]


def seen(desk, number, *seats):
    """The opinions that the page of an action shows to whoever holds these seats, and what its timeline says of them."""
    action = queries.show_action(desk.app, number, seats=seats)
    [review] = [found for found in action["reviews"] if found["body"] == "cotech"]
    told = [line["payload"].get("opinion") for line in action["timeline"] if line["topic"] == "opinion.recorded"]
    return [(opinion["seat"], opinion["value"], opinion["words"]) for opinion in review["opinions"]], told


# --- hidden for a time --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hidden_until_voted(desk, tmp_path):
    number = under(desk, tmp_path, results="until_voted").to_technical()
    vote(desk, number, "COTECH-01", "unfavourable", reason="Trop cher")
    return number


def test_whoever_has_not_answered_sees_that_others_have_and_not_what(desk, hidden_until_voted):
    assert seen(desk, hidden_until_voted, "COTECH-03") == ([], [None])
    action = queries.show_action(desk.app, hidden_until_voted, seats=("COTECH-03",))
    assert [(review["answered"], review["hidden"]) for review in action["reviews"]] == [(["COTECH-01"], True)]
    assert "Trop cher" not in str(action)


def test_whoever_has_answered_sees_what_others_said(desk, hidden_until_voted):
    vote(desk, hidden_until_voted, "COTECH-03")
    both = [("COTECH-01", "unfavourable", "Trop cher"), ("COTECH-03", "favourable", None)]
    assert seen(desk, hidden_until_voted, "COTECH-03") == (both, ["unfavourable", "favourable"])
    assert seen(desk, hidden_until_voted, CLERK) == ([], [None, None])


def test_until_closing_one_sees_only_the_own_opinion(desk, tmp_path):
    number = under(desk, tmp_path, results="until_closing").to_technical()
    vote(desk, number, "COTECH-01", "unfavourable", reason="Trop cher")
    vote(desk, number, "COTECH-03")
    assert seen(desk, number, "COTECH-03") == ([("COTECH-03", "favourable", None)], [None, "favourable"])


def test_once_closed_everybody_sees_everything(desk, hidden_until_voted):
    desk.execute(Verb.CLOSE_REVIEW, hidden_until_voted, body="cotech", reason="Séance tenue")
    assert seen(desk, hidden_until_voted) == ([("COTECH-01", "unfavourable", "Trop cher")], ["unfavourable"])


def test_the_list_of_events_hides_them_too_and_so_does_what_prefect_is_told(desk, hidden_until_voted):
    [line] = [row for row in queries.list_events(desk.app) if row["topic"] == "opinion.recorded"]
    assert sorted(line["payload"]) == ["review", "voter"]
    [event] = desk.rows(Event, topic="opinion.recorded")
    told = event_of(event._asdict() | {"action": hidden_until_voted}, MONDAY)
    assert "opinion" not in told["payload"]
    assert told["payload"]["voter"] == "COTECH-01"


def test_a_rectified_opinion_stays_hidden_as_well(desk, hidden_until_voted):
    [event] = desk.rows(Event, topic="opinion.recorded")
    desk.ask(RectifyForm(seat=CLERK, action=hidden_until_voted, event=event.id, opinion="abstention", reason="Mal entendu"))
    [line] = [row for row in queries.list_events(desk.app) if row["topic"] == "fact.rectified"]
    assert "changed" not in line["payload"]
    assert "Mal entendu" not in str(queries.show_action(desk.app, hidden_until_voted, seats=("COTECH-03",)))


def test_prefect_takes_no_opinion_where_its_operators_would_see_it(desk, hidden_until_voted):
    assert refused(desk, hidden_until_voted, "COTECH-04", via=Via.PREFECT_FORM) == ["hidden_not_in_prefect"]
    assert desk.rows(Opinion, seat="COTECH-04") == []


def test_the_list_of_events_takes_as_many_questions_for_many_open_reviews_as_for_one(light_desk, tmp_path):
    desk = under(light_desk, tmp_path, results="until_voted")
    heard = []
    for _ in range(2):
        vote(desk, desk.to_technical(), "COTECH-01")
        with statements_of(desk.app) as statements:
            rows = queries.list_events(desk.app)
        heard.append(len(statements))
        assert {tuple(sorted(row["payload"])) for row in rows if row["topic"] == "opinion.recorded"} == {("review", "voter")}
    assert heard[0] == heard[1]


# --- secret for good ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(desk, tmp_path):
    return under(desk, tmp_path, **IN_SECRET).to_technical()


def test_the_log_says_who_voted_and_never_what(desk, secret):
    vote(desk, secret, "COTECH-01", "unfavourable")
    [event] = desk.rows(Event, topic="opinion.recorded")
    assert (event.actor, sorted(event.payload), event.payload["voter"]) == ("COTECH-01", ["review", "voter"], "COTECH-01")
    assert [(row.seat, row.value, row.words_id) for row in desk.rows(Opinion)] == [("COTECH-01", "secret", None)]
    assert desk.last_round(secret, "cotech").urn == {
        "favourable": 0,
        "with_reservations": 0,
        "unfavourable": 1,
        "adjournment": 0,
        "abstention": 0,
    }


def everything(desk):
    """Every row of every table, but for the urns; the home, its charter and what hangs on that alone were made at another moment."""
    with desk.app.db.read() as connection:
        tables = {name: connection.execute(sa.select(rows)).mappings().all() for name, rows in SQLModel.metadata.tables.items()}
    return {
        name: [{k: v for k, v in row.items() if k not in ("urn", "planned_at")} for row in rows]
        for name, rows in tables.items()
        if name not in ("home", "charter")
    }


def test_two_homes_that_differ_only_in_what_was_chosen_differ_in_nothing_but_the_counts_of_the_urn(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda size: "0" * 2 * size)
    left = []
    for choices in (("favourable", "unfavourable", "abstention"), ("unfavourable", "abstention", "favourable")):
        home = tmp_path / choices[0]
        install_at(home)
        watch, app = Watch(), open_app(settings_of(home))
        desk = Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(1_000_000)), watch, iter(range(999)))
        number = under(desk, home, **IN_SECRET).to_technical()
        for seat, choice in zip(SEATS, choices, strict=False):
            watch.advance(seconds=1)
            vote(desk, number, seat, choice)
        left.append((everything(desk), sorted(desk.last_round(number, "cotech").urn.items())))
        app.close()
    differing = {name for name, rows in left[0][0].items() if rows != left[1][0][name]}
    assert (differing, left[0][1] == left[1][1]) == (set(), True)


def test_a_secret_vote_is_cast_once_by_the_own_hand_and_without_a_word(desk, secret):
    vote(desk, secret, "COTECH-01")
    assert refused(desk, secret, "COTECH-01", opinion="unfavourable") == ["secret_vote_cast"]
    assert refused(desk, secret, "COTECH-03", by=CLERK) == ["secret_vote_own_hand"]
    assert refused(desk, secret, "COTECH-03", reason="Trop cher") == ["secret_vote_unexplained"]
    assert refused(desk, secret, "COTECH-03", via=Via.PREFECT_FORM) == ["hidden_not_in_prefect"]
    [event] = desk.rows(Event, topic="opinion.recorded")
    assert desk.refusal(RectifyForm(seat=CLERK, action=secret, event=event.id, opinion="abstention", reason="Erreur")) == [
        "secret_vote_final"
    ]
    assert sum(desk.last_round(secret, "cotech").urn.values()) == 1


def test_the_secretary_is_told_in_advance_that_nobody_votes_for_another(desk, secret):
    [answer] = [found for found in explain(desk.app, action=secret, seat=CLERK, body="cotech") if found.verb is Verb.RECORD_OPINION]
    assert (answer.possible, [problem.code for problem in answer.unmet]) == (False, ["voter_not_asked"])


def test_a_vote_sent_twice_is_counted_once(desk, secret):
    form = OpinionForm(seat="COTECH-01", action=secret, body="cotech", voter="COTECH-01", opinion="favourable")
    first = desk.ask(form, key="the-same-key", via=Via.PORTAL)
    again = desk.ask(form, key="the-same-key", via=Via.PORTAL)
    assert (again, sum(desk.last_round(secret, "cotech").urn.values())) == (replace(first, repeated=True), 1)


def test_taking_no_part_is_said_openly_since_it_changes_who_is_counted(desk, secret):
    vote(desk, secret, "COTECH-01", "no_part")
    assert [(row.value, row.words_id) for row in desk.rows(Opinion)] == [("no_part", None)]
    assert sum(desk.last_round(secret, "cotech").urn.values()) == 0


def test_the_verdict_counts_the_urn_and_closing_empties_it(desk, secret):
    for seat, choice in zip(SEATS, ["favourable"] * 3 + ["unfavourable", "with_reservations", "no_part"], strict=True):
        vote(desk, secret, seat, choice)
    before = verify(desk.app)
    desk.settle()
    review = desk.last_round(secret, "cotech")
    figures = {name: review.verdict[name] for name in ("result", "in_favour", "against", "answered", "seats")}
    assert figures == {"result": "with_reservations", "in_favour": 4, "against": 1, "answered": 5, "seats": 5}
    assert (review.urn, desk.state(secret)) == (None, State.STEERING_REVIEW)
    assert (before.findings, verify(desk.app).findings) == ((), ())
    assert {row["opinion"] for row in review_files(desk.app, secret, body="cotech")[0]["electorate"]} == {None}


def test_every_seat_counts_for_one_in_a_secret_ballot(desk, tmp_path):
    with desk.app.db.write() as connection:
        connection.exec_driver_sql("UPDATE seat SET weight = 5 WHERE code = 'COTECH-01'")
    number = under(desk, tmp_path, **IN_SECRET).to_technical()
    for seat in SEATS:
        vote(desk, number, seat, "unfavourable" if seat == "COTECH-01" else "favourable")
    desk.settle()
    assert desk.last_round(number, "cotech").verdict["against"] == 1


def test_a_withdrawal_empties_the_urn(desk, secret):
    vote(desk, secret, "COTECH-01")
    desk.ask(WithdrawForm(seat=CLERK, action=secret, reason="Porté ailleurs"))
    assert desk.last_round(secret, "cotech").urn is None
    assert verify(desk.app).findings == ()


def test_a_review_moved_to_a_secret_ballot_gets_its_urn(desk, tmp_path):
    number = desk.to_technical()
    under(desk, tmp_path, **IN_SECRET)
    desk.ask(MoveReviewForm(seat=CLERK, action=number, body="cotech", reason="Nouvelle charte"))
    vote(desk, number, "COTECH-01")
    assert desk.last_round(number, "cotech").urn["favourable"] == 1
    assert verify(desk.app).findings == ()


@pytest.mark.parametrize("urn", [{"favourable": 2}, {"favourable": 0}, None])
def test_votes_added_to_the_urn_or_taken_out_of_it_are_found(desk, secret, urn):
    vote(desk, secret, "COTECH-01")
    rows = table(Review)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().values(urn=urn))
    [finding] = verify(desk.app).findings
    assert (finding.code, finding.params["column"]) == ("row_text_differs", "urn")


def test_silence_counts_in_a_secret_ballot_as_the_charter_says(desk, tmp_path):
    number = under(desk, tmp_path, **IN_SECRET, silence="favourable", quorum=2).to_technical()
    desk.post()
    for seat in SEATS[:2]:
        vote(desk, number, seat, "unfavourable")
    desk.watch.go_to(MONDAY.date() + timedelta(days=30))
    desk.settle()
    verdict = desk.last_round(number, "cotech").verdict
    assert (verdict["in_favour"], verdict["against"], verdict["result"]) == (4, 2, "favourable")
