"""``portal.*``: the pages among 100,000 actions, 5,000 persons and a million events, asked twenty times a second."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice

import httpx
import sqlalchemy as sa
from builders import CLERK, CONVENTION, PEOPLE, provision, settings_of
from ports import free_ports

from benchmarks.crowds import crowd_of
from benchmarks.harness import Benchmark, Line, Room, percentile
from benchmarks.lives import Lives
from models.commands import Via
from models.events import Stage
from models.lifecycle import Verb
from models.tables import Delivery, Person, Seat, table
from services.bootstrap import App
from services.homes import environment_of
from services.links import address_of, secret_of
from services.people import import_people
from services.queries import show_action
from services.settings import Settings
from services.stages import react_quietly
from services.tokens import make
from services.visitors import ask_to_sign_in

_ACTIONS, _PERSONS, _REPORTS = 100_000, 5_000, 15
_PER_SECOND, _SECONDS, _AT_ONCE = 20, 15, 40
_ANSWERS = 300
_CLERK_MAIL = "secretariat.technique@ville.example"
_SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')
_DELIVERY = table(Delivery)
NAMES = {f"portal.{page}": "ms" for page in ("desk", "action", "list", "matrix", "answer", "api")}


def _people() -> bytes:
    """The placeholder persons, and observers up to so many."""
    lines = PEOPLE.read_text(encoding="utf-8").splitlines()
    for number in range(_PERSONS - len(lines) + 1):
        person = f"observateur-{number};Observateur {number};observateur.{number}@ville.example;fr"
        lines.append(f"{person};OBS-{number};gt-energie;observer;ville;1;2026-06-22;")
    return ("\n".join(lines) + "\n").encode()


@contextmanager
def portal_at(app: App) -> Iterator[str]:
    """The portal as ``passerelle run`` starts it; returns its address."""
    settings = settings_of(app.settings.home, None, **free_ports("PORTAL"))
    process = subprocess.Popen([sys.executable, "-m", "portal"], env=environment_of(settings, {}))
    try:
        _wait(settings)
        yield settings.base_url
    finally:
        process.terminate()
        process.wait(20)


def _wait(settings: Settings) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"{settings.base_url}/connexion", trust_env=False, timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the portal does not answer")


def signed_in(app: App, client: httpx.Client) -> None:
    delivery = ask_to_sign_in(app, _CLERK_MAIL)
    if delivery is None:
        raise RuntimeError("the secretary has no seat")
    path = _path(app, "sign-in", delivery)
    client.post(path, data={"seal": _seal(client)})


def _seal(client: httpx.Client) -> str:
    found = _SEAL.search(client.get("/connexion").text)
    if found is None:
        raise RuntimeError("the sign-in page has no form")
    return found[1]


def _path(app: App, message: str, delivery: object) -> str:
    address = address_of(secret_of(app.db), "", message, delivery)  # type: ignore[arg-type]  # a row's id
    return address or "/"


def steadily(asks: Sequence[Callable[[], int]]) -> list[float]:
    """Ask so often a second, whether or not the last answer has come; milliseconds from when each was due to its answer."""
    begun = time.perf_counter()

    def one(place: int) -> float:
        due = begun + place / _PER_SECOND
        time.sleep(max(due - time.perf_counter(), 0))
        status = asks[place]()
        if status not in (httpx.codes.OK, httpx.codes.SEE_OTHER):
            raise RuntimeError(f"the portal answered {status}")
        return 1e3 * (time.perf_counter() - due)

    with ThreadPoolExecutor(_AT_ONCE) as crowd:
        return list(crowd.map(one, range(len(asks))))


def _portal_pages(room: Room) -> Iterator[Line]:
    app = crowd_of(room.cache, _ACTIONS, _REPORTS).app
    import_people(app.db, _people(), at=app.clock.wall())
    links = _questions(app) if "portal.answer" in room.wanted else []
    with app.db.write() as connection:
        connection.exec_driver_sql("ANALYZE")
        numbers = connection.exec_driver_sql("SELECT number FROM action ORDER BY id DESC LIMIT 2000").scalars().all()
        events = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
    room.tell(f"{events} events")
    with portal_at(app) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        signed_in(app, client)
        pages = {
            "portal.desk": ["/bureau"],
            "portal.action": [f"/actions/{number}" for number in numbers],
            "portal.list": ["/actions", "/actions?page=7", "/actions?state=in_progress", "/actions?sort=number&page=40"],
            "portal.matrix": ["/reponses"],
        }
        for name, paths in pages.items():
            asks = [asking(client, path) for path in islice(cycle(paths), _PER_SECOND * _SECONDS)]
            yield Line(name, percentile(steadily(asks), 0.95), "ms")
        if links:
            seal = _seal(client)
            answers = [
                lambda path=path, seat=seat: client.post(path, data={"seal": seal, "seat": seat, "opinion": "favourable"}).status_code  # type: ignore[misc]  # as above
                for path, seat in links
            ]
            yield Line("portal.answer", percentile(steadily(answers), 0.95), "ms")
            _check(app, len(links))
        if "portal.api" in room.wanted:
            yield Line("portal.api", percentile(steadily(_programs(app, client, numbers)), 0.95), "ms")
            _check_opinions(app)


def asking(client: httpx.Client, path: str) -> Callable[[], int]:
    return lambda: client.get(path).status_code


def _questions(app: App) -> list[tuple[str, str]]:
    """Fresh reviews: the links of the mails that ask for an opinion, each with the seat that is asked."""
    lives = Lives(app)
    while True:
        number = lives.do(Verb.PROPOSE, None, CLERK, sheet=provision(7)).number
        lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
        for stage in Stage:
            react_quietly(app, stage)
        asked = sa.select(_DELIVERY.c.id, table(Seat).c.code).join(table(Person), table(Person).c.id == _DELIVERY.c.person_id)
        asked = asked.join(table(Seat), (table(Seat).c.person_id == table(Person).c.id) & (table(Seat).c.body == "cotech"))
        with app.db.read() as connection:
            rows = connection.execute(asked.where(_DELIVERY.c.message == "opinion-requested")).all()
        if len(rows) >= _ANSWERS:
            return [(_path(app, "opinion-requested", row.id), row.code) for row in rows[:_ANSWERS]]


def _programs(app: App, client: httpx.Client, numbers: Sequence[str]) -> list[Callable[[], int]]:
    """What programs ask: three reads, of actions, their logs and reviews and lists of them, then an opinion, and so on."""
    tokens, voting = _tokens(app), _to_answer(app)
    reads = cycle(("", "/events", "/reviews", "/explain"))
    lists = cycle(("/actions?state=in_progress&limit=100", "/decisions", "/deadlines"))
    asks: list[Callable[[], int]] = []
    for number in islice(cycle(numbers), _PER_SECOND * _SECONDS // 4):
        paths = (f"/actions/{number}{next(reads)}", f"/actions/{number}", next(lists))
        asks += [_reading(client, tokens[CLERK], path) for path in paths]
        asks.append(_voting(client, tokens, *next(voting)))
    return asks


def _reading(client: httpx.Client, token: str, path: str) -> Callable[[], int]:
    return lambda: client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}).status_code


def _voting(client: httpx.Client, tokens: Mapping[str, str], number: str, seat: str) -> Callable[[], int]:
    headers = {"Authorization": f"Bearer {tokens[seat]}", "Idempotency-Key": f"{number}-{seat}"}
    said = {"body": "cotech", "voter": seat, "opinion": "favourable"}
    return lambda: client.post(f"/api/v1/actions/{number}/record_opinion", headers=headers, json=said).status_code


def _tokens(app: App) -> dict[str, str]:
    """A token of everybody in the technical committee."""
    with app.db.read() as connection:
        held = connection.execute(sa.select(table(Seat).c.code, table(Seat).c.person_id).where(table(Seat).c.body == "cotech")).all()
    return {row.code: make(app, row.person_id, name=row.code, scopes=("read", "act"), days=1, via=Via.PORTAL).shown for row in held}


def _to_answer(app: App) -> Iterator[tuple[str, str]]:
    """Fresh reviews, and the seats that are asked in them."""
    lives = Lives(app)
    while True:
        number = lives.do(Verb.PROPOSE, None, CLERK, sheet=provision(7)).number
        lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
        for seat in show_action(app, number, convention=CONVENTION)["reviews"][0]["electorate"]:
            yield number, seat


def _check_opinions(app: App) -> None:
    with app.db.read() as connection:
        [given] = connection.exec_driver_sql("SELECT count(*) FROM event WHERE via = 'api'").one()
    if given != _PER_SECOND * _SECONDS // 4:
        raise RuntimeError(f"{given} opinions of programs were recorded")


def _check(app: App, answers: int) -> None:
    with app.db.read() as connection:
        [given] = connection.exec_driver_sql("SELECT count(*) FROM event WHERE via = 'mail-link'").one()
    if given != answers:
        raise RuntimeError(f"{given} of {answers} answers were recorded")


PORTAL = [Benchmark(NAMES, 600, _portal_pages)]
