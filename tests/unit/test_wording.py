import re
from string import Formatter
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType

from models.charter import BodyKind, Language, OpinionValue, ReviewRules, Role
from models.deadlines import DelayUnit
from models.errors import Fault, Problem, Refused
from models.events import Stage, Topic
from models.lifecycle import State, Verb, Who
from models.review.rules import CONCEALED
from models.sheet import ActionSheet
from models.telling.reasons import Reason
from notifications.catalogue import Audience
from notifications.kinds import Kind
from notifications.returned import Flaw
from services.explanations import _TO_GIVE
from services.inbound import What
from services.validation import _CODES, explain_validation
from services.wording import Wording, catalogue, pick_language, place

FRENCH, ENGLISH = catalogue(Language.FRENCH), catalogue(Language.ENGLISH)
BADLY_SPACED = re.compile(r"(?<![\u00a0\u202f])(?:[;?!»]|:(?=\s|$))|«(?![\u00a0\u202f])")
VOCABULARIES = {
    "language": Language,
    "stage": Stage,
    "state": State,
    "verb": Verb,
    "topic": Topic,
    "role": Role,
    "audience": Audience,
    "message_kind": Kind,
    "who": Who,
    "opinion": (*OpinionValue, CONCEALED),
    "body_kind": BodyKind,
    "delay_unit": DelayUnit,
    "decides": get_args(ReviewRules.model_fields["decides"].annotation),
    "majority": get_args(ReviewRules.model_fields["majority"].annotation),
    "delivery_reason": Reason,
    "inbound": What,
    "mail_flaw": Flaw,
    "silence": get_args(ReviewRules.model_fields["silence"].annotation),
}


def placeholders(sentence):
    return sorted({name for _, name, _, _ in Formatter().parse(sentence) if name})


def test_both_languages_have_the_same_codes():
    assert sorted(FRENCH) == sorted(ENGLISH)


def test_both_languages_have_the_same_placeholders():
    assert {code: placeholders(text) for code, text in FRENCH.items()} == {code: placeholders(text) for code, text in ENGLISH.items()}


