"""The automatic steps: what a stage does about an event or a deadline, always through the one door."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import BodyKind
from models.commands import COMMANDS, Actor, Command, Via
from models.events import Topic
from models.lifecycle import State, Verb
from models.meetings.rules import away
from models.prepared import Prepared
from models.tables import Deadline, Opinion, Review, table
from services.audiences import final_report_missing
from services.counting import examining, gather
from services.deadline_kinds import NATURE, Kind
from services.dispatch import handle
from services.heard import AskedLate, asked_late
from services.notices import acted_on
from services.recusals import RECUSAL_COLUMNS, recused_seats
from services.reservations import standing_facts
from services.sweep import next_morning
from services.work import Work

_REVIEW, _OPINION, _DEADLINE = table(Review), table(Opinion), table(Deadline)
Row = Mapping[Any, Any]
Step = Callable[[Work, Row, Row], Verb | None]

_FOLLOWS: Mapping[str, Verb] = {
    "favourable": Verb.REFER,
    "with_reservations": Verb.REFER,
    "unfavourable": Verb.RETURN,
    "adjournment": Verb.ADJOURN,
    "no_quorum": Verb.ADJOURN,
}
"""What follows the verdict of the technical committee, where the charter lets it decide."""

_WAITS = "waits for the groups"


def react(work: Work, event: Row) -> Verb | None:
    """Take the automatic step that an event calls for; returns the verb, or None where nothing follows."""
    step = _STEPS.get(Topic(event["topic"]))
    if step is None:
        return None
    return step(work, event, acted_on(work, event))


def fall_due(work: Work, due: Row) -> Verb | None:
    """Take the step that the end of a deadline calls for, and settle it; returns the verb, or None where another event will bring the step."""
    action = acted_on(work, due)
    verb = NATURE[Kind(due["kind"])].falls
    if verb is None:
        message = f"nothing happens at the end of a deadline of kind {due['kind']}"
        raise LookupError(message)
    late = asked_late(work, action["id"], due["body"], due["due_on"]) if verb is Verb.CLOSE_REVIEW else None
    if late is not None:
        return _give_time(work, due, action, late)
    waits = verb is Verb.CLOSE_REVIEW and _waits_for_groups(work, due["body"], _open_reviews(work, action))
    if not waits:
        noted = {} if verb is Verb.CLOSE_REVIEW else {"due_on": due["due_on"]}
        _ask(work, verb, action, key=f"deadline:{due['id']}:{verb}", body=due["body"], **noted)
    settled = {"settled_at": work.now, "outcome": _WAITS if waits else verb}
    work.connection.execute(_DEADLINE.update().where(_DEADLINE.c.id == due["id"]).values(**settled))
    return None if waits else verb


def _give_time(work: Work, due: Row, action: Row, late: AskedLate) -> Verb | None:
    """Give the members of a review the time that they lost because requests left late; look again in the morning while none has left."""
    if late.until is not None:
        return _ask(work, Verb.EXTEND_REVIEW, action, key=f"deadline:{due['id']}:asked-late", body=due["body"], until=late.until)
    work.connection.execute(_DEADLINE.update().where(_DEADLINE.c.id == due["id"]).values(due_at=next_morning(work)))
    return None


def _ask(work: Work, verb: Verb, action: Row, *, key: str, cause: UUID | None = None, body: str | None = None, **more: Any) -> Verb:
    command = COMMANDS.get(verb, Command)(
        verb=verb,
        convention=work.convention,
        action=action["number"],
        actor=Actor(via=Via.FLOW),
        occurred_on=work.today,
        key=key,
        cause=cause,
        body=body,
        **more,
    )
    handle(work, command)
    return verb


def _follow(work: Work, verb: Verb, event: Row, action: Row, body: str | None = None) -> Verb:
    return _ask(work, verb, action, key=f"reaction:{event['id']}:{verb}:{body or '-'}", cause=event["id"], body=body)


def _admit(work: Work, event: Row, action: Row) -> Verb | None:
    """Check completeness: return an incomplete proposal, open the technical review of a complete one."""
    if action["state"] != State.SUBMITTED:
        return None
    missing = [name for name in work.charter.sheet.required if action["sheet"].get(name) in (None, [], "")]
    if missing:
        return _follow(work, Verb.RETURN, event, action)
    return _follow(work, Verb.OPEN_TECHNICAL_REVIEW, event, action, work.charter.body_of_kind(BodyKind.TECHNICAL).code)


def _close_if_ready(work: Work, event: Row, action: Row, body: str) -> Verb | None:
    """Close a review that is complete, settled or past its day; the technical committee's waits for the groups."""
    reviews = _open_reviews(work, action)
    mine = next((review for review in reviews if review.body == body), None)
    if mine is None or _waits_for_groups(work, body, reviews):
        return None
    if not (_is_over(work, action, mine) or _complete(work, mine) or _settled(work, mine)):
        return None
    return _follow(work, Verb.CLOSE_REVIEW, event, action, body)


