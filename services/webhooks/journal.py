"""What was posted to a receiver and what came of every try; and having it posted again. Kept as long as ``services.webhooks.keeping`` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.tables import Action, Event, Webhook, WebhookDelivery, WebhookTry, table
from models.webhooks.envelope import TEST
from services.bootstrap import App
from services.hold import held
from services.leases import take
from services.webhooks.due import DEAD, OFF, READY, SENT
from services.webhooks.posts import Sender, settle, take_up
from services.webhooks.receivers import receiver_of

_HOOK, _ROW, _TRY = table(Webhook), table(WebhookDelivery), table(WebhookTry)
_EVENT, _ACTION = table(Event), table(Action)
_PAUSE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one try."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Posted:
    """A post, the newest try first. ``next_at``: when it is tried again, of one that failed."""

    id: UUID
    topic: str
    action: str | None
    state: str
    reason: str | None
    created_at: datetime
    settled_at: datetime | None
    next_at: datetime | None
    tries: tuple[Try, ...]

    @property
    def may_be_redelivered(self) -> bool:
        """Whether a person may have it posted again."""
        return self.topic != TEST and self.state in (SENT, DEAD)


def posts_of(
    app: App, convention: str, receiver: int, *, state: str | None = None, only: UUID | None = None, limit: int = 50
) -> list[Posted]:
    """What was posted to a receiver, or is about to be: the newest first, those of a state if one is named, or only one. Raises NotFound."""
    receiver_of(app, convention, receiver)
    mine = _ROW.c.webhook_id == receiver
    if state is not None:
        mine &= _ROW.c.state == state
    if only is not None:
        mine &= _ROW.c.id == only
    query = (
        sa.select(_ROW, _ACTION.c.number)
        .outerjoin(_EVENT, _EVENT.c.id == _ROW.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(mine)
        .order_by(_ROW.c.created_at.desc(), _EVENT.c.position.desc(), _ROW.c.id.desc())
        .limit(limit)
    )
    with app.db.read() as connection:
        rows = connection.execute(query).all()
        tried = _tries(connection, [row.id for row in rows])
    return [_posted(row, tried.get(row.id, ())) for row in rows]


def _tries(connection: sa.Connection, posts: Sequence[UUID]) -> dict[UUID, tuple[Try, ...]]:
    query = sa.select(_TRY).where(_TRY.c.delivery_id.in_(posts)).order_by(_TRY.c.number.desc())
    found: dict[UUID, tuple[Try, ...]] = {}
    for row in connection.execute(query) if posts else ():
        one = Try(row.number, row.at, row.milliseconds, row.status, row.reason)
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), one)
    return found


def _posted(row: Any, tries: tuple[Try, ...]) -> Posted:
    again = row.not_before if row.state == "retrying" else None
    return Posted(row.id, row.topic, row.number, row.state, row.reason, row.created_at, row.settled_at, again, tries)


def try_receiver(app: App, convention: str, receiver: int) -> Posted:
    """Post a test to a receiver now, whether it is paused or off, and say what came of it. It is not tried again, but stands in the log.

    Refuses a second test within ten seconds, and any in a home that is held. Raises NotFound.
    """
    receiver_of(app, convention, receiver)
    with app.db.read() as connection:
        if held(connection) is not None:
            raise Refused.because("home_held")
    wall = app.clock.wall()
    if not take(app.db, f"webhook-test:{receiver}", str(app.ids()), wall, _PAUSE_SECONDS):
        raise Refused.because("webhook_tried_just_now", seconds=_PAUSE_SECONDS)
    made = app.ids()
    row = {"id": made, "convention": convention, "webhook_id": receiver, "event_id": None, "topic": TEST, "state": READY}
    row |= {"attempts": 0, "tries": 0, "created_at": wall, "not_before": wall}
    with app.db.write() as connection:
        connection.execute(_ROW.insert().values(**row))
        hook = connection.execute(sa.select(_HOOK).where(_HOOK.c.id == receiver)).one()
        post = take_up(connection, hook, row, wall)
    tried = Sender(app).send(post)
    with app.db.write() as connection:
        settle(app, connection, tried)
    return next(one for one in posts_of(app, convention, receiver, only=made))


def redeliver(app: App, convention: str, post: UUID) -> int:
    """Have a post made again, from its first try, under the same id; returns its receiver.

    Refuses a test, one that is still on its way, and one to a receiver that is off. Raises NotFound.
    """
    with app.db.write() as connection:
        query = sa.select(_ROW, _HOOK.c.state.label("hook_state")).join(_HOOK, _HOOK.c.id == _ROW.c.webhook_id)
        row = connection.execute(query.where(_ROW.c.id == post, _ROW.c.convention == convention)).first()
        if row is None:
            raise NotFound(Problem("webhook_post_unknown", {"post": str(post)}))
        if row.topic == TEST:
            raise Refused.because("webhook_test_once")
        _check_on(row.hook_state)
        if not _again(connection, app.clock.wall(), (_ROW.c.id == post) & _ROW.c.state.in_((SENT, DEAD))):
            raise Refused.because("webhook_post_waits")
    return int(row.webhook_id)


def redeliver_lost(app: App, convention: str, receiver: int) -> int:
    """Have everything posted again that a receiver did not take; returns how many. Refuses a receiver that is off. Raises NotFound."""
    _check_on(receiver_of(app, convention, receiver).state)
    lost = (_ROW.c.webhook_id == receiver) & (_ROW.c.state == DEAD) & (_ROW.c.topic != TEST)
    with app.db.write() as connection:
        return _again(connection, app.clock.wall(), lost)


def _check_on(state: str) -> None:
    if state == OFF:
        raise Refused.because("webhook_off")


def _again(connection: sa.Connection, wall: datetime, which: sa.ColumnElement[bool]) -> int:
    anew = {"state": READY, "reason": None, "attempts": 0, "not_before": wall, "settled_at": None, "claimed_until": None}
    return connection.execute(_ROW.update().where(which).values(**anew)).rowcount
