"""What people choose about the messages that can wait, and what they want no more of: read, changed, and carried over to what waits already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.errors import Conflict, Problem, Refused
from models.numbers import whole
from models.prepared import Prepared
from models.review.rules import Role
from models.tables import Action, Delivery, Event, Mute, Person, Preference, Wish, table
from models.telling.hours import Choice, Hours, Rhythm, Standing, next_digest
from notifications.channels import MAIL
from notifications.kinds import CHOSEN, KIND_OF, OPTIONAL, PATIENT, Kind
from services.bootstrap import App
from services.planning import CHAT, hours_in, place_of, planned, standings_of
from services.readers import Somebody, visible_to
from services.visitors import seats_of
from services.wakes import WAITING
from services.work import Work, open_work, upsert_into

_ACTION, _DELIVERY, _EVENT, _MUTE = table(Action), table(Delivery), table(Event), table(Mute)
_PERSON, _PREFERENCE, _WISH = table(Person), table(Preference), table(Wish)
_TITLE = _ACTION.c.sheet["title"].as_string()
_HOURS, _WEEKDAYS, _MOST = range(24), range(7), range(1, 101)
LEAD_DAYS = range(1, 21)
"""By how many working days people may choose to be told of their deadlines ahead."""
SNOOZES = (7, 30)
"""Days for which an action may be put off."""
Given = Mapping[str, str]


class Muted(NamedTuple):
    """An action of which somebody wants to hear no more, or not before ``until``."""

    number: str
    title: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody chose. ``version`` is 0 until they choose something: then the convention's hours hold.

    ``lead_days``: how many working days before their own deadlines they are told; None: not at all. ``wishes``: by kind and channel.
    ``next_digest``: when the next digest would leave. ``chats``: whether they have a room of their own.
    """

    hours: Hours
    lead_days: int | None
    wishes: Mapping[tuple[str, str], Choice]
    muted: Sequence[Muted]
    version: int
    next_digest: datetime
    chats: bool


def offered(kind: Kind, channel: str) -> tuple[Choice, ...]:
    """What may be chosen for a kind on a channel: nobody is spared what is mandatory, and what cannot wait is in no digest."""
    messages = {message for message, its in KIND_OF.items() if its is kind}
    if channel == CHAT:
        return (Choice.NOW, Choice.NEVER)
    digest = (Choice.DIGEST,) if messages & PATIENT else ()
    never = (Choice.NEVER,) if messages & OPTIONAL else ()
    return (Choice.NOW, *digest, *never) if digest or never else ()


def preferences_of(app: App, person_id: int) -> Preferences:
    """What somebody chose, or the convention for them."""
    with app.db.read() as connection:
        work = work_for(app, connection, person_id)
        row = connection.execute(sa.select(_PREFERENCE).where(_PREFERENCE.c.person_id == person_id)).first()
        hours = hours_in(row) if row else work.charter.telling.hours
        wishes = connection.execute(sa.select(_WISH).where(_WISH.c.person_id == person_id))
        chats = connection.execute(sa.select(_PERSON.c.channel).where(_PERSON.c.id == person_id)).scalar() is not None
        return Preferences(
            hours=hours,
            lead_days=row.lead_days if row else None,
            wishes={(wish.kind, wish.channel): Choice(wish.wish) for wish in wishes},
            muted=_muted(work, person_id),
            version=row.version if row else 0,
            next_digest=next_digest(Standing(hours), place_of(work)),
            chats=chats,
        )


def choose(app: App, person_id: int, given: Given, seen: int) -> None:
    """Write what somebody chose, and plan anew what waits for them.

    ``given``: ``rhythm``, ``hour``, ``weekday``, ``quiet_from``, ``quiet_until``, ``days_off``, ``at_most``, ``lead_days``, and ``<kind>.<channel>`` for
    each kind.
    Refuses, with every field, what is not offered; raises Conflict if the choices changed since ``seen``.
    """
    hours, lead_days = hours_from(given), _whole(given, "lead_days", LEAD_DAYS)
    with app.db.write() as connection:
        work = work_for(app, connection, person_id)
        _keep_hours(work, person_id, (hours, lead_days), seen)
        mine = _WISH.c.person_id == person_id
        connection.execute(_WISH.delete().where(mine))
        rows = [
            {"person_id": person_id, "convention": work.convention, "kind": kind, "channel": channel, "wish": given[f"{kind}.{channel}"]}
            for kind, channel in choices()
            if given.get(f"{kind}.{channel}")
        ]
        if rows:
            connection.execute(_WISH.insert(), rows)
        plan_anew(work, person_id)


