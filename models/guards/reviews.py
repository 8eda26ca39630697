"""Conditions on a review, its opinions and its end."""

from models.charter import BodyKind
from models.commands import Command, ExtendReview, RecordOpinion, Rectify, Via
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard
from models.lifecycle import State, Who
from models.review.rules import CONCEALED


@guard
def review_open(facts: Facts, command: Command) -> Problem | None:
    """The body must be examining the action now."""
    review = facts.latest(command.body)
    return None if review and review.open else Problem("review_not_open", {"body": command.body or "-"})


@guard
def review_closed(facts: Facts, command: Command) -> Problem | None:
    """A decision follows the closing of the review."""
    review = facts.latest(command.body)
    if review is None:
        return Problem("review_absent", {"body": command.body or "-"})
    return Problem("review_still_open", {"body": review.body}) if review.open else None


@guard
def review_closed_or_none(facts: Facts, command: Command) -> Problem | None:
    """An adjourned action may be returned without a running review."""
    return None if facts.state is State.ADJOURNED else review_closed(facts, command)


@guard
def voter_asked(facts: Facts, command: Command) -> Problem | None:
    """Only seats of the electorate, frozen at opening, give an opinion."""
    review = facts.latest(command.body)
    if not isinstance(command, RecordOpinion) or review is None or command.voter in review.electorate:
        return None
    return Problem("voter_not_asked", {"seat": command.voter, "asked": ", ".join(review.electorate)})


@guard
def opinion_in_vocabulary(facts: Facts, command: Command) -> Problem | None:
    """The body's own vocabulary applies, to an opinion that is recorded as to one that is rectified."""
    if not isinstance(command, RecordOpinion | Rectify) or command.opinion is None:
        return None
    rules = facts.rules(command.body if isinstance(command, RecordOpinion) else str((facts.fact or {}).get("body")))
    if rules is None or command.opinion in rules.opinions:
        return None
    return Problem("opinion_not_offered", {"opinion": command.opinion, "offered": ", ".join(rules.opinions)})


@guard
def opinion_reasoned(facts: Facts, command: Command) -> Problem | None:
    """Some opinions need reasons, as the charter says."""
    rules = facts.rules(command.body)
    needed = isinstance(command, RecordOpinion) and rules is not None and command.opinion in rules.reasons_required_for
    return Problem("opinion_unreasoned") if needed and not command.reason else None


@guard
def vote_in_the_right_way(facts: Facts, command: Command) -> Problem | None:
    """A vote in a secret ballot is cast once, by the seat's own hand, without a word; where opinions are not open, Prefect must not see them."""
    rules, review = facts.rules(command.body), facts.latest(command.body)
    if not isinstance(command, RecordOpinion) or rules is None or not rules.discreet:
        return None
    if command.actor.via is Via.PREFECT_FORM:
        return Problem("hidden_not_in_prefect")
    if rules.ballot != "secret":
        return None
    if review is not None and command.voter in review.answered:
        return Problem("secret_vote_cast", {"seat": command.voter})
    if Who.VOTER not in facts.capacities:
        return Problem("secret_vote_own_hand", {"seat": command.voter})
    return Problem("secret_vote_unexplained") if command.reason or command.late_reason else None


@guard
def vote_not_secret(facts: Facts, _command: Command) -> Problem | None:
    """What was chosen in a secret ballot is nowhere by name, so nothing of it can be put right."""
    return Problem("secret_vote_final") if facts.fact is not None and facts.fact.get("opinion") == CONCEALED else None


@guard
def consultations_closed(facts: Facts, command: Command) -> Problem | None:
    """The technical committee closes after the groups it consults."""
    body = facts.charter.body(command.body) if command.body else None
    waiting = facts.open_consultations()
    if body is None or body.kind is not BodyKind.TECHNICAL or not waiting:
        return None
    return Problem("consultations_open", {"groups": ", ".join(waiting)})


@guard
def extension_allowed(facts: Facts, command: Command) -> Problem | None:
    """The charter says by how much a body may prolong its review in all; the new day must give more time (``longest_extension``).

    The engine only gives back what members lost because requests left late.
    """
    review, most = facts.latest(command.body), facts.last_day(command.body)
    if not isinstance(command, ExtendReview) or review is None:
        return None
    most = command.until if command.actor.seat is None else most
    if most is None:
        return Problem("extension_not_allowed", {"body": review.body})
    if command.until <= review.due_on or command.until < facts.today:
        return Problem("extension_too_short", {"until": command.until.isoformat(), "due_on": review.due_on.isoformat()})
    return Problem("extension_too_long", {"until": command.until.isoformat(), "due_on": most.isoformat()}) if command.until > most else None


@guard
def rules_changed(facts: Facts, command: Command) -> Problem | None:
    """A review moves to other rules only if they are other rules: those of the body, or its composition."""
    before, now = facts.examining(command.body), facts.charter.body(command.body) if command.body else None
    same = before is None or now is None or (before.rules, before.seats) == (now.rules, now.seats)
    return Problem("rules_unchanged", {"body": command.body or "-"}) if same else None


@guard
def nobody_answered(facts: Facts, command: Command) -> Problem | None:
    """Nobody must find the rules changed under the opinion that they gave (E31)."""
    review = facts.latest(command.body)
    return Problem("review_answered", {"answered": len(review.answered)}) if review and review.answered else None


@guard
def complete_or_due_or_reason(facts: Facts, command: Command) -> Problem | None:
    """A review closes when everybody who takes part has answered, its day has passed or, where its rules say so, nothing can change its result.

    Earlier, with a reason.
    """
    review = facts.latest(command.body)
    if review is None or command.reason or facts.today > review.due_on:
        return None
    recused = facts.recused(command.body)
    asked = [seat for seat in review.electorate if seat not in recused and seat not in review.away]
    waiting = sum(seat not in review.answered for seat in asked)
    if not waiting or facts.settled(command.body):
        return None
    return Problem("review_incomplete", {"waiting": waiting, "expected": len(asked), "due_on": review.due_on.isoformat()})
