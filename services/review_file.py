"""The file of a review, as a chair would want to read it: who was asked and by which rules, who answered what, the figures, what is missing."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.meetings.rules import away
from models.review.lacks import lacks
from models.review.majority import weight_needed
from models.review.rules import Presence, ReviewRules
from models.review.verdict import Verdict
from models.review.votes import Vote, awaited
from models.tables import Decision, Delivery, Event, Opinion, Review, Seat, Words, table
from notifications.catalogue import COPY
from services.bootstrap import App
from services.charter_store import the_convention
from services.counting import Ballot, examining, gather
from services.discretion import hidden_reviews
from services.holding import proxies_in_file
from services.lookups import find_action, names_of_seats
from services.readers import Reader
from services.reservations import reservations_of
from services.wanted import ASKING
from services.work import SYSTEM, Work, open_work

_REVIEW, _OPINION, _EVENT, _SEAT = table(Review), table(Opinion), table(Event), table(Seat)
_DELIVERY, _WORDS, _DECISION = table(Delivery), table(Words), table(Decision)
Row = dict[str, Any]


def review_files(
    app: App,
    number: str,
    *,
    body: str | None = None,
    convention: str | None = None,
    seats: Collection[str] = (),
    reader: Reader | None = None,
) -> list[Row]:
    """The files of an action's reviews, oldest first; of one body, if it is named.

    Raises NotFound for an action that does not exist, or that ``reader``, if one is named, may not read.

    While a review is open whose results are hidden from whoever holds these ``seats``, or if its ballot is secret, the file says who has
    answered and not what.
    """
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        action = find_action(work, number, reader)
        mine = sa.select(_REVIEW).where(_REVIEW.c.action_id == action.id).order_by(_REVIEW.c.id)
        reviews = connection.execute(mine if body is None else mine.where(_REVIEW.c.body == body)).all()
        unseen = hidden_reviews(connection, action.id, seats)
        return [_file(work, action, review, unseen) for review in reviews]


def _file(work: Work, action: Any, review: Any, unseen: Collection[int]) -> Row:
    ballot, (_, rules) = gather(work, review.id), examining(work, review.body, review.charter_id)
    hidden = rules.ballot == "secret" or review.id in unseen
    now = None if hidden and review.closed_on is None else ballot.count()
    verdict = Verdict.of(review.verdict) if review.verdict else now
    gone = away(review.attendance)
    return {
        "action": action.number,
        "title": action.sheet["title"],
        "body": review.body,
        "round": review.round,
        "opened_on": review.opened_on,
        "due_on": review.due_on,
        "closed_on": review.closed_on,
        "charter": review.charter_id,
        "rules_in_force": review.charter_id in (None, work.charter_id),
        "rules": rules.model_dump(mode="json", exclude_defaults=True),
        "timezone": work.timezone,
        "attendance": review.attendance,
        "complete": all(vote.opinion is not None or vote.out or vote.seat in gone for vote in ballot.votes),
        "closed_early": _closed_early(review, ballot),
        "hidden": hidden,
        "result": verdict.result if verdict else None,
        "figures": figures(verdict, rules) if verdict else None,
        "vacant": ballot.vacant,
        "recused": dict(ballot.recused),
        "proxies": proxies_in_file(work.connection, review.id),
        "electorate": _electorate(work, review, ballot, hidden=hidden),
        "lacks": [] if review.closed_on else [{"code": lack.code, **lack.params} for lack in _lacks(ballot, hidden=hidden)],
        "reservations": [row for row in reservations_of(work.connection, action.id) if row["review_id"] == review.id],
        "decisions": _decisions(work, review.id),
    }


def _closed_early(review: Any, ballot: Ballot) -> bool:
    """Whether the review closed before its day with answers missing, since none of them could have changed its result."""
    before = review.closed_on is not None and review.closed_on <= review.due_on and ballot.rules.early_closing
    return before and any(awaited(ballot.votes, ballot.rules)) and ballot.is_settled()


def _lacks(ballot: Ballot, *, hidden: bool) -> list[Any]:
    """What is missing; of a hidden result, only what does not give it away."""
    every = lacks(ballot.votes, ballot.rules, ballot.vacant, second=ballot.second)
    return [
        lack
        for lack in every
        if not hidden or lack.code in ("review_lacks.answers", "review_lacks.quorum", "review_lacks.quorum_of_partner")
    ]


def figures(verdict: Verdict, rules: ReviewRules) -> Row:
    """The figures of a verdict with the rules they answer to."""
    of = rules.majority_of or ("seats" if rules.majority == "absolute" else "cast")
    return {
        **verdict.as_payload(),
        "there": verdict.there,
        "base": verdict.base,
        "needed": weight_needed(verdict.base, rules),
        "majority": rules.majority,
        "of": of,
    }


def _electorate(work: Work, review: Any, ballot: Ballot, *, hidden: bool) -> list[Row]:
    said, asked = _said(work, review.id), _asked(work, review)
    held = names_of_seats(work.connection, work.convention, [vote.seat for vote in ballot.votes])
    return [
        {"holder": held.get(vote.seat), **_elector(vote, said.get(vote.seat), asked.get(vote.seat, []), hidden=hidden)}
        for vote in ballot.votes
    ]


def _elector(vote: Vote, opinion: Any, asked: list[datetime], *, hidden: bool) -> Row:
    row: Row = {"seat": vote.seat, "partner": vote.partner, "weight": vote.weight, "chair": vote.chair, "recused": vote.recused}
    row |= {"presence": vote.presence, "represented_by": vote.holder if vote.presence is Presence.REPRESENTED else None}
    row |= {
        "answered": opinion is not None,
        "asked": asked,
        "opinion": None,
        "given_on": None,
        "recorded_by": None,
        "by_proxy": None,
        "words": None,
    }
    if opinion is None:
        return row
    row |= {"given_on": opinion.given_on, "by_proxy": opinion.holder}
    row |= {"recorded_by": None if opinion.actor in (vote.seat, opinion.holder, SYSTEM) else opinion.actor}
    return row if hidden else row | {"opinion": opinion.value, "words": opinion.body}


def _said(work: Work, review_id: int) -> Mapping[str, Any]:
    """The opinions that stand, by seat: with their words and who recorded them."""
    query = (
        sa.select(_OPINION.c.seat, _OPINION.c.value, _OPINION.c.holder, _OPINION.c.given_on, _EVENT.c.actor, _WORDS.c.body)
        .join(_EVENT, _EVENT.c.id == _OPINION.c.event_id)
        .outerjoin(_WORDS, _WORDS.c.id == _OPINION.c.words_id)
        .where(_OPINION.c.review_id == review_id, ~_OPINION.c.superseded)
    )
    return {row.seat: row for row in work.connection.execute(query)}


def _asked(work: Work, review: Any) -> Mapping[str, list[datetime]]:
    """When each seat was asked and chased, by the messages that were sent while the review was open."""
    query = (
        sa.select(_SEAT.c.code, _DELIVERY.c.settled_at)
        .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .join(_SEAT, (_SEAT.c.person_id == _DELIVERY.c.person_id) & (_SEAT.c.body == review.body))
        .where(_EVENT.c.action_id == review.action_id, _EVENT.c.body == review.body, _EVENT.c.topic.in_(ASKING))
        .where(_EVENT.c.occurred_on >= review.opened_on, _DELIVERY.c.state == "sent", ~_DELIVERY.c.because.startswith(COPY))
        .order_by(_DELIVERY.c.settled_at)
    )
    if review.closed_on is not None:
        query = query.where(_EVENT.c.occurred_on <= review.closed_on)
    found: dict[str, list[datetime]] = {}
    for row in work.connection.execute(query):
        found.setdefault(row.code, []).append(row.settled_at)
    return found


def _decisions(work: Work, review_id: int) -> list[Row]:
    query = sa.select(_DECISION.c.number, _DECISION.c.outcome, _DECISION.c.decided_on).where(
        _DECISION.c.review_id == review_id, ~_DECISION.c.superseded
    )
    return [dict(row) for row in work.connection.execute(query).mappings()]
