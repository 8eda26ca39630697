"""``latency.*``: from the commit of one command to Prefect's subscribers and to the mail's file, on the embedded default at rest."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from builders import CLERK, PILOT, provision
from websockets.sync.client import connect

from benchmarks.harness import Benchmark, Line, Room, percentile
from benchmarks.lives import Lives
from benchmarks.system import Running, own_settings, running, wait_until
from models.lifecycle import Verb
from services.prefect_env import read_secret

_SAMPLES = 100
_SAMPLE_SECONDS = 30.0
_LOOK_SECONDS = 0.002
_GOLDEN = 0.618033988749895


@dataclass
class Heard:
    """When each event of ours reached a subscriber of Prefect's event stream."""

    at: dict[str, float] = field(default_factory=dict)

    def event(self, event_id: UUID) -> float | None:
        return self.at.get(str(event_id))


@contextmanager
def _subscribed(system: Running) -> Iterator[Heard]:
    """Listen to Prefect's own event stream, as any client of it would: what is heard there has been taken and passed on by the server."""
    heard, settings = Heard(), system.app.settings
    url = f"ws://127.0.0.1:{settings.prefect_port}/api/events/out"
    with connect(url, subprotocols=["prefect"], proxy=None, ping_interval=None) as socket:  # type: ignore[list-item]  # a NewType of str
        socket.send(json.dumps({"type": "auth", "token": read_secret(settings.prefect_auth)}))
        answer = json.loads(socket.recv())
        if answer["type"] != "auth_success":
            raise PermissionError(str(answer))
        now = system.app.clock.wall()
        span = {"since": now.isoformat(), "until": (now + timedelta(days=1)).isoformat()}
        wanted = {"event": {"prefix": ["passerelle."]}, "occurred": span}
        socket.send(json.dumps({"type": "filter", "filter": wanted, "backfill": False}))

        def listen() -> None:
            for message in socket:
                heard.at.setdefault(json.loads(message)["event"]["id"], time.perf_counter())

        thread = threading.Thread(target=listen, name="events", daemon=True)
        thread.start()
        time.sleep(1.0)  # the server subscribes after it has read the filter, and does not say so
        yield heard
    thread.join(5)


def _measure(room: Room) -> Iterator[Line]:
    with running(own_settings(room.folder / "home")) as system, _subscribed(system) as heard:
        samples = list(_samples(room, system, heard))
    for name, figures in zip(("commit_to_prefect", "commit_to_mail"), zip(*samples, strict=True), strict=True):
        for label, share in (("p50", 0.5), ("p95", 0.95)):
            yield Line(f"latency.{name}.{label}", 1e3 * percentile(list(figures), share), "ms")


def _samples(room: Room, system: Running, heard: Heard) -> Iterator[tuple[float, float]]:
    """One command at a time, its mail awaited, then rest of a length that follows no other rhythm."""
    lives = Lives(system.app)
    sheet = provision(7)
    given = {"sheet": sheet, "reference": "CM-2026-12", "reason": "Reprise de l'existant"}
    number = lives.do(Verb.REGISTER_UNDER_WAY, None, CLERK, **given).number
    for order in range(_SAMPLES + 1):
        wait_until(system.at_rest, _SAMPLE_SECONDS, 0.3)
        time.sleep(0.3 + order * _GOLDEN % 1.0)
        before = system.mails()
        outcome = lives.do(Verb.REPORT_PROGRESS, number, PILOT, percent=order % 100, summary="Avancement conforme au calendrier.")
        committed = time.perf_counter()
        wait_until(lambda before=before: system.mails() > before, _SAMPLE_SECONDS, _LOOK_SECONDS)  # type: ignore[misc]
        mailed = time.perf_counter() - committed
        wait_until(lambda: heard.event(outcome.event), _SAMPLE_SECONDS, _LOOK_SECONDS)  # noqa: B023  # called at once
        told = (heard.event(outcome.event) or committed) - committed
        if order:
            room.tell(f"Prefect {1e3 * told:.0f} ms, mail {1e3 * mailed:.0f} ms")
            yield told, mailed
        if system.mails() != before + 1:
            raise RuntimeError(f"{system.mails() - before} mails where one was expected")


LATENCY = [
    Benchmark(
        {f"latency.{name}.{label}": "ms" for name in ("commit_to_prefect", "commit_to_mail") for label in ("p50", "p95")}, 600, _measure
    )
]
