"""What people asked to be told ahead: their own open deadlines, so many working days before, each of them once for each day that it has.

What is asked is what comes within their time and was not told of, never what comes on the very day: a scheduler that was off catches up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.deadlines import Calendar, Delay, DelayUnit, deadline
from models.prepared import Prepared
from models.tables import Delivery, Foretold, Mute, Person, Preference, table
from notifications.catalogue import OWN_DEADLINES, Audience
from notifications.channels import MAIL
from services.bootstrap import App
from services.notices import SUPPRESSED, new_delivery, write_deliveries
from services.own_deadlines import Asked, Owner, deadlines_of_each
from services.planning import in_own_rooms, put_off
from services.visitors import seats_of_each
from services.wakes import DELIVERIES, NOT_GONE, WAITING
from services.work import Work, morning_of, open_work, upsert_into

_DELIVERY, _FORETOLD, _MUTE = table(Delivery), table(Foretold), table(Mute)
_PERSON, _PREFERENCE = table(Person), table(Preference)
AT_ONCE = 50
"""Persons whose deadlines are looked at in one transaction."""
_CHOSE = _PREFERENCE.c.lead_days.is_not(None)
_LOOKED = Prepared(sa.select(_PREFERENCE.c.convention, _PREFERENCE.c.looked_on).where(_CHOSE).distinct())
_OPEN = ("ready", "retrying", *WAITING)
"""The states of a list to which something may be added: it is written at the moment it leaves."""


class _Chosen(NamedTuple):
    """Somebody, and by how many working days they are told ahead."""

    owner: Owner
    lead_days: int


def comes(due_on: date, lead_days: int, today: date, calendar: Calendar) -> bool:
    """Whether a last day that is not past comes within a time of so many working days."""
    return today <= due_on and deadline(due_on, Delay(-lead_days, DelayUnit.WORKING_DAYS), calendar) <= today


def foretell(app: App, gate: Callable[[], str | None] = lambda: None) -> int:
    """Write a list to everybody who has deadlines to be told of, once a working morning each; returns how many lists are new.

    ``gate`` is asked before each look at some persons: any answer but None ends it.
    One question where nobody chose a time, and those of the rules in force where everybody was looked at that day.
    """
    written = 0
    for convention in _conventions_due(app):
        while gate() is None and (more := _foretell_some(app, convention)) is not None:
            written += more
    return written


def still_ahead(work: Work, person_id: int, told_in: UUID) -> list[Asked]:
    """What a list is to name at this moment, by its days: what it was written for, of what is still so, still ahead and theirs; nothing once they chose no time."""
    chosen = _chosen(work, _PREFERENCE.c.person_id == person_id)
    mine = (_FORETOLD.c.person_id == person_id) & (_FORETOLD.c.told_in == told_in)
    told = {_Key(*row) for row in work.connection.execute(sa.select(*_KEY).where(mine))}
    if not chosen or not told:
        return []
    found = _unmuted(work, deadlines_of_each(work, [chosen[0].owner], max(key.due_on for key in told)))[person_id]
    return _in_order(one for one in found if work.today <= one.due_on and _key(person_id, one) in told)


class _Key(NamedTuple):
    """What is told once: a row of ``Foretold``."""

    person_id: int
    action_id: int
    deadline: str
    due_on: date


_KEY = tuple(_FORETOLD.c[name] for name in _Key._fields)


def _key(person_id: int, one: Asked) -> _Key:
    return _Key(person_id, one.due["action_id"], one.named, one.due_on)


def _conventions_due(app: App) -> list[str]:
    """Where it is a working morning, or later on that day, and somebody was not looked at."""
    due = []
    with app.db.read() as connection:
        looked: dict[str, set[date | None]] = {}
        for row in _LOOKED.all(connection):
            looked.setdefault(row.convention, set()).add(row.looked_on)
        for convention, days in looked.items():
            work = open_work(app, connection, convention)
            morning = work.calendar.is_working(work.today) and work.now >= morning_of(work.today, work.timezone)
            due += [convention] if morning and days != {work.today} else []
    return due


def _foretell_some(app: App, convention: str) -> int | None:
    """Look at some persons; None once everybody was. Whom another run looks at is left to it."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        unseen = _PREFERENCE.c.looked_on.is_distinct_from(work.today)
        chosen = _chosen(work, unseen, locked=True)
        if not chosen:
            return None
        written = _write(work, _news(work, chosen))
        persons = [each.owner.person_id for each in chosen]
        connection.execute(_PREFERENCE.update().where(_PREFERENCE.c.person_id.in_(persons)).values(looked_on=work.today))
        return written