def choices() -> list[tuple[Kind, str]]:
    """Every kind and channel for which something may be chosen."""
    return [(kind, channel) for kind in CHOSEN for channel in (MAIL, CHAT) if offered(kind, channel)]


def may_be_silenced(kind: Kind) -> bool:
    """Whether somebody may be spared the mails of a kind."""
    return Choice.NEVER in offered(kind, MAIL)


def silence(app: App, person_id: int, kind: Kind) -> None:
    """From now on somebody is spared the mails of a kind that are optional; what waits of it is not sent. Refuses a kind that is mandatory."""
    if not may_be_silenced(kind):
        raise Refused.because("kind_mandatory")
    with app.db.write() as connection:
        work = work_for(app, connection, person_id)
        values = {"person_id": person_id, "kind": kind, "channel": MAIL, "convention": work.convention, "wish": Choice.NEVER}
        insert = upsert_into(connection, _WISH).values(**values)
        connection.execute(insert.on_conflict_do_update(index_elements=["person_id", "kind", "channel"], set_={"wish": Choice.NEVER}))
        plan_anew(work, person_id)


def mute(app: App, person_id: int, action_id: int, until: date | None) -> None:
    """Somebody wants to hear no more of an action, or not before a day. Refuses a day that has come."""
    with app.db.write() as connection:
        work = work_for(app, connection, person_id)
        if until is not None and until <= work.today:
            raise Refused.because("snooze_too_short", "until")
        values = {"person_id": person_id, "action_id": action_id, "convention": work.convention, "until": until}
        insert = upsert_into(connection, _MUTE).values(**values)
        connection.execute(insert.on_conflict_do_update(index_elements=["person_id", "action_id"], set_={"until": until}))
        plan_anew(work, person_id)


def unmute(app: App, person_id: int, number: str) -> None:
    """Somebody wants to hear of an action again."""
    with app.db.write() as connection:
        work = work_for(app, connection, person_id)
        action = sa.select(_ACTION.c.id).where(_ACTION.c.convention == work.convention, _ACTION.c.number == number).scalar_subquery()
        connection.execute(_MUTE.delete().where(_MUTE.c.person_id == person_id, _MUTE.c.action_id == action))
        plan_anew(work, person_id)


def muted_by(app: App, convention: str, person_id: int, number: str) -> Muted | None:
    """Whether somebody has put an action off, which they may read, and until when."""
    with app.db.read() as connection:
        row = _MUTED.first(connection, person_=person_id, convention_=convention, number_=number)
    return Muted(*row) if row is not None else None


_MUTED = Prepared(
    sa.select(_ACTION.c.number, _TITLE, _MUTE.c.until)
    .join(_MUTE, _MUTE.c.action_id == _ACTION.c.id)
    .where(_MUTE.c.person_id == sa.bindparam("person_"))
    .where(_ACTION.c.convention == sa.bindparam("convention_"), _ACTION.c.number == sa.bindparam("number_"))
)


def plan_anew(work: Work, person_id: int) -> None:
    """Give everything that waits for somebody the hour that it has by what they chose now; what they want no more of is not sent."""
    waits = (_DELIVERY.c.person_id == person_id) & _DELIVERY.c.state.in_(WAITING) & _DELIVERY.c.folded_into.is_(None)
    query = sa.select(*(_DELIVERY.c[name] for name in ("id", "message", "channel")), _EVENT.c.action_id)
    mine = query.outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id).where(waits).with_for_update(of=_DELIVERY)
    rows = work.connection.execute(mine).all()
    standings = {action_id: standings_of(work, [person_id], action_id) for action_id in {row.action_id for row in rows}}
    for row in rows:
        standing = standings[row.action_id].to(person_id, row.message, row.channel)
        found = planned(row.message, standing, place_of(work, row.action_id))
        became: dict[str, Any] = {"state": found.state, "reason": found.reason, "not_before": found.at or work.now}
        if found.state == "ready":
            became |= {"state": "held"}  # told with whatever else waited, and at once
        if found.state == "suppressed":
            became |= {"settled_at": work.wall}
        work.connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == row.id).values(**became))


