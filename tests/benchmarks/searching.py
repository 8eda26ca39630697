"""``search.1m``: a page of results among a million actions; ``portal.search``, the same over HTTP; ``inbox.1m``, a desk among a million tasks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx
import sqlalchemy as sa
from builders import CHARTER, CLERK, CONVENTION, PEOPLE, settings_of

from benchmarks.bulk import copy_actions
from benchmarks.harness import Benchmark, Line, Room, percentile
from benchmarks.homes import postgres_database, postgres_home, tidy
from benchmarks.lives import Lives
from benchmarks.portal import asking, portal_at, signed_in, steadily
from benchmarks.shelves import LEXICON, shelve
from models.lifecycle import Verb
from models.tables import Person, Seat, table
from services.bootstrap import App
from services.desk import desk
from services.operations import install
from services.readers import OPERATOR
from services.search.find import Wanted, search
from services.timelapse.seeds import Random, seeded
from services.visitors import SeatHeld, Visitor

_MANY, _SHELVED = 1_000_000, 100_000
_SEARCHES, _DESKS = 200, 40
_PER_SECOND, _SECONDS = 20, 15
_SHARE = 0.95
_PERSON, _SEAT = table(Person), table(Seat)


def _asked(made: Random) -> Iterator[Wanted]:
    """What people look for, in turns: a word, two, a beginning, a number, filters, a further page, what is not to be there, two that follow one another.

    Words are drawn as often as texts use them, so that most searches ask for frequent ones.
    """
    often = [*accumulate(1 / (rank + 3) for rank in range(len(LEXICON)))]
    while True:
        one, two = made.choices(LEXICON, cum_weights=often, k=2)
        yield Wanted(f"{one} ")
        yield Wanted(f"{one} {two} ")
        yield Wanted(one[: max(len(one) - 2, 4)])
        yield Wanted(f"A-2026-{made.randrange(1000, _SHELVED)}")
        yield Wanted(f"{two} ", state="submitted", year="2026")
        yield Wanted(f"{one} ", page=made.randrange(2, 10))
        yield Wanted(f"{one} -{two} ")
        yield Wanted(f'"{LEXICON[made.randrange(20)]} {LEXICON[made.randrange(20)]}"')


def _milliseconds(app: App) -> float:
    """Each search once, as a secretary asks it; the first few only warm up."""
    taken = []
    for wanted in islice(_asked(seeded(2, "searches")), _SEARCHES + 8):
        begun = time.perf_counter()
        search(app, OPERATOR, CONVENTION, wanted, "fr")
        taken.append(1e3 * (time.perf_counter() - begun))
    return percentile(taken[8:], _SHARE)


@contextmanager
def _home(cache: Path, count: int) -> Iterator[App]:
    with TemporaryDirectory(prefix="shelves-", dir=cache) as folder:
        app, _ = install(settings_of(Path(folder) / "home"), kind="rehearsal", charter=CHARTER, people=PEOPLE)
        try:
            shelve(app, count)
            yield app
        finally:
            app.close()


def _search(room: Room) -> Iterator[Line]:
    with _home(room.cache, _MANY) as app:
        yield Line("search.1m", _milliseconds(app), "ms")


def _search_on_postgres(room: Room) -> Iterator[Line]:
    with postgres_database("search") as url, postgres_home(room.folder / "home", url) as app:
        shelve(app, _MANY)
        yield Line("search.1m.postgres", _milliseconds(app), "ms")


def _over_http(room: Room) -> Iterator[Line]:
    with (
        _home(room.cache, _SHELVED) as app,
        portal_at(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        signed_in(app, client)
        found = islice(_asked(seeded(3, "searches")), _PER_SECOND * _SECONDS)
        asks = [asking(client, f"/recherche?{urlencode(wanted.as_query())}") for wanted in found]
        yield Line("portal.search", percentile(steadily(asks), _SHARE), "ms")


def _inbox(room: Room) -> Iterator[Line]:
    with TemporaryDirectory(prefix="tasks-", dir=room.cache) as folder:
        app, _ = install(settings_of(Path(folder) / "home"), kind="rehearsal", charter=CHARTER, people=PEOPLE)
        try:
            room.tell(f"{_load_tasks(app)} tasks")
            visitors = _visitors(app)
            taken = [_taken(app, visitor) for visitor in islice(cycle(visitors), _DESKS * len(visitors))]
            for place, visitor in enumerate(visitors):
                room.tell(f"{visitor.seats[0].code}: {percentile(taken[place :: len(visitors)], _SHARE):.1f} ms")
            yield Line("inbox.1m", percentile(taken, _SHARE), "ms")
        finally:
            app.close()


def _load_tasks(app: App) -> int:
    """Open reviews in each of which another voter has answered; returns how many answers are awaited."""
    lives = Lives(app)
    voters = lives.voters["cotech"]
    for voter in voters:
        copy_actions(app, lambda voter=voter: _answered_by(lives, voter), -(-_MANY // (len(voters) - 1) // len(voters)))  # type: ignore[misc]  # bound at once
    tidy(app.db)
    with app.db.read() as connection:
        awaited = (
            "SELECT (SELECT sum(json_array_length(electorate)) FROM review WHERE closed_on IS NULL)"
            " - (SELECT count(*) FROM opinion JOIN review ON review.id = opinion.review_id WHERE closed_on IS NULL)"
        )
        return int(connection.exec_driver_sql(awaited).scalar_one())


def _answered_by(lives: Lives, voter: str) -> str:
    number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
    lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    lives.do(Verb.RECORD_OPINION, number, CLERK, body="cotech", voter=voter, opinion="favourable")
    return number


def _taken(app: App, visitor: Visitor) -> float:
    begun = time.perf_counter()
    desk(app, visitor)
    return 1e3 * (time.perf_counter() - begun)


def _visitors(app: App) -> list[Visitor]:
    """Everybody who votes in the technical committee, and its secretary."""
    query = sa.select(_PERSON, _SEAT.c.code.label("seat"), _SEAT.c.role).join(_SEAT, _SEAT.c.person_id == _PERSON.c.id)
    with app.db.read() as connection:
        rows = connection.execute(query.where(_SEAT.c.body == "cotech").order_by(_SEAT.c.code)).all()
    return [
        Visitor(row.id, row.code, row.name, "fr", CONVENTION, (SeatHeld(row.seat, "cotech", row.role),), b"", "", ("fr",), ())
        for row in rows
    ]


SEARCHING = [
    Benchmark({"search.1m": "ms"}, 900, _search),
    Benchmark({"search.1m.postgres": "ms"}, 2_400, _search_on_postgres, named="search.1m.postgres"),
    Benchmark({"portal.search": "ms"}, 300, _over_http),
    Benchmark({"inbox.1m": "ms"}, 600, _inbox),
]
