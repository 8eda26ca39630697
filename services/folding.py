"""What waited is told: one message leaves as it is, several become one digest. Each person's messages change in one short transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.events import Stage
from models.prepared import Prepared
from models.tables import Delivery, Event, Person, table
from models.telling.reasons import Reason
from notifications.catalogue import COPY, DIGEST, DUE_TOGETHER, Audience
from services.bootstrap import App
from services.notices import GATHERING, new_delivery, write_deliveries
from services.wakes import DELIVERIES, WAITS, waiting_due
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


class _Sort(NamedTuple):
    """Which messages are folded, by which message, of which stage: for want of one, those whose hour has come, with what may yet be undone."""

    message: str = DIGEST
    stage: str = DELIVERIES

    def due(self, now: datetime) -> sa.ColumnElement[bool]:
        """Those that leave now."""
        if self.message == DIGEST:
            return waiting_due(now)
        gathered = (_DELIVERY.c.reason == Reason.GATHERED) & (_DELIVERY.c.stage == self.stage) & (_DELIVERY.c.not_before <= now + GATHERING)
        return WAITS & gathered & _DELIVERY.c.folded_into.is_(None)

    def along(self, now: datetime) -> sa.ColumnElement[bool]:
        """Those that leave with them, if they are about the same action."""
        return _IN_WINDOW if self.message == DIGEST else self.due(now)


def fold(app: App) -> int:
    """Let everything leave whose hour has come; returns how many messages there are to be sent for it."""
    return _fold_all_of(app, _Sort())


def gather(app: App, stage: Stage) -> int:
    """Let what deadlines of one stage ask of people leave, in one message for each person; returns how many messages there are to be sent for it.

    For whoever has done with all that fell due: what is written later makes another message.
    """
    return _fold_all_of(app, _Sort(DUE_TOGETHER, stage))


def _fold_all_of(app: App, sort: _Sort) -> int:
    leaving = 0
    while more := _fold_some(app, sort):
        leaving += more
    return leaving


def follow(connection: sa.Connection, digest: UUID, became: Mapping[str, Any], settled_at: datetime) -> None:
    """What became of a digest (``state``, ``code``, ``answer``, ``reason``) became of everything in it."""
    _FOLLOW.run(connection, digest_=digest, **became, settled_at=settled_at)


def carry_over(connection: sa.Connection, lost: UUID, other: UUID, but: Collection[UUID] = ()) -> None:
    """What a digest that is lost was to tell, another one tells; but not these."""
    mine = (_DELIVERY.c.folded_into == lost) & _DELIVERY.c.state.not_in(("cancelled", "suppressed")) & _DELIVERY.c.id.not_in(list(but))
    connection.execute(_DELIVERY.update().where(mine).values(folded_into=other, state="held"))


def _fold_some(app: App, sort: _Sort) -> int:
    with app.db.write() as connection:
        due = _due(connection, app, sort)
        conventions = sorted({row.convention for row in due})
        return sum(_fold_all(open_work(app, connection, one), [row for row in due if row.convention == one], sort) for one in conventions)


def _due(connection: sa.Connection, app: App, sort: _Sort) -> list[Any]:
    """Every message whose hour has come, of some persons, and those that still wait to be undone.

    What goes together is never torn apart: only one process at a time folds the messages of a person.
    """
    now = app.clock.now()
    waited_for = sa.select(_DELIVERY.c.person_id).where(sort.due(now)).distinct().limit(AT_ONCE)
    persons = sa.select(_PERSON.c.id).where(_PERSON.c.id.in_(waited_for))
    chosen = list(connection.execute(persons.with_for_update(key_share=True, skip_locked=True)).scalars())
    if not chosen:
        return []
    names = ("id", "convention", "person_id", "channel", "because", "state", "not_before")
    columns = (*(_DELIVERY.c[name] for name in names), _EVENT.c.action_id)
    which = (sort.due(now) | sort.along(now)) & _DELIVERY.c.person_id.in_(chosen)
    query = sa.select(*columns).outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id).where(which)
    locked = query.order_by(_DELIVERY.c.id).with_for_update(of=_DELIVERY, skip_locked=True)
    return list(connection.execute(locked))


def _fold_all(work: Work, due: Iterable[Any], sort: _Sort) -> int:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in due:
        groups[row.person_id, row.channel, _goes_with(row)].append(row)
    ends = work.now if sort.message == DIGEST else work.now + GATHERING
    leaving = {group: rows for group, rows in groups.items() if any(row.not_before <= ends for row in rows)}
    _LEAVE.run_all(work.connection, [_leaving(rows[0].id, work.wall) for rows in leaving.values() if len(rows) == 1])
    digests = [(_digest_for(work, rows, sort), rows) for rows in leaving.values() if len(rows) > 1]
    _FOLD.run_all(work.connection, [_folded(row.id, digest["id"]) for digest, rows in digests for row in rows])
    write_deliveries(work, [digest for digest, _ in digests])
    return len(leaving)


def _goes_with(row: Any) -> int | UUID | None:
    """What a message goes with: others about its action while it may be undone, then any other; what is about no event is a list, and leaves alone."""
    if row.action_id is None:
        return cast("UUID", row.id)
    return cast("int", row.action_id) if row.state == "scheduled" else None


def _leaving(one: UUID, wall: datetime) -> dict[str, Any]:
    """From now on it is tried, and given up two days later; so long, too, its link lasts."""
    return {"delivery_": one, "state": "ready", "created_at": wall, "not_before": wall}


def _folded(one: UUID, digest: UUID) -> dict[str, Any]:
    """It waits for what becomes of the digest."""
    return {"delivery_": one, "state": "held", "folded_into": digest}


def _digest_for(work: Work, rows: Sequence[Any], sort: _Sort) -> dict[str, Any]:
    """The digest that is to say what these messages to one person say."""
    own = [row.because for row in rows if not row.because.startswith(COPY)]
    because = Audience.WAITING.value if sort.message == DIGEST else [*own, rows[0].because][0]
    told = {"event_id": None, "stage": sort.stage, "message": sort.message, "because": because, "person_id": rows[0].person_id}
    digest = work.ids()
    return new_delivery(work, **told, id=digest, unique_key=f"{sort.message}:{digest}", channel=rows[0].channel)
