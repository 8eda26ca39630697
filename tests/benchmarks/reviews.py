"""``review.*``: closing a review of very many seats, and who has not answered in very many reviews."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from builders import CHARTER, CLERK, CONVENTION, PEOPLE, settings_of
from sqlalchemy import insert, select

from benchmarks.harness import Benchmark, Line, Room
from benchmarks.lives import Lives
from benchmarks.people import with_voters
from models.lifecycle import Verb
from models.tables import Delivery, Event, Opinion, Review, table
from services.bootstrap import App
from services.clock import new_id
from services.matrix import matrices
from services.operations import install
from services.people import import_people

_SEATS, _REVIEWS, _MEMBERS = 5_000, 200, 100
_TIMES = 9
NAMES = {"review.close.5000": "ms", "review.matrix": "ms"}
_OPINION, _REVIEW, _EVENT, _DELIVERY = table(Opinion), table(Review), table(Event), table(Delivery)


def _home(folder: Path, members: int) -> Lives:
    """A home whose technical committee has so many voting seats."""
    app, _ = install(settings_of(folder), kind="rehearsal", charter=CHARTER, people=PEOPLE)
    import_people(app.db, with_voters("cotech", members).encode(), at=app.clock.wall())
    return Lives(app)


def _asked(lives: Lives) -> str:
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    return number


def _answered(app: App, review: int, seats: list[str]) -> None:
    """Everybody has answered: the rows as the one door leaves them, written at once."""
    with app.db.write() as connection:
        event, day = connection.execute(select(_EVENT.c.id, _EVENT.c.occurred_on).limit(1)).one()
        said = {"review_id": review, "value": "favourable", "given_on": day, "event_id": event, "superseded": False}
        connection.execute(insert(_OPINION), [said | {"seat": seat} for seat in seats])


def _closings(room: Room) -> Iterator[Line]:
    lives, spans = _home(room.folder / "closing", _SEATS), []
    for _ in range(_TIMES):
        number = _asked(lives)
        with lives.app.db.read() as connection:
            review = connection.execute(select(_REVIEW).order_by(_REVIEW.c.id.desc()).limit(1)).one()
        _answered(lives.app, review.id, review.electorate)
        begun = time.perf_counter()
        lives.do(Verb.CLOSE_REVIEW, number, CLERK, body="cotech")
        spans.append(1000 * (time.perf_counter() - begun))
    lives.app.close()
    yield Line("review.close.5000", statistics.median(spans), "ms")


def _matrix(room: Room) -> Iterator[Line]:
    lives, spans = _home(room.folder / "matrix", _MEMBERS), []
    for _ in range(_REVIEWS):
        _asked(lives)
    _told(lives.app)
    for _ in range(_TIMES):
        begun = time.perf_counter()
        [found] = matrices(lives.app, CONVENTION, ["cotech"], at_most=_REVIEWS)
        awaited = sum(member.awaited for member in found.members)
        spans.append(1000 * (time.perf_counter() - begun))
    if awaited != _REVIEWS * _MEMBERS:
        raise RuntimeError(f"{awaited} answers are awaited")
    lives.app.close()
    yield Line("review.matrix", statistics.median(spans), "ms")


def _told(app: App) -> None:
    """Everybody was asked by a mail that left."""
    with app.db.write() as connection:
        asked = connection.execute(select(_EVENT).where(_EVENT.c.topic == "review.opened")).all()
        people = (
            connection.exec_driver_sql("SELECT person_id FROM seat WHERE body = 'cotech' AND role IN ('member', 'chair')").scalars().all()
        )
        rows = [_mail(event, person) for event in asked for person in people]
        connection.execute(insert(_DELIVERY), rows)
        connection.exec_driver_sql("ANALYZE")


def _mail(event: object, person: int) -> dict[str, object]:
    named = {"id": new_id(), "unique_key": f"{event.id}:{person}", "event_id": event.id, "person_id": person}  # type: ignore[attr-defined]  # a row
    moment = event.recorded_at  # type: ignore[attr-defined]  # as above
    told = {"stage": "committee-review", "message": "opinion-requested", "because": "voter", "channel": "mail", "details": {}}
    return (
        named | told | {"convention": event.convention, "state": "sent", "created_at": moment, "not_before": moment, "settled_at": moment}
    )  # type: ignore[attr-defined]  # as above


def _measure(room: Room) -> Iterator[Line]:
    if "review.close.5000" in room.wanted:
        yield from _closings(room)
    if "review.matrix" in room.wanted:
        yield from _matrix(room)


REVIEWS = [Benchmark(NAMES, 180, _measure)]
