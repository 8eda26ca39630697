"""Opening and closing reviews, and decisions."""

from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import BodyKind
from models.commands import Command, Decide, OpenReview, Supersede
from models.deadlines import Delay, deadline, left_over
from models.events import Topic
from models.facts import Facts, ReviewFacts
from models.lifecycle import State
from models.prepared import Prepared, insert
from models.review.electorate import freeze
from models.review.rules import ReviewRules
from models.tables import Decision, Review, table
from services.counting import examining, gather
from services.deadline_kinds import LIVE_IN, Kind, review_due, review_end
from services.effects.change import Also, Change, known, reasons
from services.effects.early import Opened, count_kept
from services.effects.opinions import empty_urn, said_of
from services.effects.reporting import ask_for
from services.effects.reservations import Closed, lapse, raise_all
from services.lookups import voting_seats
from services.work import Work, keep_words, next_number, plan, settle

_REVIEW, _DECISION = table(Review), table(Decision)

_ASK = Prepared(
    _REVIEW.insert().returning(_REVIEW.c.id),
    "convention",
    "action_id",
    "body",
    "round",
    "opened_on",
    "due_on",
    "electorate",
    "frozen",
    "charter_id",
    "urn",
)
_DECIDE = insert(
    _DECISION,
    *("convention", "action_id", "review_id", "body", "number", "revision"),
    *("outcome", "decided_on", "words_id", "reference", "event_id", "superseded"),
)
_MINE = _REVIEW.c.id == sa.bindparam("review_")
_STOPPED = Prepared(sa.select(_REVIEW.c.closed_on).where(_MINE))
_CLOSE = Prepared(_REVIEW.update().where(_MINE), "closed_on", "verdict", "urn", "recused")
_LEAVE = Prepared(_REVIEW.update().where(_REVIEW.c.action_id == sa.bindparam("action_"), _REVIEW.c.closed_on.is_(None)), "closed_on", "urn")


