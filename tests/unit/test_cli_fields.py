import inspect

import pytest

from cli.fields import option_of, parameters_of, typed
from cli.verbs import commands
from cli.words import say
from models.lifecycle import State
from services.forms import FORMS, DecisionForm, ProgressForm, ProposeForm
from services.wording import Wording


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_field_of_a_form_is_an_option_with_its_help(form):
    options = {parameter.name: parameter.annotation.__metadata__[0] for parameter in parameters_of(form)}
    assert sorted(options) == sorted(form.model_fields)
    assert [name for name, option in options.items() if not option.help.startswith(f"{form.model_fields[name].title}. ")] == []


def test_the_number_of_an_action_is_given_by_its_place_and_all_else_by_name():
    kinds = {parameter.name: parameter.kind for parameter in parameters_of(DecisionForm)}
    assert next(iter(kinds)) == "action"
    assert {name for name, kind in kinds.items() if kind is inspect.Parameter.POSITIONAL_ONLY} == {"action"}
    assert (option_of("action"), option_of("late_reason")) == ("NUMERO", "--late-reason")


def test_what_must_be_given_says_so():
    helps = {parameter.name: parameter.annotation.__metadata__[0].help for parameter in parameters_of(ProposeForm)}
    assert [name for name, text in helps.items() if say("usage.required") in text] == ["seat", "title"]


def test_the_verbs_of_the_life_of_an_action_are_all_there():
    assert list(commands()) == [
        "draft",
        "propose",
        "submit",
        "amend",
        "resubmit",
        "return",
        "withdraw",
        "supersede",
        "open-review",
        "declare-conflict",
        "withdraw-conflict",
        "consult-group",
        "give-proxy",
        "revoke-proxy",
        "record-attendance",
        "keep-opinion",
        "record-opinion",
        "vote-by-proxy",
        "chase",
        "extend-review",
        "move-review",
        "close-review",
        "decide",
        "lift-reservation",
        "record-deliberation",
        "register",
        "start",
        "suspend",
        "resume",
        "report-progress",
        "raise-blocker",
        "lift-blocker",
        "complete",
        "abandon",
        "file-final-report",
        "close",
        "rectify",
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_verb_has_its_help_and_every_state_its_next_command(language):
    wording = Wording(language)
    assert [verb for verb in commands() if not wording.say(f"help.action.{verb}")] == []
    assert [state for state in State if not wording.say(f"next.{state}", number="A-2026-001")] == []


@pytest.mark.parametrize(
    ("text", "day"), [("1/9/2027", "2027-09-01"), ("01/09/2027", "2027-09-01"), ("2027-09-01", "2027-09-01"), ("demain", "demain")]
)
def test_days_are_read_in_either_spelling_and_left_to_the_form_otherwise(text, day):
    assert typed(ProposeForm, {"starts_on": text}) == {"starts_on": day}


def test_a_text_that_looks_like_a_day_stays_as_it_is():
    assert typed(ProposeForm, {"context": "01/09/2027"}) == {"context": "01/09/2027"}


def test_lists_are_read_from_repeated_options_and_commas():
    assert typed(ProposeForm, {"themes": ["a,b", "c"]}) == {"themes": ["a", "b", "c"]}
    assert typed(ProgressForm, {"reached": ["1, 2"]}) == {"reached": ["1", "2"]}


def test_milestones_are_a_day_and_a_title_and_commas_stay_in_the_title():
    given = {"milestones": ["30/06/2027 Arceaux, panneaux", "2027-12-31: Bilan", "sans date"]}
    assert typed(ProposeForm, given)["milestones"] == [
        {"due_on": "2027-06-30", "title": "Arceaux, panneaux"},
        {"due_on": "2027-12-31", "title": "Bilan"},
        {"due_on": "sans", "title": "date"},
    ]


def test_what_was_left_out_is_left_to_the_form():
    assert typed(ProposeForm, {"title": None, "seat": "COTECH-02"}) == {"seat": "COTECH-02"}
