"""``fanout.*``: one event that 5,000 persons are told of, and the digests that say it to them."""

import time
from collections.abc import Iterator
from unittest.mock import patch

import sqlalchemy as sa
from builders import CHARTER, CLERK, CONVENTION, PEOPLE, settings_of

from benchmarks.harness import Benchmark, Line, Room
from benchmarks.lives import Lives
from benchmarks.people import with_voters
from models.commands import COMMANDS, Actor, Via
from models.events import Stage
from models.lifecycle import Verb
from models.tables import Delivery, Person, Preference, table
from notifications.message import Receipt
from services.bootstrap import App
from services.clock import new_id
from services.deliveries import deliver
from services.dispatch import execute
from services.operations import install
from services.people import import_people
from services.stages import react_quietly

_PERSONS, _EVENTS = 5_000, 3
_DELIVERY, _PERSON, _PREFERENCE = table(Delivery), table(Person), table(Preference)
_NAMES = {"fanout.5000": "s", "fanout.5000.digests": "s"}


def _home(room: Room) -> Lives:
    app, _ = install(settings_of(room.folder / "home"), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    import_people(app.db, with_voters("cotech", _PERSONS).encode(), at=app.clock.wall())
    return Lives(app)


def _daily(app: App) -> None:
    """Everybody wants what can wait once a day."""
    chosen = {"convention": CONVENTION, "rhythm": "daily", "hour": 8, "weekday": 0, "days_off": False, "version": 1}
    with app.db.write() as connection:
        people = connection.execute(sa.select(_PERSON.c.id)).scalars().all()
        connection.execute(_PREFERENCE.insert(), [chosen | {"person_id": person, "changed_at": app.clock.wall()} for person in people])


def _reminded(lives: Lives) -> float:
    """Everybody is reminded of a review, after they were asked; returns how long it took to write what they are told of it."""
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    react_quietly(lives.app, Stage.COMMITTEE_REVIEW)
    told = {"body": "cotech", "occurred_on": lives.day, "key": str(new_id()), "actor": Actor(seat=None, via=Via.FLOW)}
    execute(lives.app, COMMANDS[Verb.REMIND_VOTERS](verb=Verb.REMIND_VOTERS, convention=CONVENTION, action=number, **told))
    begun = time.perf_counter()
    react_quietly(lives.app, Stage.COMMITTEE_REVIEW)
    return time.perf_counter() - begun


def _count(app: App, which: sa.ColumnElement[bool]) -> int:
    with app.db.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(_DELIVERY).where(which)).scalar_one())


def _measure(room: Room) -> Iterator[Line]:
    lives = _home(room)
    app = lives.app
    _daily(app)
    spans = [_reminded(lives) for _ in range(_EVENTS)]
    held = _count(app, _DELIVERY.c.state == "held")
    if held != _EVENTS * _PERSONS:
        raise RuntimeError(f"{held} messages wait")
    yield Line("fanout.5000", sorted(spans)[len(spans) // 2], "s")
    with app.db.write() as connection:
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.state == "ready").values(state="sent"))
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.state == "held").values(not_before=app.clock.now()))
    begun = time.perf_counter()
    with patch("notifications.smtp.SmtpPool.send", lambda *_: Receipt(250, "taken")):
        deliver(app, gate=lambda: None, stage=None, seconds=None)
    span = time.perf_counter() - begun
    if _count(app, (_DELIVERY.c.message == "digest") & (_DELIVERY.c.state == "sent")) != _PERSONS:
        raise RuntimeError("somebody has no digest")
    app.close()
    yield Line("fanout.5000.digests", span, "s")


FANOUT = [Benchmark(_NAMES, 300, _measure)]