def open_review(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Open the review of a body; the technical committee's also consults the groups that the rule and the secretary chose."""
    action_id = known(facts)
    body = command.body or ""
    own = _open(work, facts, body, command.occurred_on)
    groups = _groups(work, facts, cast("OpenReview", command)) if _is_technical(work, body) else ()
    also = tuple(Also(Topic.REVIEW_OPENED, group, _open(work, facts, group, command.occurred_on)) for group in groups)
    opened = [Opened(body, own), *(Opened(str(extra.body), extra.payload) for extra in also)]
    kept = count_kept(work, facts, command, opened, len(also))
    return Change({**own, "groups": list(groups), **reasons(work, action_id, command)}, also=also + kept)


def consult(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Consult one more group while the technical committee examines the action: it waits for this one too."""
    body = command.body or ""
    opened = _open(work, facts, body, command.occurred_on)
    kept = count_kept(work, facts, command, [Opened(body, opened)], 0)
    return Change({**opened, "groups": [], **reasons(work, known(facts), command)}, also=kept)


def _is_technical(work: Work, body: str) -> bool:
    return work.charter.body_of_kind(BodyKind.TECHNICAL).code == body


def _groups(work: Work, facts: Facts, command: OpenReview) -> tuple[str, ...]:
    """Thematic groups with members, chosen by the charter's rule or named by the secretary, in the charter's order."""
    sheet = facts.sheet
    chosen = set(command.groups)
    for body in work.charter.bodies:
        rule = body.consulted_on
        if sheet and rule and rule.concerns(sheet, command.occurred_on):
            chosen.add(body.code)
    return tuple(body.code for body in work.charter.bodies if body.code in chosen & facts.seated and body.rules is not None)


def _open(work: Work, facts: Facts, body: str, opened_on: date) -> dict[str, Any]:
    _, rules = examining(work, body)
    before = facts.latest(body)
    left = _left_over(work, facts, before, rules)
    due_on = deadline(opened_on, left, work.calendar) if left is not None else review_end(work, opened_on, rules)
    electors = voting_seats(work, body, work.today)
    frozen = {"electorate": [elector.seat for elector in electors], "frozen": freeze(electors, work.charter.codes()["partners"])}
    values = {"round": before.round + 1 if before else 1, "due_on": due_on, "opened_on": opened_on, "charter_id": work.charter_id}
    place = {"convention": work.convention, "action_id": known(facts), "body": body}
    review_id = _ASK.scalar(work.connection, **place, **frozen, **values, urn=empty_urn(rules))
    plan(work, known(facts), [review_due(work, body, due_on, rules)])
    said = {"review": review_id, "round": values["round"], "due_on": due_on.isoformat()}
    said |= {"left": left.amount, "left_unit": str(left.unit)} if left is not None else {}
    former = lapse(work, known(facts), opened_on, body=body) if before else {}
    return {**said, **frozen, "charter": work.charter_id, **said_of(rules), **former}


def _left_over(work: Work, facts: Facts, before: ReviewFacts | None, rules: ReviewRules) -> Delay | None:
    """The days that were left of the review before, where an action comes back and the rules let its delay go on; None where it begins anew."""
    if before is None or rules.after_return == "restart" or facts.state is not State.SUBMITTED:
        return None
    stopped_on = _STOPPED.scalar(work.connection, review_=before.id)
    return left_over(stopped_on, before.due_on, rules.delay_unit, work.calendar) if stopped_on is not None else None


def close_review(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Close a body's review: no further opinion; the verdict, its figures and who took no part are stored."""
    review = facts.latest(command.body)
    if review is None:
        message = "there is no review to close"
        raise LookupError(message)
    ballot = gather(work, review.id)
    figures, recused = ballot.count().as_payload(), dict(ballot.recused) or None
    _CLOSE.run(work.connection, review_=review.id, closed_on=command.occurred_on, verdict=figures, urn=None, recused=recused)
    settle(work, known(facts), [Kind.REVIEW_END], "closed", body=review.body)
    reserved = raise_all(work, known(facts), Closed(review.id, review.body, command.occurred_on), ballot)
    said = {"review": review.id, "round": review.round, "verdict": figures, **({"recused": recused} if recused else {}), **reserved}
    return Change({**said, **reasons(work, known(facts), command)})


def decide(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Enter a body's decision in its register, with the next number of the year."""
    review = facts.latest(command.body)
    body = command.body or ""
    year = command.occurred_on.year
    number = f"{body.upper()}-{year}-{next_number(work, f'decision:{body}:{year}'):03d}"
    words_id, words = keep_words(work, known(facts), "reason", command.actor.seat, command.reason)
    reference = command.reference if isinstance(command, Decide) else None
    _DECIDE.run(
        work.connection,
        convention=work.convention,
        action_id=known(facts),
        review_id=review.id if review else None,
        body=body,
        number=number,
        revision=1,
        outcome=command.verb,
        decided_on=command.occurred_on,
        words_id=words_id,
        reference=reference,
        event_id=event,
        superseded=False,
    )
    _, late = keep_words(work, known(facts), "late_reason", command.actor.seat, command.late_reason)
    _, named = keep_words(work, known(facts), "reference", command.actor.seat, reference)
    return Change({"decision": number, "outcome": command.verb, **words, **late, **named})


def approve(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Approve: the action is to start by a day, if the charter gives one."""
    change = decide(work, facts, command, event)
    ask_for(work, known(facts), Kind.FOLLOW_UP, event)
    return change


def refer(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Refer to the steering committee, whose review opens with it."""
    change = decide(work, facts, command, event)
    steering = work.charter.body_of_kind(BodyKind.STEERING).code
    opened = _open(work, facts, steering, command.occurred_on)
    kept = count_kept(work, facts, command, [Opened(steering, opened)], 1)
    return Change(change.payload, also=(Also(Topic.REVIEW_OPENED, steering, {**opened, "groups": []}), *kept))


def give_back(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Return to the proposer: a body's decision after its review, or a plain return of an incomplete proposal.

    Reservations lapse, since another sheet will be examined.
    """
    missing = list(facts.sheet.missing(work.charter.sheet.required)) if facts.sheet else []
    said = {"missing": missing, **ask_for(work, known(facts), Kind.COMPLETION, event)}
    if command.body is None or facts.state is State.SUBMITTED:
        return Change({**said, **reasons(work, known(facts), command)})
    change = decide(work, facts, command, event)
    return Change({**said, **change.payload, **lapse(work, known(facts), command.occurred_on)})


def give_way(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Another action takes this one's place: what is open of it ends, as when it is withdrawn."""
    successor = cast("Supersede", command).successor
    left = leave(work, facts, command, event)
    return Change({"successor": successor, **left.payload}, {"superseded_by": successor})


def leave(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Withdraw: reviews still open end without a verdict."""
    _LEAVE.run(work.connection, action_=known(facts), closed_on=command.occurred_on, urn=None)
    settle(work, known(facts), list(LIVE_IN), "withdrawn")
    return Change(reasons(work, known(facts), command))