def _chosen(work: Work, which: sa.ColumnElement[bool], *, locked: bool = False) -> list[_Chosen]:
    """Persons who chose a time, with their seats of today."""
    query = (
        sa.select(_PERSON.c.id, _PERSON.c.code, _PREFERENCE.c.lead_days)
        .join(_PREFERENCE, _PREFERENCE.c.person_id == _PERSON.c.id)
        .where(_PREFERENCE.c.convention == work.convention, _CHOSE, which)
        .order_by(_PERSON.c.id)
        .limit(AT_ONCE)
    )
    rows = work.connection.execute(query.with_for_update(of=_PREFERENCE, skip_locked=True) if locked else query).all()
    seats = seats_of_each(work.connection, [row.id for row in rows], work.today) if rows else {}
    return [_Chosen(Owner(row.id, work.convention, row.code, seats.get(row.id, ())), row.lead_days) for row in rows]


def _news(work: Work, chosen: Sequence[_Chosen]) -> dict[int, list[_Key]]:
    """What each of these persons is to be told of, in the order of the days; whoever has nothing is absent."""
    last = work.calendar.count_on(work.today, max(each.lead_days for each in chosen))
    found = _unmuted(work, deadlines_of_each(work, [each.owner for each in chosen], last))
    mine = _FORETOLD.c.person_id.in_(found) & (_FORETOLD.c.due_on >= work.today)
    told = {_Key(*row) for row in work.connection.execute(sa.select(*_KEY).where(mine))}
    news, near = {}, cache(partial(comes, today=work.today, calendar=work.calendar))
    for each in chosen:
        person_id = each.owner.person_id
        keys = [_key(person_id, one) for one in found[person_id] if near(one.due_on, each.lead_days)]
        news[person_id] = [key for key in keys if key not in told]
    return {person_id: keys for person_id, keys in news.items() if keys}


def _unmuted(work: Work, found: Mapping[int, list[Asked]]) -> dict[int, list[Asked]]:
    """Without what is about actions of which they want to hear no more, or not yet."""
    mine = _MUTE.c.person_id.in_(found) & (_MUTE.c.until.is_(None) | (_MUTE.c.until > work.today))
    muted = {(row.person_id, row.action_id) for row in work.connection.execute(sa.select(_MUTE.c.person_id, _MUTE.c.action_id).where(mine))}
    return {person_id: [one for one in asked if (person_id, one.due["action_id"]) not in muted] for person_id, asked in found.items()}


def _in_order(asked: Iterable[Asked]) -> list[Asked]:
    return sorted(asked, key=lambda one: (one.due_on, one.number, one.named))


def _write(work: Work, news: Mapping[int, Sequence[_Key]]) -> int:
    """One list a person and day, or what is new added to the one that has not left; returns how many are new.

    Whoever wants no reminders at all is told of nothing, and nothing is noted as told.
    """
    if not news:
        return 0
    lists = _lists_of(work, news)
    rows: list[dict[str, Any]] = [_list_for(work, person_id) for person_id in news if person_id not in lists]
    rows += in_own_rooms(work, rows)
    put_off(work, rows, None)
    leaving = [row for row in rows if row["state"] != SUPPRESSED]
    lists |= {row["person_id"]: row["details"]["list"] for row in leaving}
    _note(work, [(key, told_in) for person_id, keys in news.items() if (told_in := lists.get(person_id)) for key in keys])
    write_deliveries(work, leaving)
    return len({row["person_id"] for row in leaving})


def _lists_of(work: Work, persons: Iterable[int]) -> dict[int, str | None]:
    """The lists of these persons that have not left; None for whoever had theirs of the day, should the clock have gone back."""
    keys = {_once(work, person_id): person_id for person_id in persons}
    theirs = (_DELIVERY.c.message == OWN_DEADLINES) & _DELIVERY.c.person_id.in_(keys.values()) & (_DELIVERY.c.channel == MAIL)
    which = sa.or_(*(theirs & still for still in NOT_GONE), _DELIVERY.c.unique_key.in_(keys))
    query = sa.select(_DELIVERY.c.person_id, _DELIVERY.c.state, _DELIVERY.c.details).where(which)
    rows = work.connection.execute(query.order_by(_DELIVERY.c.id).with_for_update())
    found: dict[int, str | None] = {}
    for row in rows:
        found[row.person_id] = row.details["list"] if row.state in _OPEN else found.get(row.person_id)
    return found


def _note(work: Work, told: Sequence[tuple[_Key, str]]) -> None:
    rows = [{**key._asdict(), "convention": work.convention, "told_in": UUID(told_in)} for key, told_in in told]
    if rows:
        work.connection.execute(upsert_into(work.connection, _FORETOLD).on_conflict_do_nothing(), rows)


def _list_for(work: Work, person_id: int) -> dict[str, Any]:
    told = {"event_id": None, "stage": DELIVERIES, "message": OWN_DEADLINES, "because": Audience.AHEAD.value, "person_id": person_id}
    return new_delivery(work, **told, unique_key=_once(work, person_id), channel=MAIL, details={"list": str(work.ids())})


def _once(work: Work, person_id: int) -> str:
    """The key of the list of a person and day."""
    return f"{OWN_DEADLINES}:{person_id}:{work.today.isoformat()}"
