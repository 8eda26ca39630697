"""A convention at work, with people who wish to be told in their own ways, and the real thing, hour by hour, to hold a forecast against."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from builders import TODAY, Desk, provision
from sqlmodel import SQLModel

from models.forecasts import Forecast
from models.tables import Absence, Action, Delivery, Event, Mute, Person, Preference, Seat, Wish, table
from services.stages import run_deliveries, run_stage
from services.wakes import DELIVERIES, STAGES, work

PARIS = ZoneInfo("Europe/Paris")
_DELIVERY, _EVENT, _ACTION, _PERSON = table(Delivery), table(Event), table(Action), table(Person)
Told = tuple[date, str, str, str, str]
"""Day, hour, person, action and message."""


@dataclass
class Life:
    """The real services as they run: every stage that has something to do, each hour, sending to a real mail server."""

    desk: Desk

    def quieten(self) -> None:
        """Send everything that waits to be sent now."""
        self._hour()

    def until(self, last: date, acts: dict[date, Callable[[], object]] | None = None) -> list[Told]:
        """Let time pass to the end of a day, with what people do at noon of theirs; returns every message that left, as its reader got it."""
        watch, began = self.desk.watch, self.desk.watch.moment
        end = datetime.combine(last + timedelta(days=1), time(), PARIS).astimezone(UTC)
        while watch.moment < end:
            local = watch.moment.astimezone(PARIS)
            if acts and local.hour == 12 and (act := acts.get(local.date())):
                act()
            self._hour()
            watch.moment = datetime.combine(watch.moment.date(), time(watch.moment.hour), UTC) + timedelta(hours=1)
        return self.sent(began)

    def sent(self, since: datetime) -> list[Told]:
        query = (
            sa.select(_DELIVERY.c.settled_at, _PERSON.c.code, _ACTION.c.number, _DELIVERY.c.message)
            .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
            .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
            .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
            .where(_DELIVERY.c.state == "sent", _DELIVERY.c.settled_at >= since)
        )
        with self.desk.app.db.read() as connection:
            rows = connection.execute(query).all()
        ahead = self.desk.app.clock.now() - self.desk.app.clock.wall()
        local = [(row, (row.settled_at + ahead).astimezone(PARIS)) for row in rows]
        return sorted((at.date(), f"{at:%H:%M}", row.code, row.number, row.message) for row, at in local)

    def _hour(self) -> None:
        app = self.desk.app
        while due := work(app.db, app.clock.now(), app.clock.wall()):
            for stage in STAGES:
                if stage == DELIVERIES and stage in due:
                    run_deliveries(app, holder="test", gate=lambda: None)
                elif stage in due:
                    run_stage(app, stage, holder="test", gate=lambda: None)


def foretold(found: Forecast) -> list[Told]:
    """The same of a forecast."""
    return sorted((line.day, line.time, line.person or "", line.about, line.message) for line in found.lines)


def everything(desk: Desk) -> dict[str, list[str]]:
    """Every row of every table."""
    with desk.app.db.read() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(rows))) for name, rows in SQLModel.metadata.tables.items()
        }


def person_of(desk: Desk, seat: str) -> int:
    return desk.rows(Seat, code=seat)[0].person_id


def insert(desk: Desk, kind: type[SQLModel], /, **values: object) -> None:
    with desk.app.db.write() as connection:
        connection.execute(table(kind).insert().values(convention="vda-lille", **values))


def prefers(desk: Desk, seat: str, **chosen: object) -> None:
    usual = {"rhythm": "at_once", "hour": 8, "weekday": 0, "days_off": False, "version": 1, "changed_at": desk.app.clock.now()}
    insert(desk, Preference, person_id=person_of(desk, seat), **usual | chosen)


def with_choices(desk: Desk) -> None:
    """People who want digests, quiet hours, days off, few messages, none of a kind, none of an action; and one who is away."""
    prefers(desk, "COTECH-01", rhythm="daily", hour=17)
    prefers(desk, "COTECH-02", rhythm="weekly", hour=9, weekday=3)
    prefers(desk, "COTECH-03", quiet_from=18, quiet_until=10)
    prefers(desk, "COTECH-04", days_off=True, quiet_from=20, quiet_until=7)
    prefers(desk, "COPIL-02", at_most=1)
    insert(desk, Wish, person_id=person_of(desk, "COTECH-05"), kind="reminders", channel="mail", wish="never")
    insert(desk, Mute, person_id=person_of(desk, "COTECH-06"), action_id=desk.action("A-2026-001").id, until=TODAY + timedelta(days=24))
    away = {"starts_on": TODAY + timedelta(days=8), "ends_on": TODAY + timedelta(days=20)}
    insert(desk, Absence, person_id=person_of(desk, "COTECH-07"), deputy_id=None, **away)
    insert(desk, Absence, person_id=person_of(desk, "GT-INCLUSION-06"), deputy_id=None, **away)


def at_work(desk: Desk) -> None:
    """Actions in every part of their life: examined by groups and both committees, under reservations, under way, and asked for their final report."""
    milestones = [{"title": "Un", "due_on": TODAY + timedelta(days=40)}, {"title": "Deux", "due_on": TODAY + timedelta(days=75)}]
    sheet = provision().model_dump() | {"milestones": milestones, "starts_on": TODAY}
    desk.to_technical(provision(1))
    desk.to_work(type(provision()).model_validate(sheet))
    desk.to_final_report()
    desk.reserving("COTECH-04", "COTECH-05")
    desk.to_steering()
