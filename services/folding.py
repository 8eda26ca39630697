"""What waited is told: one message leaves as it is, several become one digest. Each person's messages change in one short transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Delivery, Event, Person, table
from models.telling.reasons import Reason
from notifications.catalogue import DIGEST, Audience
from services.bootstrap import App
from services.notices import new_delivery, write_deliveries
from services.wakes import DELIVERIES, waiting_due
from services.work import Work, open_work

_DELIVERY, _EVENT, _PERSON = table(Delivery), table(Event), table(Person)
AT_ONCE = 200
"""Persons whose messages are folded in one transaction."""
_IN_WINDOW = (
    (_DELIVERY.c.state == sa.literal_column("'scheduled'"))
    & (_DELIVERY.c.reason == sa.literal_column(f"'{Reason.WINDOW}'"))
    & _DELIVERY.c.folded_into.is_(None)
)
"""Messages that may yet be undone; they leave with the first about the same action that leaves."""
_MINE = _DELIVERY.c.id == sa.bindparam("delivery_")
_LEAVE, _FOLD = (Prepared(_DELIVERY.update().where(_MINE), "state", *more) for more in (("created_at", "not_before"), ("folded_into",)))
_FOLLOW = Prepared(
    _DELIVERY.update().where(
        _DELIVERY.c.folded_into == sa.bindparam("digest_"),
        _DELIVERY.c.state.not_in([sa.literal_column("'cancelled'"), sa.literal_column("'suppressed'")]),
    ),
    "state",
    "code",
    "answer",
    "reason",
    "settled_at",
)


def fold(app: App) -> int:
    """Let everything leave whose hour has come; returns how many messages there are to be sent for it."""
    leaving = 0
    while more := _fold_some(app):
        leaving += more
    return leaving


def follow(connection: sa.Connection, digest: UUID, became: Mapping[str, Any], settled_at: datetime) -> None:
    """What became of a digest (``state``, ``code``, ``answer``, ``reason``) became of everything in it."""
    _FOLLOW.run(connection, digest_=digest, **became, settled_at=settled_at)


def carry_over(connection: sa.Connection, lost: UUID, other: UUID) -> None:
    """What a digest that is lost was to tell, another one tells."""
    mine = (_DELIVERY.c.folded_into == lost) & _DELIVERY.c.state.not_in(("cancelled", "suppressed"))
    connection.execute(_DELIVERY.update().where(mine).values(folded_into=other, state="held"))


def _fold_some(app: App) -> int:
    with app.db.write() as connection:
        due = _due(connection, app)
        conventions = sorted({row.convention for row in due})
        return sum(_fold_all(open_work(app, connection, one), [row for row in due if row.convention == one]) for one in conventions)


def _due(connection: sa.Connection, app: App) -> list[Any]:
    """Every message whose hour has come, of some persons, and those that still wait to be undone.

    What goes together is never torn apart: only one process at a time folds the messages of a person.
    """
    now = app.clock.now()
    waited_for = sa.select(_DELIVERY.c.person_id).where(waiting_due(now)).distinct().limit(AT_ONCE)
    persons = sa.select(_PERSON.c.id).where(_PERSON.c.id.in_(waited_for))
    chosen = list(connection.execute(persons.with_for_update(key_share=True, skip_locked=True)).scalars())
    columns = (*(_DELIVERY.c[name] for name in ("id", "convention", "person_id", "channel", "state", "not_before")), _EVENT.c.action_id)
    which = (waiting_due(now) | _IN_WINDOW) & _DELIVERY.c.person_id.in_(chosen)
    query = sa.select(*columns).join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id).where(which)
    locked = query.order_by(_DELIVERY.c.id).with_for_update(of=_DELIVERY, skip_locked=True)
    return list(connection.execute(locked))


def _fold_all(work: Work, due: Iterable[Any]) -> int:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in due:
        groups[row.person_id, row.channel, row.action_id if row.state == "scheduled" else None].append(row)
    leaving = {group: [row.id for row in rows] for group, rows in groups.items() if any(row.not_before <= work.now for row in rows)}
    _LEAVE.run_all(work.connection, [_leaving(ids[0], work.wall) for ids in leaving.values() if len(ids) == 1])
    digests = [(_digest_for(work, group), ids) for group, ids in leaving.items() if len(ids) > 1]
    _FOLD.run_all(work.connection, [_folded(one, digest["id"]) for digest, ids in digests for one in ids])
    write_deliveries(work, [digest for digest, _ in digests])
    return len(leaving)


def _leaving(one: UUID, wall: datetime) -> dict[str, Any]:
    """From now on it is tried, and given up two days later; so long, too, its link lasts."""
    return {"delivery_": one, "state": "ready", "created_at": wall, "not_before": wall}


def _folded(one: UUID, digest: UUID) -> dict[str, Any]:
    """It waits for what becomes of the digest."""
    return {"delivery_": one, "state": "held", "folded_into": digest}


def _digest_for(work: Work, group: tuple[Any, ...]) -> dict[str, Any]:
    """The digest that is to say what the messages of a group say."""
    person_id, channel, _ = group
    told = {"event_id": None, "stage": DELIVERIES, "message": DIGEST, "because": Audience.WAITING.value, "person_id": person_id}
    digest = work.ids()
    return new_delivery(work, **told, id=digest, unique_key=f"{DIGEST}:{digest}", channel=channel)
