"""From what people chose to the state and hour of each of their messages: a few questions for all of them, however many they are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.prepared import PreparedAmong
from models.tables import Absence, Delivery, Mute, Person, Preference, Wish, table
from models.telling.hours import Choice, Hours, Place, Planned, Rhythm, Standing, plan, plan_alone
from notifications.channels import MAIL
from notifications.kinds import ALONE, CHOSEN, KIND_OF, OPTIONAL, PATIENT
from services.work import Work

_ABSENCE, _DELIVERY, _MUTE = table(Absence), table(Delivery), table(Mute)
_PERSON, _PREFERENCE, _WISH = table(Person), table(Preference), table(Wish)
CHAT = "chat"
"""What people call every channel that is not mail; that of a delivery is a reference to a room."""
_LEFT = ("ready", "sending", "retrying", "uncertain", "sent")
_PLANNED = OPTIONAL | PATIENT | ALONE
Rows = Sequence[dict[str, Any]]


def put_off(work: Work, rows: Rows, action_id: int | None) -> None:
    """Give each message about an action (None: about several) that a person may be spared, or that can wait, its state, its hour and the reason; others leave at once."""
    concerned = [row for row in rows if row["person_id"] is not None and row["state"] == "ready" and row["message"] in _PLANNED]
    if not concerned:
        return
    standings = standings_of(work, {row["person_id"] for row in concerned}, action_id)
    here = place_of(work, action_id)
    for row in concerned:
        found = planned(row["message"], standings.to(row["person_id"], row["message"], row["channel"]), here)
        settled = {"settled_at": work.wall} if found.state == "suppressed" else {}
        row.update(state=found.state, reason=found.reason, **({"not_before": found.at} if found.at else {}), **settled)
        standings.count(row["person_id"], found.state)


def planned(message: str, standing: Standing, here: Place) -> Planned:
    """What becomes of a message to somebody who stands to it so."""
    if message in ALONE:
        return plan_alone(standing, here)
    return plan(standing, here, optional=message in OPTIONAL, patient=message in PATIENT)


def in_own_rooms(work: Work, rows: Rows) -> Rows:
    """The same messages once more, for those who want them in a chat room of their own as well."""
    offered = [row for row in rows if row["person_id"] is not None and row["state"] == "ready" and KIND_OF[row["message"]] in CHOSEN]
    if not offered:
        return []
    wishes = _ROOMS.all(work.connection, {row["person_id"] for row in offered})
    rooms = {(wish.person_id, wish.kind): wish.channel for wish in wishes}
    return [
        row | {"id": work.ids(), "channel": room, "unique_key": f"{row['unique_key']}:{CHAT}"}
        for row in offered
        if (room := rooms.get((row["person_id"], KIND_OF[row["message"]])))
    ]


_WANTED = (_WISH.c.channel == CHAT) & (_WISH.c.wish == Choice.NOW) & _PERSON.c.channel.is_not(None)
_WITH_ROOM = sa.select(_WISH.c.person_id, _WISH.c.kind, _PERSON.c.channel).join(_PERSON, _PERSON.c.id == _WISH.c.person_id)
_ROOMS = PreparedAmong(_WITH_ROOM.where(_WANTED), _WISH.c.person_id)


def place_of(work: Work, action_id: int | None = None) -> Place:
    """Where and when messages are planned; those about no single action tell of no act that may yet be undone."""
    window = 0 if action_id is None else work.charter.telling.window_minutes
    return Place(work.now, work.timezone, work.calendar, window)


@dataclass
class Standings:
    """How several persons stand to the messages about one action."""

    hours: Mapping[int, Hours]
    usual: Hours
    choices: Mapping[tuple[int, str, str], str]
    told: dict[int, int]
    away: Mapping[int, tuple[tuple[date, date], ...]]
    muted: Mapping[int, date | None]

    def to(self, person: int, message: str, channel: str) -> Standing:
        """How one of them stands to one message."""
        chosen = self.choices.get((person, KIND_OF[message], MAIL if channel == MAIL else CHAT))
        return Standing(
            hours=self.hours.get(person, self.usual),
            choice=Choice(chosen) if chosen else None,
            told_today=self.told.get(person, 0),
            away=self.away.get(person, ()),
            muted=person in self.muted and self.muted[person] is None,
            snoozed_until=self.muted.get(person),
        )

    def count(self, person: int, state: str) -> None:
        """One more message has left for a person, if it is one that leaves."""
        if state == "ready":
            self.told[person] = self.told.get(person, 0) + 1


def standings_of(work: Work, persons: Collection[int], action_id: int | None) -> Standings:
    """What these persons chose, who of them is away, and how many messages each had today where that matters."""
    theirs = list(persons)
    usual = work.charter.telling.hours
    hours = {row.person_id: hours_in(row) for row in _PREFERENCES.all(work.connection, theirs)}
    limited = [person for person in theirs if hours.get(person, usual).at_most is not None]
    muted = _MUTES.all(work.connection, theirs, action_=action_id)
    return Standings(
        hours=hours,
        usual=usual,
        choices={(row.person_id, row.kind, row.channel): row.wish for row in _WISHES.all(work.connection, theirs)},
        told=told_today(work, limited) if limited else {},
        away=_absences(work, theirs),
        muted={row.person_id: row.until for row in muted},
    )


def hours_in(row: Any) -> Hours:
    """The hours that a person's row of preferences holds."""
    return Hours(Rhythm(row.rhythm), row.hour, row.weekday, row.quiet_from, row.quiet_until, row.days_off, row.at_most)


_PREFERENCES, _WISHES = (PreparedAmong(sa.select(rows), rows.c.person_id) for rows in (_PREFERENCE, _WISH))
_MUTES = PreparedAmong(sa.select(_MUTE).where(_MUTE.c.action_id == sa.bindparam("action_")), _MUTE.c.person_id)
_TO_COME = (_ABSENCE.c.convention == sa.bindparam("convention_")) & (_ABSENCE.c.ends_on >= sa.bindparam("day_"))
_AWAY = PreparedAmong(sa.select(_ABSENCE).where(_TO_COME).order_by(_ABSENCE.c.starts_on), _ABSENCE.c.person_id)


def _absences(work: Work, persons: list[int]) -> dict[int, tuple[tuple[date, date], ...]]:
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in _AWAY.all(work.connection, persons, convention_=work.convention, day_=work.today):
        found[row.person_id].append((row.starts_on, row.ends_on))
    return {person: tuple(days) for person, days in found.items()}


def told_today(work: Work, persons: list[int]) -> dict[int, int]:
    """Messages that left for each since midnight, or are leaving; a digest is one, whatever it holds."""
    zone = ZoneInfo(work.timezone)
    midnight: datetime = datetime.combine(work.wall.astimezone(zone).date(), time(), zone).astimezone(UTC)
    mine = _DELIVERY.c.person_id.in_(persons) & (_DELIVERY.c.created_at >= midnight) & _DELIVERY.c.state.in_(_LEFT)
    query = sa.select(_DELIVERY.c.person_id, sa.func.count()).where(mine, _DELIVERY.c.folded_into.is_(None))
    return {row[0]: row[1] for row in work.connection.execute(query.group_by(_DELIVERY.c.person_id))}
