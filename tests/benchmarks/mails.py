"""``mail.*`` and ``deliveries.*``: deliveries on their way out, against one kept connection of the standard library; and among very many that wait."""

import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from apprise import Apprise, NotifyFormat, NotifyType
from builders import CHARTER, CLERK, PEOPLE, settings_of

from benchmarks.harness import Benchmark, Line, Room, mid
from benchmarks.lives import Lives
from benchmarks.people import with_voters
from benchmarks.swallow import swallowing
from models.events import Stage
from models.lifecycle import Verb
from models.tables import Delivery, table
from services.bootstrap import App
from services.clock import new_id
from services.deliveries import deliver
from services.operations import install
from services.people import import_people
from services.stages import react_quietly

_MEMBERS, _REVIEWS = 100, 10
_MAILS = _MEMBERS * _REVIEWS
_APPRISE_MAILS, _ROUNDS = 60, 3
_BACKLOG, _WINDOW = 100_000, 40
"""Deliveries that wait, and batches of fifty that are sent of them."""
_DELIVERY = table(Delivery)
_SENDER, _READER = "convention@ville.example", "membre@ville.example"
_RATE = {"mail.rate": "mails/s", "mail.rate.full": "mails/s"}
_DRAIN = {"deliveries.drain": "mails/s", "deliveries.drain.memory": "MB"}


@contextmanager
def _home(folder: Path, port: int, members: int = _MEMBERS) -> Iterator[App]:
    """A home whose technical committee has many members, all asked for their opinion in several reviews, by mails that wait."""
    settings = settings_of(folder, PASSERELLE_SMTP_URL=f"smtp://127.0.0.1:{port}")
    app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
    import_people(app.db, with_voters("cotech", members).encode(), at=app.clock.wall())
    lives = Lives(app)
    for _ in range(_REVIEWS):
        number = lives.do(Verb.PROPOSE, None, CLERK, sheet=lives.sheet).number
        lives.do(Verb.OPEN_TECHNICAL_REVIEW, number, CLERK, body="cotech")
    react_quietly(app, Stage.COMMITTEE_REVIEW)
    with app.db.write() as connection:
        connection.execute(_DELIVERY.delete().where(_DELIVERY.c.message != "opinion-requested"))
    try:
        yield app
    finally:
        app.close()


def _waiting(app: App) -> int:
    """Let everything wait again; returns how many there are."""
    again = {"state": "ready", "attempts": 0, "settled_at": None, "code": None, "answer": None, "claimed_until": None}
    with app.db.write() as connection:
        return connection.execute(_DELIVERY.update().values(**again)).rowcount