def _is_over(work: Work, action: Row, review: sa.Row[Any]) -> bool:
    """Whether its last day has passed, and its members were asked in time."""
    return work.today > review.due_on and asked_late(work, action["id"], review.body, review.due_on) is None


def _complete(work: Work, review: sa.Row[Any]) -> bool:
    """Whether everybody who takes part, and attends where it is examined in a meeting, has answered."""
    out = recused_seats(work, review)
    given = sa.select(_OPINION.c.seat).where(_OPINION.c.review_id == review.id, ~_OPINION.c.superseded)
    answered = set(work.connection.execute(given).scalars())
    gone = away(review.attendance)
    return all(seat in answered or seat in out or seat in gone for seat in review.electorate)


def _settled(work: Work, review: sa.Row[Any]) -> bool:
    """Whether the review's own rules let it close early, and nothing can change its result any more."""
    _, rules = examining(work, review.body, review.charter_id)
    return rules.early_closing and gather(work, review.id).is_settled()


def _open_reviews(work: Work, action: Row) -> Sequence[Any]:
    return _OPEN_REVIEWS.all(work.connection, action_=action["id"])


_OPEN_REVIEWS = Prepared(
    sa.select(*RECUSAL_COLUMNS, _REVIEW.c.due_on)
    .where(_REVIEW.c.action_id == sa.bindparam("action_"), _REVIEW.c.closed_on.is_(None))
    .order_by(_REVIEW.c.id.desc())
)


def _waits_for_groups(work: Work, body: str, reviews: Sequence[sa.Row[Any]]) -> bool:
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    return body == technical and any(review.body != technical for review in reviews)


def _opinion(work: Work, event: Row, action: Row) -> Verb | None:
    return _close_if_ready(work, event, action, event["body"])


def _conflict(work: Work, event: Row, action: Row) -> Verb | None:
    """Close the reviews in which nobody is awaited any more, the groups' before the committee's, which waits for them."""
    verbs = [_close_if_ready(work, event, action, review.body) for review in _open_reviews(work, action)]
    return next((verb for verb in verbs if verb is not None), None)


def _closed(work: Work, event: Row, action: Row) -> Verb | None:
    """Let the technical committee's verdict decide where the charter says so; after a group's, see whether the committee may close."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL)
    if event["body"] != technical.code:
        return _close_if_ready(work, event, action, technical.code)
    if technical.rules is None or technical.rules.decides != "verdict" or not _still_undecided(work, event, action):
        return None
    return _follow(work, _FOLLOWS[event["payload"]["verdict"]["result"]], event, action, technical.code)


def _still_undecided(work: Work, event: Row, action: Row) -> bool:
    """Whether nobody decided meanwhile by hand, or opened another round."""
    mine = (_REVIEW.c.action_id == action["id"]) & (_REVIEW.c.body == event["body"])
    last_round = work.connection.execute(sa.select(sa.func.max(_REVIEW.c.round)).where(mine)).scalar_one()
    return bool(action["state"] == State.TECHNICAL_REVIEW and last_round == event["payload"]["round"])


def _completed(work: Work, event: Row, action: Row) -> Verb | None:
    return _follow(work, Verb.REQUEST_FINAL_REPORT, event, action) if action["state"] == State.COMPLETED else None


def _filed(work: Work, event: Row, action: Row) -> Verb | None:
    """Close once the final report is complete and no reservation stands in the way."""
    if action["state"] != State.FINAL_REPORT_DUE or final_report_missing(work.connection, action["id"]):
        return None
    if any(reservation.blocks == Verb.CLOSE for reservation in standing_facts(work.connection, action["id"])):
        return None
    return _follow(work, Verb.CLOSE, event, action)


_STEPS: Mapping[Topic, Step] = {
    Topic.ACTION_PROPOSED: _admit,
    Topic.ACTION_SUBMITTED: _admit,
    Topic.ACTION_RESUBMITTED: _admit,
    Topic.OPINION_RECORDED: _opinion,
    Topic.ATTENDANCE_RECORDED: _opinion,
    Topic.CONFLICT_DECLARED: _conflict,
    Topic.REVIEW_CLOSED: _closed,
    Topic.ACTION_COMPLETED: _completed,
    Topic.FINAL_REPORT_FILED: _filed,
    Topic.RESERVATION_LIFTED: _filed,
}
"""The automatic step of each event; events that are not here only tell people."""
