"""A bench on each database, and folders for processes that are killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.bench import Bench
from faults.telling_cases import OWN_ROOM, REFUSING
from memory import in_memory
from servers import Script, recording_chat, scripted_server

from services import stages


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Breaking off at every point takes long: PostgreSQL's turn is left to the slow tests."""
    for item in items:
        if item.path.name in ("test_every_point.py", "test_webhook_points.py") and "postgres" in item.keywords:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that others may enter: PostgreSQL does not run as root."""
    with in_memory() as folder:
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def steady(monkeypatch):
    """How many transactions a run makes does not depend on how fast it is."""
    monkeypatch.setattr(stages, "CHUNK_SECONDS", float("inf"))
    monkeypatch.setattr(stages, "DELIVERY_SECONDS", float("inf"))


@pytest.fixture
def bench(steady, desk, sink) -> Iterator[Bench]:  # noqa: ARG001  # sets the limits
    """A home at work, with a real mail server, that can be brought back to its beginning; once on each database."""
    with closing_at_the_end(Bench(desk, sink)) as bench:
        yield bench


@pytest.fixture
def light_bench(steady, light_desk, sink) -> Iterator[Bench]:  # noqa: ARG001  # sets the limits
    """The same as ``bench``, on SQLite only."""
    with closing_at_the_end(Bench(light_desk, sink)) as bench:
        yield bench


class _Refuses(Script):
    """It takes no mail for anybody."""

    async def answer(self, command, server):
        return "550 5.7.1 no" if command == "RCPT" else await super().answer(command, server)


@pytest.fixture
def elsewhere(monkeypatch) -> Iterator[list[tuple[str, object]]]:
    """What a chat server hears; there is a mail server besides that takes nothing."""
    with recording_chat() as chat, scripted_server(_Refuses()) as port:
        monkeypatch.setenv(OWN_ROOM, f"matrix://token@127.0.0.1:{chat.port}/!room:test.example")
        monkeypatch.setenv(REFUSING, f"smtp://127.0.0.1:{port}")
        yield chat.heard


@contextmanager
def closing_at_the_end(bench):
    yield bench
    bench.desk.app.close()
