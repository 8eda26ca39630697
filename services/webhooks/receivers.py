"""The programs that are told of events: who may be one, what they ask for, and how they are paused, renewed and removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.errors import NotFound, Problem, Refused
from models.events import Topic
from models.tables import Webhook, WebhookDelivery, WebhookTry, table
from models.webhooks.signing import key_of, shown
from notifications.doors import door_of
from notifications.hosts import HostError
from notifications.message import DeliveryError
from services.bootstrap import App
from services.links import secret_of
from services.webhooks.due import DEAD, OFF, ON, PAUSED, WAITING
from services.webhooks.posts import Sender

_HOOK, _ROW, _TRY = table(Webhook), table(WebhookDelivery), table(WebhookTry)
MOST = 20
"""Receivers that a convention may have."""
BOTH_SIGN = timedelta(days=1)
"""For so long after a secret was renewed, posts are signed by the former one as well."""
OPERATOR = "operator"
"""Whoever made a subscription by the command line."""


class Made(NamedTuple):
    """A receiver, and its secret, which is not shown again."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver as people see it. ``topics`` empty: all. ``waiting``, ``dead``: its posts; ``oldest``: since when the first of those has waited."""

    id: int
    url: str
    host: str
    topics: tuple[str, ...]
    state: str
    reason: str | None
    failing_since: datetime | None
    former_until: datetime | None
    made_by: str
    made_at: datetime
    waiting: int
    dead: int
    oldest: datetime | None
    taken_at: datetime | None


def receivers_of(app: App, convention: str, only: int | None = None) -> list[Receiver]:
    """The receivers of a convention, in the order in which they were made; or one of them."""
    mine = _HOOK.c.convention == convention
    if only is not None:
        mine &= _HOOK.c.id == only
    figures = (
        sa.func.count().filter(WAITING),
        sa.func.count().filter(_ROW.c.state == DEAD, _ROW.c.event_id.is_not(None)),
        sa.func.min(_ROW.c.created_at).filter(WAITING),
    )
    taken = sa.func.max(_ROW.c.settled_at).filter(_ROW.c.state == "sent")
    named = [figure.label(name) for figure, name in zip((*figures, taken), ("waiting", "dead", "oldest", "taken_at"), strict=True)]
    counted = sa.select(_ROW.c.webhook_id, *named).group_by(_ROW.c.webhook_id).subquery()
    query = sa.select(_HOOK, counted).outerjoin(counted, counted.c.webhook_id == _HOOK.c.id).where(mine).order_by(_HOOK.c.id)
    wall = app.clock.wall()
    with app.db.read() as connection:
        return [_receiver(row, wall) for row in connection.execute(query).mappings()]


def receiver_of(app: App, convention: str, receiver: int) -> Receiver:
    """One receiver. Raises NotFound."""
    found = receivers_of(app, convention, receiver)
    if not found:
        raise _unknown(receiver)
    return found[0]


def _receiver(row: Any, wall: datetime) -> Receiver:
    same: dict[str, Any] = {name: row[name] for name in ("id", "url", "state", "reason", "failing_since", "made_by", "made_at", "oldest")}
    until = row["former_until"] if row["former_until"] is not None and row["former_until"] > wall else None
    told: dict[str, Any] = {"host": door_of(row["url"]).host, "topics": tuple(row["topics"]), "former_until": until}
    return Receiver(**same, **told, waiting=row["waiting"] or 0, dead=row["dead"] or 0, taken_at=row["taken_at"])


def add(app: App, convention: str, url: str, topics: Sequence[str], by: str) -> Made:
    """Let a program be told of events: of these topics, or of all where none is named; from what happens now on.

    Refuses an address that is none or that may not be posted to, unknown topics, an address that is told already, and more receivers than there may be.
    """
    Refused.unless_empty(problems_of(app, url, topics))
    door = door_of(url)
    key, wanted = app.ids(), sorted(set(topics))
    values = {
        "convention": convention,
        "url": door.url,
        "topics": wanted,
        "state": ON,
        "key": key,
        "made_by": by,
        "made_at": app.clock.wall(),
    }
    try:
        with app.db.write() as connection:
            many = connection.execute(sa.select(sa.func.count()).where(_HOOK.c.convention == convention)).scalar_one()
            if many >= MOST:
                raise Refused.because("webhooks_too_many", most=MOST)
            made = connection.execute(_HOOK.insert().values(**values, failures=0).returning(_HOOK.c.id)).scalar_one()
    except IntegrityError:
        raise Refused.because("webhook_known") from None
    return Made(made, _secret(app, key))


