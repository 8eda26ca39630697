"""Conditions on which body examines an action, and whether it can."""

from collections.abc import Mapping

from models.charter import BodyKind
from models.commands import Command, OpenReview
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard
from models.lifecycle import State


@guard
def body_technical(facts: Facts, command: Command) -> Problem | None:
    """This move is the technical committee's."""
    return _body_is(facts, command, BodyKind.TECHNICAL)


@guard
def body_steering(facts: Facts, command: Command) -> Problem | None:
    """This move is the steering committee's."""
    return _body_is(facts, command, BodyKind.STEERING)


def _body_is(facts: Facts, command: Command, kind: BodyKind) -> Problem | None:
    expected = facts.charter.body_of_kind(kind)
    return None if command.body == expected.code else Problem("body_wrong", {"body": command.body or "-", "expected": expected.code})


@guard
def body_in_charge(facts: Facts, command: Command) -> Problem | None:
    """Only the committee that is examining the action ends its review; an adjourned action is either committee's."""
    kinds = _IN_CHARGE.get(facts.state, (BodyKind.TECHNICAL, BodyKind.STEERING))
    expected = [facts.charter.body_of_kind(kind).code for kind in kinds]
    return None if command.body in expected else Problem("body_wrong", {"body": command.body or "-", "expected": ", ".join(expected)})


_IN_CHARGE: Mapping[State | None, tuple[BodyKind, ...]] = {
    State.TECHNICAL_REVIEW: (BodyKind.TECHNICAL,),
    State.STEERING_REVIEW: (BodyKind.STEERING,),
}


@guard
def body_seated(facts: Facts, command: Command) -> Problem | None:
    """A body without a voting seat today cannot examine anything."""
    return None if command.body in facts.seated else Problem("body_unseated", {"body": command.body or "-"})


@guard
def steering_seated(facts: Facts, _command: Command) -> Problem | None:
    """Referring opens the steering committee's review: somebody must sit there."""
    steering = facts.charter.body_of_kind(BodyKind.STEERING).code
    return None if steering in facts.seated else Problem("body_unseated", {"body": steering})


@guard
def groups_known(facts: Facts, command: Command) -> Problem | None:
    """Groups consulted by hand must be thematic groups with members."""
    if not isinstance(command, OpenReview):
        return None
    thematic = {body.code for body in facts.charter.bodies if body.kind is BodyKind.THEMATIC}
    wrong = [group for group in command.groups if group not in thematic & facts.seated]
    return Problem("groups_unknown", {"groups": ", ".join(wrong), "known": ", ".join(sorted(thematic & facts.seated))}) if wrong else None


@guard
def technical_review_open(facts: Facts, _command: Command) -> Problem | None:
    """Groups are consulted for the technical committee, while it examines the action."""
    technical = facts.charter.body_of_kind(BodyKind.TECHNICAL).code
    review = facts.latest(technical)
    return None if review and review.open else Problem("review_not_open", {"body": technical})


@guard
def group_consultable(facts: Facts, command: Command) -> Problem | None:
    """A group is consulted once in a round of the technical committee; it must be a thematic group with rules and members."""
    able = {body.code for body in facts.charter.bodies if body.kind is BodyKind.THEMATIC and body.rules is not None} & facts.seated
    if command.body not in able:
        return Problem("groups_unknown", {"groups": command.body or "-", "known": ", ".join(sorted(able))})
    review, technical = facts.latest(command.body), facts.latest(facts.charter.body_of_kind(BodyKind.TECHNICAL).code)
    consulted = review is not None and (review.open or (technical is not None and review.opened_on >= technical.opened_on))
    return Problem("group_consulted_already", {"body": command.body or "-"}) if consulted else None


@guard
def referred_before(facts: Facts, _command: Command) -> Problem | None:
    """The steering committee examines what the technical committee has referred to it."""
    return None if facts.referred else Problem("never_referred")
