from itertools import pairwise

import pytest
from builders import real_charter
from pydantic import ValidationError

from models.charter import Charter
from models.contradictions import contradictions
from models.lifecycle import State
from models.publication import _IN_ORDER, PublicActions, Publication, PublicField
from models.sheet import ActionSheet
from services.validation import explain_validation
from services.wording import Wording

NEVER = {State.DRAFT, State.RETURNED, State.WITHDRAWN}


def public(**changes):
    """The shipped charter with some of what it makes public changed; None takes a part away."""
    document = real_charter().model_dump(mode="json")
    document["publication"].update(changes)
    return Charter.model_validate(document)


def found(charter):
    problems = contradictions(charter)
    assert all(Wording(language).say_problem(problem) for problem in problems for language in ("fr", "en"))
    return [(problem.code.removeprefix("charter."), problem.where) for problem in problems]


def refused(**changes):
    with pytest.raises(ValidationError) as caught:
        public(**changes)
    return [(problem.code, problem.where) for problem in explain_validation(caught.value)]


@pytest.mark.parametrize("since", _IN_ORDER)
@pytest.mark.parametrize("rejected", [False, True])
def test_drafts_and_what_was_returned_or_withdrawn_are_public_in_no_charter(since, rejected):
    states = PublicActions(since=since, rejected=rejected).states()
    assert states & NEVER == set()
    assert ("rejected" in states) is rejected
    assert since in states


def test_every_other_state_is_public_for_whoever_shows_everything_and_later_steps_show_less():
    assert PublicActions(since="submitted", rejected=True).states() == set(State) - NEVER
    shown = [PublicActions(since=since).states() for since in _IN_ORDER]
    assert all(more > less for more, less in pairwise(shown))
    assert PublicActions(since="approved").states() & {"submitted", "technical_review", "steering_review", "adjourned"} == set()


def test_nobody_can_ask_for_persons_or_for_what_the_sheet_does_not_have():
    assert {field.value for field in PublicField} - set(ActionSheet.model_fields) == {"progress"}
    actions = {"since": "approved", "fields": ["lead_person"]}
    assert refused(actions=actions) == [("validation.choice", "publication.actions.fields.0")]
    assert refused(decisions={"bodies": ["copil"], "reasons": True}) == [("validation.unknown_field", "publication.decisions.reasons")]


def test_numbers_and_addresses_have_their_form():
    actions = {"since": "approved", "withheld": ["A-2027-003", "la troisième"]}
    licence = {"code": "x", "name": "X", "url": "javascript:alert(1)"}
    assert refused(actions=actions, licence=licence) == [
        ("validation.web_address", "publication.licence.url"),
        ("validation.action_number", "publication.actions.withheld.1"),
    ]


def test_a_charter_of_the_release_before_makes_nothing_public():
    older = real_charter().model_dump(mode="json")
    del older["publication"]
    assert Charter.model_validate(older) == real_charter().model_copy(update={"publication": None})
    assert found(Charter.model_validate(older)) == []


def test_a_progress_that_readers_could_not_reckon_again_is_refused():
    actions = {"since": "approved", "fields": ["axis", "progress"]}
    assert found(public(actions=actions, progress="budget")) == [("publication_hides", "publication.progress")] * 2
    assert found(public(actions=actions, progress=None)) == []
    assert found(public(actions={**actions, "fields": ["axis", "objective", "progress"]})) == []


def test_decisions_without_actions_and_bodies_that_are_not_there_are_refused():
    assert found(public(actions=None, progress=None)) == [("publication_needs_actions", "publication.decisions")]
    decisions = {"bodies": ["copil", "comite", "copil"]}
    assert found(public(decisions=decisions, meetings=["nulle-part"])) == [
        ("unknown_code", "publication.decisions.bodies.1"),
        ("repeated_code", "publication.decisions.bodies.2"),
        ("unknown_code", "publication.meetings.0"),
    ]
    twice = {"since": "approved", "fields": ["axis", "objective", "progress", "axis"], "withheld": ["A-2027-001", "A-2027-001"]}
    assert found(public(actions=twice)) == [
        ("repeated_code", "publication.actions.fields.3"),
        ("repeated_code", "publication.actions.withheld.1"),
    ]


def test_what_is_not_named_is_not_shown():
    licence = real_charter().publication.licence
    assert [field for field in PublicField if Publication(licence=licence).shows(field)] == []
