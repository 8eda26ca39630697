import pytest
from builders import CONVENTION, TODAY, provision, real_charter
from pydantic import ValidationError

from models.commands import COMMANDS, Actor, Command, Via
from models.lifecycle import Verb
from services.validation import explain_validation

COMMON = {
    "convention": CONVENTION,
    "action": "A-2026-001",
    "actor": {"seat": "COTECH-02", "via": "cli"},
    "occurred_on": TODAY,
    "key": "key-00001",
}
FILE = {"file_name": "plan.pdf", "media_type": "application/pdf", "size": 1, "sha256": "a" * 64}


def made(verb, **given):
    return COMMANDS.get(verb, Command)(verb=verb, **COMMON | given)


@pytest.mark.parametrize(
    ("verb", "given", "problems"),
    [
        (Verb.START, {"occurred_on": "2026-02-30"}, {"occurred_on": "validation.date"}),
        (Verb.START, {"key": "short"}, {"key": "validation.text_too_short"}),
        (Verb.START, {"key": "k" * 201}, {"key": "validation.text_too_long"}),
        (Verb.START, {"expected_version": -1}, {"expected_version": "validation.at_least"}),
        (Verb.START, {"reason": " "}, {"reason": "validation.text_too_short"}),
        (Verb.START, {"reason": "x" * 20_001}, {"reason": "validation.text_too_long"}),
        (Verb.START, {"mood": "good"}, {"mood": "validation.unknown_field"}),
        (Verb.START, {"actor": {"seat": "COTECH-02", "via": "fax"}}, {"actor.via": "validation.choice"}),
        (Verb.START, {"convention": ""}, {"convention": "validation.text_too_short"}),
        (Verb.PROPOSE, {}, {"sheet": "validation.missing"}),
        (Verb.ATTACH, FILE | {"size": 0}, {"size": "validation.at_least"}),
        (Verb.ATTACH, FILE | {"sha256": "A" * 64}, {"sha256": "validation.text_malformed"}),
        (
            Verb.RECORD_OPINION,
            {"voter": "COTECH-01", "opinion": "maybe", "body": "cotech"},
            {"opinion": "validation.choice"},
        ),
        (Verb.REPORT_PROGRESS, {"percent": 101, "summary": "Trop"}, {"percent": "validation.at_most"}),
        (Verb.REPORT_PROGRESS, {"percent": -1}, {"percent": "validation.at_least", "summary": "validation.missing"}),
        (Verb.RECTIFY, {"event": "the second one"}, {"event": "validation.identifier"}),
    ],
)
def test_a_command_with_a_bad_value_is_refused_by_the_name_of_its_field(verb, given, problems):
    with pytest.raises(ValidationError) as caught:
        made(verb, **given)
    assert {problem.where: problem.code for problem in explain_validation(caught.value)} == problems


def test_seats_and_numbers_are_read_in_capitals_however_they_were_typed():
    command = made(Verb.START, action=" a-2026-001 ", actor={"seat": " cotech-02", "on_behalf_of": "copil-01", "via": "cli"})
    assert (command.action, command.actor.seat, command.actor.on_behalf_of) == ("A-2026-001", "COTECH-02", "COPIL-01")


def test_the_system_has_no_seat():
    assert Actor(via=Via.FLOW).seat is None


def test_every_kind_of_file_that_the_charter_accepts_may_be_attached():
    kinds = real_charter().attachments.media_types
    assert [made(Verb.ATTACH, **FILE | {"media_type": kind}).media_type for kind in kinds] == list(kinds)


def test_a_command_never_changes():
    with pytest.raises(ValidationError, match="frozen"):
        made(Verb.START).reason = "Autre"


def test_a_verb_that_creates_needs_a_sheet_and_only_those():
    creating = {verb for verb, kind in COMMANDS.items() if kind.creates}
    assert creating == {Verb.DRAFT, Verb.PROPOSE, Verb.REGISTER_UNDER_WAY}
    assert made(Verb.PROPOSE, action=None, sheet=provision()).sheet == provision()
