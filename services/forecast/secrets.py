"""What a forecast must not tell: votes that are secret, or hidden until their review closes, and whatever follows from them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from models.charter import OpinionValue
from models.database import Database
from models.events import Topic
from models.forecasts import ForecastLine, Silence
from models.review.rules import CONCEALED, ReviewRules
from models.tables import Action, EarlyOpinion, Event, Opinion, Review, table
from services.clock import local_day
from services.work import Work

_ACTION, _EARLY, _EVENT = table(Action), table(EarlyOpinion), table(Event)
_OPINION, _REVIEW = table(Opinion), table(Review)
_OF_REVIEWS = frozenset({Topic.REVIEW_REMINDED, Topic.REVIEW_CLOSED})
_VEIL = OpinionValue.FAVOURABLE.value


class Secret(NamedTuple):
    """Votes that were cast and are not to be known before this body's review of this action closes. ``early``: it may close because of what they are."""

    action_id: int
    number: str
    body: str
    early: bool


def secrets_of(work: Work) -> list[Secret]:
    """The votes of a convention that nobody may know now, in reviews that are open or still to come."""
    return sorted({*_in_reviews(work), *_kept_in_advance(work)})


def _in_reviews(work: Work) -> Iterator[Secret]:
    given = sa.exists().where(_OPINION.c.review_id == _REVIEW.c.id)
    query = sa.select(_REVIEW.c.action_id, _REVIEW.c.body, _REVIEW.c.charter_id, _ACTION.c.number)
    mine = (_REVIEW.c.convention == work.convention) & _REVIEW.c.closed_on.is_(None) & given
    for row in work.connection.execute(query.join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id).where(mine)):
        rules = _rules(work, row.body, row.charter_id)
        if rules is not None and rules.discreet:
            yield Secret(row.action_id, row.number, row.body, rules.early_closing)


def _kept_in_advance(work: Work) -> Iterator[Secret]:
    query = sa.select(_EARLY.c.action_id, _EARLY.c.body, _ACTION.c.number).join(_ACTION, _ACTION.c.id == _EARLY.c.action_id)
    for row in work.connection.execute(query.where(_ACTION.c.convention == work.convention, _EARLY.c.review_id.is_(None))):
        rules = _rules(work, row.body, None)
        if rules is not None and rules.discreet:
            yield Secret(row.action_id, row.number, row.body, rules.early_closing)


def _rules(work: Work, body: str, charter_id: int | None) -> ReviewRules | None:
    known = work.charter_of(charter_id).body(body)
    return known.rules if known is not None else None


def veil(scratch: Database, secrets: Iterable[Secret]) -> None:
    """Put other votes in the place of these in a scratch copy, so that nothing in it can follow from them."""
    with scratch.write() as connection:
        for action_id, body in {(secret.action_id, secret.body) for secret in secrets}:
            review = (_REVIEW.c.action_id == action_id) & (_REVIEW.c.body == body) & _REVIEW.c.closed_on.is_(None)
            for row in connection.execute(sa.select(_REVIEW.c.id, _REVIEW.c.urn).where(review)).all():
                mine = (_OPINION.c.review_id == row.id) & (_OPINION.c.value != CONCEALED)
                connection.execute(_OPINION.update().where(mine).values(value=_VEIL))
                if row.urn:
                    connection.execute(_REVIEW.update().where(_REVIEW.c.id == row.id).values(urn={_VEIL: sum(row.urn.values())}))
            early = (_EARLY.c.action_id == action_id) & (_EARLY.c.body == body) & _EARLY.c.review_id.is_(None)
            connection.execute(_EARLY.update().where(early, _EARLY.c.value != CONCEALED).values(value=_VEIL))


class Silent:
    """Where the log of a scratch copy goes beyond what may be told."""

    def __init__(self, work: Work, secrets: Iterable[Secret], since: int) -> None:
        """``since``: the place in the log at which virtual time began."""
        self._ends: dict[str, tuple[int, Silence]] = {}
        self._following: set[tuple[str, str]] = set()
        hidden = {(secret.action_id, secret.body): secret.number for secret in secrets}
        numbers = {secret.action_id: secret.number for secret in secrets}
        mine = (_EVENT.c.convention == work.convention) & _EVENT.c.action_id.in_(numbers) & (_EVENT.c.position > since)
        told = _EVENT.c.topic.in_((Topic.REVIEW_OPENED, Topic.REVIEW_CLOSED))
        for row in work.connection.execute(sa.select(_EVENT).where(mine, told).order_by(_EVENT.c.position)):
            number = numbers[row.action_id]
            if number in self._ends:
                self._following |= {(number, row.body)} if row.topic == Topic.REVIEW_OPENED else set()
            elif row.topic == Topic.REVIEW_CLOSED and (row.action_id, row.body) in hidden:
                self._ends[number] = row.position, Silence(number, row.body, local_day(row.recorded_at, work.timezone))

    def told(self, position: int, line: ForecastLine) -> bool:
        """Whether a line, whose event stands at this place, may be told: not what follows a secret vote; other reviews that are open anyway go on."""
        end = self._ends.get(line.action or "")
        if end is None or position <= end[0]:
            return True
        return line.topic in _OF_REVIEWS and line.body != end[1].body and (line.action, line.body) not in self._following

    @property
    def silences(self) -> tuple[Silence, ...]:
        """From when on nothing is told, by action."""
        return tuple(silence for _, (_, silence) in sorted(self._ends.items()))