def problems_of(app: App, url: str, topics: Sequence[str]) -> list[Problem]:
    """Everything that is wrong with an address and with topics, before anything is written."""
    return [*_wrong_address(app, url), *_unknown_topics(topics)]


def _wrong_address(app: App, url: str) -> list[Problem]:
    """A name that has no address now is no problem: it may have one when it is posted to."""
    sender = Sender(app)
    try:
        sender.doors.admit(door_of(url))
    except ValueError as error:
        return [Problem(str(error))]
    except HostError as error:
        code = "rehearsal_host" if sender.rehearsal and error.reason == "host_not_listed" else error.reason
        return [Problem(f"webhooks.reason.{code}")]
    except DeliveryError:
        return []
    return []


def _unknown_topics(topics: Sequence[str]) -> list[Problem]:
    known = [topic.value for topic in Topic]
    return [
        Problem("webhook_topic_unknown", {"given": one[:60], "near": ", ".join(get_close_matches(one, known, n=3, cutoff=0.5)) or "-"})
        for one in dict.fromkeys(topics)
        if one not in known
    ]


def renew_secret(app: App, convention: str, receiver: int) -> Made:
    """Give a receiver another secret; for a day posts are signed by the former one as well. Raises NotFound.

    Within that day the former one stays the one that the program had before: what was made in between gives way.
    """
    key, wall = app.ids(), app.clock.wall()
    values: dict[str, Any] = {"key": key}
    with app.db.write() as connection:
        hook = _found(connection, convention, receiver)
        if hook.former_until is None or hook.former_until <= wall:
            values |= {"former_key": hook.key, "former_until": wall + BOTH_SIGN}
        connection.execute(_HOOK.update().where(_HOOK.c.id == receiver).values(**values))
    return Made(receiver, _secret(app, key))


def pause(app: App, convention: str, receiver: int) -> None:
    """Post nothing to a receiver for now; what happens meanwhile waits. Refuses one that is off. Raises NotFound."""
    _change(app, convention, receiver, {"state": PAUSED}, unless=(OFF, "webhook_off"))


def resume(app: App, convention: str, receiver: int) -> None:
    """Post to a receiver again, what waited first; also to one that was switched off, which begins anew. Raises NotFound."""
    _change(app, convention, receiver, {"state": ON, "reason": None, "failures": 0, "failing_since": None, "rest_until": None})


def remove(app: App, convention: str, receiver: int) -> None:
    """Forget a receiver and all that was posted to it. Raises NotFound."""
    own = sa.select(_ROW.c.id).where(_ROW.c.webhook_id == receiver)
    with app.db.write() as connection:
        _found(connection, convention, receiver)
        connection.execute(_TRY.delete().where(_TRY.c.delivery_id.in_(own)))
        connection.execute(_ROW.delete().where(_ROW.c.webhook_id == receiver))
        connection.execute(_HOOK.delete().where(_HOOK.c.id == receiver))


def _change(app: App, convention: str, receiver: int, values: dict[str, Any], unless: tuple[str, str] | None = None) -> None:
    with app.db.write() as connection:
        hook = _found(connection, convention, receiver)
        if unless is not None and hook.state == unless[0]:
            raise Refused.because(unless[1])
        connection.execute(_HOOK.update().where(_HOOK.c.id == receiver).values(**values))


def _found(connection: sa.Connection, convention: str, receiver: int) -> Any:
    """A receiver, held against others who would change it. Raises NotFound."""
    mine = (_HOOK.c.convention == convention) & (_HOOK.c.id == receiver)
    found = connection.execute(sa.select(_HOOK).where(mine).with_for_update()).first()
    if found is None:
        raise _unknown(receiver)
    return found


def _unknown(receiver: int) -> NotFound:
    return NotFound(Problem("webhook_unknown", {"webhook": receiver}))


def _secret(app: App, key: Any) -> str:
    return shown(key_of(secret_of(app.db), key))
