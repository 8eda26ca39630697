"""One post: taken up, sent, and what came of it recorded. Sent again after a crash, it is the same post: whoever gets it twice can tell by its id."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.tables import Action, Event, Webhook, WebhookDelivery, WebhookTry, table
from models.webhooks.envelope import envelope, trial_envelope
from models.webhooks.retries import asked_wait, is_hopeless, is_of_receiver, pause_before, rest_after
from models.webhooks.signing import headers_of, key_of
from notifications.doors import Doors, door_of
from notifications.webhook import Heard, Poster
from services.bootstrap import App
from services.faults import told_safely
from services.homes import read_mark
from services.links import secret_of
from services.webhooks.due import DEAD, READY, RETRYING, SENDING, SENT, due, receiving
from services.webhooks.switching import FAILING, GONE, switch_off

_LOG = logging.getLogger("passerelle.webhooks")
_HOOK, _ROW, _TRY = table(Webhook), table(WebhookDelivery), table(WebhookTry)
_EVENT, _ACTION = table(Event), table(Action)
CLAIM = timedelta(seconds=60)
"""Longer than any post may take: after that its sender has died."""
ACTIONS = "actions"
GAVE_UP, REFUSED = "gave_up", "refused"
_FAULT = "fault"
Row = Mapping[Any, Any]


class Post(NamedTuple):
    """A post that was taken up, and its receiver; ``event`` None: a test."""

    row: Row
    hook: Any
    event: Row | None

    @property
    def message(self) -> str:
        """Its id, the same however often it is sent."""
        return str(self.row["event_id"] or self.row["id"])


class Tried(NamedTuple):
    """A post, when it was sent, how long that took, and what was heard."""

    post: Post
    at: datetime
    milliseconds: int
    heard: Heard


@dataclass(frozen=True)
class Sender:
    """Sends posts of a home."""

    app: App

    def claim(self, connection: sa.Connection, receiver: int) -> Post | None:
        """Take up the oldest post that is due to a receiver; None if there is none, or it may not be posted to now."""
        wall = self.app.clock.wall()
        hook = connection.execute(sa.select(_HOOK).where(_HOOK.c.id == receiver, receiving(wall))).first()
        if hook is None:
            return None
        about = sa.select(_ROW).outerjoin(_EVENT, _EVENT.c.id == _ROW.c.event_id).where(_ROW.c.webhook_id == receiver, due(wall))
        oldest = about.order_by(_ROW.c.not_before, _EVENT.c.position).limit(1).with_for_update(of=_ROW, skip_locked=True)
        row = connection.execute(oldest).mappings().first()
        return None if row is None else take_up(connection, hook, row, wall)

    def send(self, post: Post) -> Tried:
        """Send a post; whatever comes of it is what was heard. A fault of ours is logged, and counts as a failure like any other."""
        at, begun = self.app.clock.wall(), self.app.clock.ticks()
        try:
            heard = self._send(post, at)
        except Exception as error:  # noqa: BLE001  # one post that cannot be written must not stop the others; the log says why
            _LOG.error("post %s cannot be written: %s", post.message, told_safely(error))
            heard = Heard(_FAULT)
        return Tried(post, at, round((self.app.clock.ticks() - begun) * 1000), heard)

    def _send(self, post: Post, at: datetime) -> Heard:
        body = self._body(post)
        keys = [key_of(self._secret, post.hook.key)]
        if post.hook.former_key is not None and post.hook.former_until > at:
            keys.append(key_of(self._secret, post.hook.former_key))
        return self._poster.post(door_of(post.hook.url), headers_of(keys, post.message, int(at.timestamp()), body), body)

    def _body(self, post: Post) -> bytes:
        base = self.app.settings.base_url
        if post.event is None:
            at = post.row["created_at"]
            return trial_envelope(post.message, post.hook.convention, at, page=f"{base}/", rehearsal=self.rehearsal)
        return envelope(post.event, page=f"{base}/{ACTIONS}/{post.event['action']}", rehearsal=self.rehearsal)

    @cached_property
    def rehearsal(self) -> bool:
        """Whether posts say that they are for practice."""
        mark = read_mark(self.app.db)
        return mark is None or mark.rehearsal

    @cached_property
    def doors(self) -> Doors:
        """Where posts may go; from a rehearsal, only to hosts that are listed."""
        return Doors(self.app.settings.webhook_hosts, only_listed=self.rehearsal)

    @cached_property
    def _poster(self) -> Poster:
        return Poster(self.doors)

    @cached_property
    def _secret(self) -> bytes:
        return secret_of(self.app.db)


def take_up(connection: sa.Connection, hook: Any, row: Row, wall: datetime) -> Post:
    """Announce that a post is being sent, before it is."""
    taken = {"state": SENDING, "claimed_until": wall + CLAIM, "attempts": row["attempts"] + 1, "tries": row["tries"] + 1}
    connection.execute(_ROW.update().where(_ROW.c.id == row["id"]).values(**taken))
    about = sa.select(_EVENT, _ACTION.c.number.label("action")).join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    event = connection.execute(about.where(_EVENT.c.id == row["event_id"])).mappings().first() if row["event_id"] else None
    return Post(dict(row) | taken, hook, event)


def settle(app: App, connection: sa.Connection, tried: Tried) -> str:
    """Record what came of a try, and what follows from it for the receiver; returns the state of the post."""
    wall = app.clock.wall()
    state, values = _became(tried, wall)
    row = tried.post.row
    connection.execute(sa.select(_HOOK.c.id).where(_HOOK.c.id == row["webhook_id"]).with_for_update())  # first, as whoever removes it
    ours = (_ROW.c.id == row["id"]) & (_ROW.c.claimed_until == row["claimed_until"]) & (_ROW.c.tries == row["tries"])
    if not connection.execute(_ROW.update().where(ours).values(state=state, claimed_until=None, **values)).rowcount:
        return state  # its receiver was removed meanwhile, or our claim had passed to another sender
    heard = {"milliseconds": tried.milliseconds, "status": tried.heard.status, "reason": tried.heard.reason}
    told = {"delivery_id": row["id"], "number": row["tries"], "convention": row["convention"], "at": tried.at}
    connection.execute(_TRY.insert().values(**told, **heard))
    _note(app, connection, tried, wall)
    return state


def _became(tried: Tried, wall: datetime) -> tuple[str, dict[str, Any]]:
    heard, row = tried.heard, tried.post.row
    if heard.reason is None:
        return SENT, {"settled_at": wall, "reason": None}
    if tried.post.event is None:
        return DEAD, {"settled_at": wall, "reason": heard.reason}
    pause = pause_before(row["id"], row["attempts"])
    if pause is None:
        return DEAD, {"settled_at": wall, "reason": GAVE_UP}
    return RETRYING, {"not_before": wall + max(pause, asked_wait(heard.wait, wall)), "reason": heard.reason}


def _note(app: App, connection: sa.Connection, tried: Tried, wall: datetime) -> None:
    """What a try tells of the receiver: that it works, that it should be left alone for a while, or that there is no use in it any more."""
    heard, receiver = tried.heard, tried.post.hook.id
    mine = _HOOK.c.id == receiver
    if heard.reason is None:
        connection.execute(_HOOK.update().where(mine).values(failures=0, failing_since=None, rest_until=None))
        return
    if heard.reason == GONE:
        switch_off(app, connection, receiver, GONE)
        return
    if tried.post.event is None:
        return
    hook = connection.execute(sa.select(_HOOK.c.failures, _HOOK.c.failing_since).where(mine)).one()
    failures, since = hook.failures + 1, hook.failing_since or tried.at
    if is_hopeless(failures, since, wall):
        switch_off(app, connection, receiver, FAILING)
        return
    rests = {"rest_until": wall + max(rest_after(failures), asked_wait(heard.wait, wall))} if is_of_receiver(heard.status) else {}
    connection.execute(_HOOK.update().where(mine).values(failures=failures, failing_since=since, **rests))


__all__ = ["READY", "Post", "Sender", "Tried", "settle", "take_up"]