def _timed(mails: int, send: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    send()
    return mails / (time.perf_counter() - begun)


def _ours(app: App) -> float:
    mails = _waiting(app)
    return _timed(mails, lambda: _all_sent(deliver(app, gate=lambda: None, stage=None, seconds=None)[0], mails))


def _all_sent(counts: dict[str, int], mails: int) -> None:
    if counts != {"sent": mails}:
        raise RuntimeError(f"{counts} of {mails}")


@contextmanager
def _prepared(mail: bytes) -> Iterator[None]:
    """Every delivery is this mail, made beforehand."""
    with patch("services.deliveries.send", lambda post, _row: post.gateway.send_mail(mail, _SENDER, _READER)):
        yield


def _a_mail(app: App) -> bytes:
    """One of the mails as it travels."""
    kept: list[bytes] = []

    def keep(_pool: Any, content: bytes, *_: str) -> None:
        kept.append(content)
        raise RuntimeError("kept")

    _waiting(app)
    gates = iter([None, "enough"])
    with patch("notifications.smtp.SmtpPool.send", keep):
        deliver(app, gate=lambda: next(gates), stage=None, seconds=None)
    return kept[0]


def _floor(port: int, mail: bytes, mails: int) -> float:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        return _timed(mails, lambda: [connection.sendmail(_SENDER, [_READER], mail) for _ in range(mails)])


def _apprise(port: int) -> float:
    """Apprise's own mail service, one object for each message, as each needs its own recipient and headers."""
    url = f"mailto://127.0.0.1:{port}?from={_SENDER}&to={_READER}&mode=insecure&format=html"

    def send() -> None:
        for number in range(_APPRISE_MAILS):
            way_out = Apprise()
            way_out.add(url)
            if way_out.notify("<p>Votre avis est attendu.</p>", f"Avis {number}", NotifyType.INFO, NotifyFormat.HTML) is not True:
                raise RuntimeError("Apprise did not send")

    return _timed(_APPRISE_MAILS, send)


def _rates(room: Room) -> Iterator[Line]:
    figures: dict[str, list[float]] = {name: [] for name in ("prepared", "full", "floor", "apprise")}
    with swallowing() as server, _home(room.folder / "rate", server.port) as app:
        mail = _a_mail(app)
        for order in range(_ROUNDS + 1):
            with _prepared(mail):
                taken = {"prepared": _ours(app)}
            taken |= {"full": _ours(app), "floor": _floor(server.port, mail, _MAILS), "apprise": _apprise(server.port)}
            room.tell(", ".join(f"{name} {speed:.0f}/s" for name, speed in taken.items()))
            for name, speed in taken.items() if order else ():  # caches fill first
                figures[name].append(speed)
    expected = (_ROUNDS + 1) * (3 * _MAILS + _APPRISE_MAILS)
    if server.taken != expected:
        raise RuntimeError(f"{server.taken} of {expected} mails arrived")
    floor, peers = mid(figures["floor"]), {"apprise_mailto": mid(figures["apprise"])}
    for name, ours in (("mail.rate", figures["prepared"]), ("mail.rate.full", figures["full"])):
        yield Line(name, mid(ours), "mails/s", floor, mid(ours) / floor, peers)


def _drain(room: Room) -> Iterator[Line]:
    """The same number of mails sent out of few and out of very many, in turns; the ratio is that of the speeds."""
    with swallowing() as server, _home(room.folder / "drain", server.port) as app:
        mail = _a_mail(app)
        few, many, sizes = [], [], [_resident()]
        for order in range(_ROUNDS + 1):
            with _prepared(mail):
                speeds = [_window(app, backlog) for backlog in (_WINDOW * 50, _BACKLOG)]
            room.tell(f"out of few {speeds[0]:.0f}/s, out of many {speeds[1]:.0f}/s")
            if order:
                few.append(speeds[0])
                many.append(speeds[1])
                sizes.append(_resident())
    yield Line("deliveries.drain", mid(many), "mails/s", mid(few), mid([far / near for far, near in zip(many, few, strict=True)]))
    yield Line("deliveries.drain.memory", (sizes[-1] - sizes[1]) / 1e6, "MB")


def _window(app: App, backlog: int) -> float:
    """How fast so many batches leave where so many deliveries wait."""
    _fill(app, backlog)
    passed = iter(range(_WINDOW + 1))
    return _timed(_WINDOW * 50, lambda: deliver(app, gate=lambda: "enough" if next(passed) == _WINDOW else None, stage=None, seconds=None))


def _fill(app: App, backlog: int) -> None:
    with app.db.write() as connection:
        connection.execute(_DELIVERY.delete().where(_DELIVERY.c.unique_key.startswith("copy:")))
        originals = [dict(row) for row in connection.execute(sa.select(_DELIVERY)).mappings()]
        connection.execute(_DELIVERY.update().values(state="sent"))
        copies = ({**originals[n % len(originals)], "id": new_id(), "unique_key": f"copy:{n}", "state": "ready"} for n in range(backlog))
        rest = {"attempts": 0, "settled_at": None, "code": None, "answer": None, "claimed_until": None}
        connection.execute(_DELIVERY.insert(), [row | rest for row in copies])


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


MAILS = [Benchmark(_RATE, 300, _rates), Benchmark(_DRAIN, 400, _drain)]
