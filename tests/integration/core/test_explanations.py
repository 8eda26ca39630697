"""What may be asked now, and why not: told in advance, and true."""

from datetime import timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, CONVENTION, NO_RESERVATIONS, PILOT, STEERING_CLERK, body_of, changed_charter, provision

from models.database import undo
from models.errors import NotFound, Problem, Refused
from models.lifecycle import TRANSITIONS, State, Verb
from models.tables import Action, Attachment, Decision, Opinion, Report
from services.dispatch import handle
from services.explanations import explain, word
from services.wording import Wording
from services.work import open_work

CLERKS = (CLERK, STEERING_CLERK)
SEATS = {CLERK: "cotech", STEERING_CLERK: "copil", PILOT: "cotech"}


def _another(desk, number):
    """An action that could take the place of this one."""
    others = [row.number for row in desk.rows(Action, state=State.SUBMITTED) if row.number != number]
    return others[0] if others else desk.propose(provision(title="Une autre"))


def filled(desk, number, verb, seat, body):
    """A command with everything that the asker can give."""
    facts = [row.event_id for kind in (Opinion, Decision, Report) for row in desk.rows(kind) if not row.superseded]
    rounds = [review for (asked, _), review in desk.reviews(number).items() if asked == body]
    everything = {
        Verb.RESUBMIT: {"sheet": provision(7, indicators="Changé")},
        Verb.AMEND: {"sheet": provision(7, indicators="Changé")},
        Verb.SUPERSEDE: {"successor": _another(desk, number)},
        Verb.ATTACH: {"file_name": "plan.pdf", "media_type": "application/pdf", "size": 1, "sha256": "c" * 64},
        # Whoever is no secretary votes in the own name only.
        Verb.KEEP_OPINION: {
            "voter": {"cotech": "COTECH-01", "copil": "COPIL-01"}[body] if seat in CLERKS else seat,
            "opinion": "favourable",
        },
        Verb.RECORD_OPINION: {"voter": rounds[-1].electorate[0] if rounds and seat in CLERKS else seat, "opinion": "favourable"},
        Verb.DECLARE_CONFLICT: {"concerned": seat, "kind": "family"},
        Verb.WITHDRAW_CONFLICT: {"concerned": seat},
        Verb.GIVE_PROXY: {"giver": seat, "holder": "COTECH-05"},
        Verb.REVOKE_PROXY: {"giver": seat},
        Verb.VOTE_BY_PROXY: {"voter": "COTECH-05", "holder": seat, "opinion": "favourable"},
        Verb.EXTEND_REVIEW: {"until": (rounds[-1].due_on if rounds else desk.today) + timedelta(days=1)},
        Verb.LIFT_RESERVATION: {"reservation": 1},
        Verb.LIFT_BLOCKER: {"blocker": 1},
        Verb.RECORD_DELIBERATION: {
            "partner": "ville",
            "deliberation": "adopted",
            "decided_on": desk.today,
            "reference": "Délibération 12",
            "document": next((row.sha256 for row in desk.rows(Attachment)), "0" * 64),
        },
        Verb.REPORT_PROGRESS: {"percent": 10, "summary": "Un pas"},
        Verb.FILE_FINAL_REPORT: {"results": "Résultats"},
        Verb.RECTIFY: {"event": facts[0] if facts else desk.app.ids(), "words": "Autrement"},
    }
    return desk.command(verb, number, seat, body=body, reason="Motif", **everything.get(verb, {}))


def succeeds(desk, command):
    """Whether a command would be carried out; it is taken back at once."""
    with desk.app.db.write() as connection:
        try:
            handle(open_work(desk.app, connection, CONVENTION), command)
        except Refused:
            return False
        finally:
            undo(connection)
    return True


