"""What waited is told: one message leaves as it is, several become one digest. Each person's messages change in one short transaction."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Delivery, Event, table
from notifications.catalogue import DIGEST, Audience
from services.bootstrap import App
from services.notices import new_delivery, write_deliveries
from services.wakes import DELIVERIES, waiting_due
from services.work import Work, open_work

_DELIVERY, _EVENT = table(Delivery), table(Event)
AT_ONCE = 50
"""Persons whose messages are folded in one transaction."""
_FOLLOW = Prepared(
    _DELIVERY.update().where(
        _DELIVERY.c.folded_into == sa.bindparam("digest_"),
        _DELIVERY.c.state.not_in([sa.literal_column("'cancelled'"), sa.literal_column("'suppressed'")]),
    ),
    "state",
    "code",
    "answer",
    "settled_at",
)


def fold(app: App) -> int:
    """Let everything leave whose hour has come; returns how many messages there are to be sent for it."""
    leaving = 0
    while True:
        with app.db.write() as connection:
            due = _due(connection, app)
            for convention in sorted({row.convention for row in due}):
                work = open_work(app, connection, convention)
                leaving += _fold_all(work, [row for row in due if row.convention == convention])
        if not due:
            return leaving


def follow(connection: sa.Connection, digest: Any, *, state: str, code: int | None, answer: str | None, settled_at: Any) -> None:
    """What became of a digest became of everything in it."""
    _FOLLOW.run(connection, digest_=digest, state=state, code=code, answer=answer, settled_at=settled_at)


def _due(connection: sa.Connection, app: App) -> list[Any]:
    """Every message whose hour has come, of some persons; those of one person are never torn apart."""
    now = app.clock.now()
    persons = sa.select(_DELIVERY.c.person_id).where(waiting_due(now)).distinct().limit(AT_ONCE)
    chosen = list(connection.execute(persons).scalars())
    columns = (*(_DELIVERY.c[name] for name in ("id", "convention", "person_id", "channel", "state")), _EVENT.c.action_id)
    query = sa.select(*columns).join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id).where(waiting_due(now), _DELIVERY.c.person_id.in_(chosen))
    locked = query.order_by(_DELIVERY.c.id).with_for_update(of=_DELIVERY, skip_locked=True)
    return list(connection.execute(locked))


def _fold_all(work: Work, due: Iterable[Any]) -> int:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in due:
        groups[row.person_id, row.channel, row.action_id if row.state == "scheduled" else None].append(row.id)
    alone = [ids[0] for ids in groups.values() if len(ids) == 1]
    if alone:
        work.connection.execute(_DELIVERY.update().where(_DELIVERY.c.id.in_(alone)).values(state="ready"))
    several = {group: ids for group, ids in groups.items() if len(ids) > 1}
    write_deliveries(work, [_digest_for(work, group, ids) for group, ids in several.items()])
    return len(groups)


def _digest_for(work: Work, group: tuple[Any, ...], ids: list[Any]) -> dict[str, Any]:
    """The digest that says what these messages say; they wait in it for what becomes of it."""
    person_id, channel, _ = group
    digest = work.ids()
    work.connection.execute(_DELIVERY.update().where(_DELIVERY.c.id.in_(ids)).values(state="held", folded_into=digest))
    told = {"event_id": None, "stage": DELIVERIES, "message": DIGEST, "because": Audience.WAITING.value, "person_id": person_id}
    return new_delivery(work, **told, id=digest, unique_key=f"{DIGEST}:{digest}", channel=channel)