def work_for(app: App, connection: sa.Connection, person_id: int) -> Work:
    """Begin work for the convention of a person."""
    convention = connection.execute(sa.select(_PERSON.c.convention).where(_PERSON.c.id == person_id)).scalar_one()
    return open_work(app, connection, convention)


def _muted(work: Work, person_id: int) -> list[Muted]:
    """What somebody put off, as far as they may read it."""
    query = sa.select(_ACTION.c.number, _TITLE, _MUTE.c.until).join(_MUTE, _MUTE.c.action_id == _ACTION.c.id)
    mine = (_MUTE.c.person_id == person_id) & visible_to(_reader(work, person_id))
    return [Muted(*row) for row in work.connection.execute(query.where(mine).order_by(_ACTION.c.id))]


def _reader(work: Work, person_id: int) -> Somebody:
    """Somebody by the seats that they hold today."""
    code = work.connection.execute(sa.select(_PERSON.c.code).where(_PERSON.c.id == person_id)).scalar_one()
    seats = seats_of(work.connection, person_id, work.today)
    is_secretary = any(seat.role == Role.SECRETARY for seat in seats)
    return Somebody(code, is_secretary=is_secretary, seat_codes=frozenset(seat.code for seat in seats))


def _keep_hours(work: Work, person_id: int, chosen: tuple[Hours, int | None], seen: int) -> None:
    hours, lead_days = chosen
    known = sa.select(_PREFERENCE.c.version).where(_PREFERENCE.c.person_id == person_id).with_for_update()
    version = work.connection.execute(known).scalar() or 0
    if version != seen:
        raise Conflict(Problem("preferences_changed"))
    values: dict[str, Any] = {
        "convention": work.convention,
        "rhythm": hours.rhythm,
        "hour": hours.hour,
        "weekday": hours.weekday,
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
        "days_off": hours.days_off,
        "at_most": hours.at_most,
        "lead_days": lead_days,
        "version": version + 1,
        "changed_at": work.wall,
    }
    insert = upsert_into(work.connection, _PREFERENCE).values(person_id=person_id, **values)
    work.connection.execute(insert.on_conflict_do_update(index_elements=["person_id"], set_=values))


def hours_from(given: Given) -> Hours:
    """The hours that a form holds. Refuses, with every field, what is not offered."""
    problems = list(_problems(given))
    Refused.unless_empty(problems)
    return Hours(
        rhythm=Rhythm(given["rhythm"]),
        hour=int(given["hour"]),
        weekday=int(given["weekday"]),
        quiet_from=_whole(given, "quiet_from", _HOURS),
        quiet_until=_whole(given, "quiet_until", _HOURS),
        days_off=bool(given.get("days_off")),
        at_most=_whole(given, "at_most", _MOST),
    )


def _problems(given: Given) -> Iterator[Problem]:
    """Everything that cannot be chosen."""
    if given.get("rhythm") not in tuple(Rhythm):
        yield Problem("choice_not_offered", {}, "rhythm")
    for name, range_, empty in (
        ("hour", _HOURS, False),
        ("weekday", _WEEKDAYS, False),
        ("quiet_from", _HOURS, True),
        ("quiet_until", _HOURS, True),
        ("at_most", _MOST, True),
        ("lead_days", LEAD_DAYS, True),
    ):
        if not (empty and not given.get(name)) and _whole(given, name, range_) is None:
            yield Problem("number_not_offered", {"first": range_[0], "last": range_[-1]}, name)
    if bool(given.get("quiet_from")) != bool(given.get("quiet_until")) or (given.get("quiet_from") or "-") == given.get("quiet_until"):
        yield Problem("quiet_hours_half", {}, "quiet_until")
    known = {f"{kind}.{channel}": offered(kind, channel) for kind, channel in choices()}
    for name in (name for name in given if "." in name):
        if given[name] not in ("", *known.get(name, ())):
            yield Problem("choice_not_offered", {}, name)


def _whole(given: Given, name: str, offered_: range) -> int | None:
    number = whole(given.get(name, ""))
    return number if number in offered_ else None
