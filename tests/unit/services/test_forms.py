"""The run forms: what they take, what they leave out, what they offer."""

from datetime import date
from decimal import Decimal

import pytest
from builders import CLERK, real_charter
from pydantic import ValidationError

from models.lifecycle import TRANSITIONS, Verb, Who
from services.forms import FORMS, ActionForm, AmendForm, DecisionForm, OpenReviewForm, ProposeForm, RectifyForm, StartForm
from services.requests import verb_of

BLANK = {"seat": CLERK, "title": "Une action", "axis": " ", "themes": [None, "", "biodiversite"], "starts_on": "", "budget_euros": ""}


def test_what_a_form_leaves_empty_is_absent():
    form = ProposeForm.model_validate(BLANK)
    assert (form.axis, form.themes, form.starts_on, form.budget_euros) == (None, ("biodiversite",), None, None)


def test_a_form_reads_dates_and_sums_as_they_are_typed():
    form = ProposeForm.model_validate(BLANK | {"starts_on": "2027-01-04", "budget_euros": "1500.50"})
    assert (form.starts_on, form.budget_euros) == (date(2027, 1, 4), Decimal("1500.50"))


def test_a_list_left_alone_is_empty_and_a_list_not_given_is_absent():
    assert [ProposeForm(seat=CLERK, title="x", themes=[None]).themes, ProposeForm(seat=CLERK, title="x").themes] == [(), None]


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError):
        StartForm.model_validate({"seat": CLERK, "action": "A-2026-001", "person": "Dominique"})


def test_a_version_that_was_not_seen_is_recorded_as_such():
    assert [StartForm(seat=CLERK, action="A-2026-001", seen_version=seen).seen_version for seen in ("", None, "3")] == [None, None, 3]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_field_of_a_form_has_a_title_and_help(form):
    fields = form.model_fields.values()
    assert [field for field in fields if not field.title or not field.description or field.title == field.description] == []


def test_every_verb_that_people_may_ask_has_its_form():
    asked = {verb for (state, verb), move in TRANSITIONS.items() if move.who != {Who.SYSTEM}}
    decided = set(DecisionForm.model_fields["outcome"].annotation.__args__)
    without_form = {Verb.ATTACH: "a file has no place in a run form", Verb.REQUEST_FINAL_REPORT: "asked by the stage"}
    opened = {Verb.OPEN_STEERING_REVIEW}
    assert {form.verb for form in FORMS} | decided | opened | set(without_form) == asked


def test_a_decision_names_its_own_verb_and_an_opening_follows_its_committee():
    charter = real_charter()
    decision = DecisionForm(seat=CLERK, action="A-2026-001", body="copil", outcome="adjourn")
    openings = [OpenReviewForm(seat=CLERK, action="A-2026-001", body=body) for body in ("cotech", "copil")]
    assert verb_of(decision) is Verb.ADJOURN
    assert [verb_of(opening, charter) for opening in openings] == [Verb.OPEN_TECHNICAL_REVIEW, Verb.OPEN_STEERING_REVIEW]
    assert verb_of(AmendForm(seat=CLERK, action="A-2026-001")) is Verb.AMEND


def test_a_form_about_an_action_asks_for_the_version_that_was_seen():
    about = [form for form in FORMS if issubclass(form, ActionForm)]
    assert [form for form in about if "seen_version" not in form.model_fields] == []
    assert {form.verb for form in FORMS} - {form.verb for form in about} == {Verb.DRAFT, Verb.PROPOSE, Verb.REGISTER_UNDER_WAY}


def test_a_rectification_with_an_ill_formed_event_is_refused():
    with pytest.raises(ValidationError):
        RectifyForm(seat=CLERK, action="A-2026-001", event="the second")