@pytest.mark.parametrize("state", State)
def test_what_is_called_possible_is_exactly_what_succeeds(light_desk, state):
    number = light_desk.reach(state)
    told, tried = {}, {}
    for seat, body in SEATS.items():
        for answer in explain(light_desk.app, action=number, seat=seat, body=body):
            told[seat, answer.verb] = answer.possible
            legal = (state, answer.verb) in TRANSITIONS
            tried[seat, answer.verb] = legal and succeeds(light_desk, filled(light_desk, number, answer.verb, seat, body))
    assert (light_desk.state(number), told) == (state, tried)


def test_what_is_known_of_an_action_is_looked_up_once_for_all_verbs(light_desk):
    number = light_desk.to_technical(provision(1))
    with statements_of(light_desk.app) as heard:
        explain(light_desk.app, action=number, seat=CLERK)
    assert len(heard) <= 32


def test_every_verb_that_people_may_ask_is_explained_and_nothing_changes(desk):
    number = desk.propose()
    before = desk.counts()
    answers = explain(desk.app, action=number, seat=CLERK)
    people = {verb for (state, verb), move in TRANSITIONS.items() if state is not None and move.who != {"system"}}
    assert ({answer.verb for answer in answers}, desk.counts()) == (people, before)


def test_an_explanation_separates_what_is_to_be_given_from_what_stands_in_the_way(desk):
    number = desk.to_technical(provision(1))
    answers = {answer.verb: answer for answer in explain(desk.app, action=number, seat=CLERK)}
    assert answers[Verb.WITHDRAW].needs == (Problem("reason_missing"),)
    assert answers[Verb.CLOSE_REVIEW].unmet == (Problem("consultations_open", {"groups": "gt-inclusion, gt-science-societe"}),)
    assert [problem.code for problem in answers[Verb.CLOSE_REVIEW].needs] == ["review_incomplete"]
    assert [problem.code for problem in answers[Verb.START].unmet] == ["state_forbids"]


def test_without_a_seat_the_capacity_is_left_aside_and_reasons_are_still_asked_for(desk):
    number = desk.propose()
    answers = {answer.verb: answer for answer in explain(desk.app, action=number, seat=None)}
    assert (answers[Verb.WITHDRAW].possible, answers[Verb.WITHDRAW].needs) == (True, (Problem("reason_missing"),))
    assert [problem.code for answer in answers.values() for problem in answer.unmet if problem.code == "not_allowed"] == []


def test_an_opinion_can_be_given_where_nobody_may_abstain(desk, tmp_path):
    fewer = {"opinions": ["favourable", "unfavourable"], "reasons_required_for": ["unfavourable"], **NO_RESERVATIONS}
    number = desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(fewer))).to_technical()
    answers = {answer.verb: answer for answer in explain(desk.app, action=number, seat="COTECH-01")}
    assert answers[Verb.RECORD_OPINION].possible is True


def test_an_observer_is_told_that_nobody_votes_through_an_observer(desk):
    number = desk.to_technical()
    answers = {answer.verb: answer for answer in explain(desk.app, action=number, seat="COTECH-09")}
    assert [answer.verb for answer in answers.values() if answer.possible] == []
    assert [problem.code for problem in answers[Verb.RECORD_OPINION].unmet] == ["voter_not_asked"]


def test_nothing_is_explained_of_an_action_or_a_seat_that_does_not_exist(desk):
    number = desk.propose()
    with pytest.raises(NotFound):
        explain(desk.app, action="A-2026-999", seat=CLERK)
    with pytest.raises(NotFound):
        explain(desk.app, action=number, seat="COTECH-99")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "fr",
            "l'action est «\u00a0déposée\u00a0»\u00a0: on ne peut pas démarrer dans cet état. Il faudrait qu'elle soit\u00a0: approuvée.",
        ),
        ("en", "the action is “submitted”: one cannot start in that state. It would have to be: approved."),
    ],
)
def test_a_reason_is_worded_with_the_terms_that_people_use(language, sentence):
    problem = Problem("state_forbids", {"state": "submitted", "verb": "start", "states": "approved"})
    assert word(Wording(language), problem) == sentence