@pytest.mark.parametrize("sentences", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_no_sentence_is_empty_or_padded(sentences):
    assert [code for code, text in sentences.items() if not text.strip() or text != text.strip()] == []


def test_french_double_punctuation_follows_a_non_breaking_space():
    assert {code: text for code, text in FRENCH.items() if BADLY_SPACED.search(text)} == {}


@pytest.mark.parametrize("sentences", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_apostrophes_are_written_straight_and_mails_alone_curve_them(sentences):
    assert {code: text for code, text in sentences.items() if "\u2019" in text} == {}


@pytest.mark.parametrize("kind", VOCABULARIES)
@pytest.mark.parametrize("language", Language)
def test_every_value_of_a_vocabulary_has_a_label_and_no_label_is_left_over(kind, language):
    assert sorted(Wording(language).labels(kind)) == sorted(VOCABULARIES[kind])


def test_every_field_of_the_sheet_has_a_label():
    assert [field for field in ActionSheet.model_fields if field not in Wording("fr").labels("field")] == []


def test_a_sentence_is_filled_with_its_parameters():
    assert Wording("fr").say("wording.line", line=12) == "ligne 12"
    assert Wording("en").say("wording.line", line=12) == "line 12"


def test_a_label_is_the_name_of_a_value():
    assert (Wording("fr").label("state", "technical_review"), Wording("en").label("topic", "review.opened")) == (
        "en examen technique",
        "review opened",
    )


def test_a_missing_sentence_is_a_fault_that_names_it():
    with pytest.raises(Fault, match=re.escape("no sentence 'nothing.of.the.kind' in 'fr'")):
        Wording("fr").say("nothing.of.the.kind")


def test_a_missing_parameter_is_a_fault_that_names_both():
    with pytest.raises(Fault, match=re.escape("sentence 'wording.line' needs 'line'")):
        Wording("fr").say("wording.line")


def test_braces_in_a_parameter_are_left_alone():
    assert Wording("en").say("wording.line", line="{x} {0} %s") == "line {x} {0} %s"


def test_a_problem_is_led_by_its_file_line_and_key():
    problem = Problem("validation.text", {}, place("dossier/charte.yaml", 12, "bodies.cotech.rules.quorum"))
    assert (
        Wording("fr").say_problem(problem) == "dossier/charte.yaml, ligne 12, bodies.cotech.rules.quorum\u00a0: un texte est attendu ici."
    )
    assert Wording("en").say_problem(problem) == "dossier/charte.yaml, line 12, bodies.cotech.rules.quorum: a text is expected here."


@pytest.mark.parametrize(
    ("where", "lead"),
    [
        ("", ""),
        ("PASSERELLE_LANGUAGE", "PASSERELLE_LANGUAGE: "),
        (place("", 3, "email"), "line 3, email: "),
        (place("C:/charter.yaml", 3), "C:/charter.yaml, line 3: "),
        (place("charter.yaml", 3, "a:b"), "charter.yaml, line 3, a:b: "),
    ],
)
def test_a_place_is_said_as_far_as_it_is_known(where, lead):
    assert Wording("en").say_problem(Problem("validation.text", {}, where)) == f"{lead}a text is expected here."


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="de"):
        Wording("de")


@pytest.mark.parametrize(
    ("environment", "language"), [({}, "fr"), ({"PASSERELLE_LANGUAGE": ""}, "fr"), ({"PASSERELLE_LANGUAGE": "en"}, "en")]
)
def test_the_language_comes_from_the_environment_and_is_french_by_default(environment, language):
    assert pick_language(environment | {"LANG": "en_GB.UTF-8"}) == language


def test_a_language_that_is_not_offered_is_refused_by_the_name_of_its_variable():
    with pytest.raises(Refused) as refused:
        pick_language({"PASSERELLE_LANGUAGE": "de"})
    assert refused.value.problems == (Problem("language_unknown", {"value": "de", "known": "fr, en"}, "PASSERELLE_LANGUAGE"),)


def test_every_error_type_of_pydantic_has_a_sentence():
    known = {"code", "mail_address", "media_type", "quorum", "timezone", "clock", "pair", "string_sub_type", "web_address", "action_number"}
    known |= {"shares_whole", "shares_beyond", "range_backwards", "hours_order"}  # of simulations
    assert set(_CODES) - known <= set(get_args(ErrorType))
    assert [code for code in {*_CODES.values(), "validation.other", "validation.empty"} if code not in FRENCH] == []


def test_mistakes_in_a_form_are_told_all_at_once_with_the_path_of_their_field():
    with pytest.raises(ValidationError) as caught:
        ActionSheet.model_validate({"title": " ", "axis": "Axe 1", "ends_on": "2026-02-30", "milestones": [{"due_on": "x"}], "budgets": 1})
    assert [Wording("en").say_problem(problem) for problem in explain_validation(caught.value)] == [
        "title: this field is empty; fill it in or delete it.",
        "axis: “Axe 1” is not a code; use small letters without accents, digits and hyphens, such as gt-energie.",
        "ends_on: “2026-02-30” is not a date that exists; write it like this: 2026-06-22.",
        "milestones.0.title: this information is missing; add it.",
        "milestones.0.due_on: “x” is not a date that exists; write it like this: 2026-06-22.",
        "budgets: this field does not exist; check its name or delete it.",
    ]


def test_the_values_of_a_choice_are_listed_as_one_writes_them():
    class Form(BaseModel):
        unit: DelayUnit

    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"unit": "weeks"})
    assert [problem.params["known"] for problem in explain_validation(caught.value)] == ["working_days, calendar_days, clear_days, months"]


def test_a_long_wrong_value_is_shown_short():
    with pytest.raises(ValidationError) as caught:
        ActionSheet.model_validate({"title": "a", "starts_on": "9" * 500})
    assert [problem.params["given"] for problem in explain_validation(caught.value)] == ["9" * 60 + "…"]


def test_everything_that_is_to_be_given_is_named_and_nothing_else():
    for sentences in (FRENCH, ENGLISH):
        assert {code.removeprefix("to_give.") for code in sentences if code.startswith("to_give.")} == _TO_GIVE
