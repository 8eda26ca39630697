"""When the worker asks for runs: at its own pace, faster while it hears nothing of them, and at once when it is told of one."""

import asyncio
import selectors
from contextlib import asynccontextmanager, suppress

import pytest

from flows import pace
from flows.pace import Pace

SLOW, FAST, HURRY, AWAY = pace._POLL_SECONDS, pace._DEAF_POLL_SECONDS, pace._HURRY_SECONDS, pace._AWAY_SECONDS


class Swift(selectors.DefaultSelector):
    """Lets a loop's time pass at once whenever there is nothing to do."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0)


def swift_loop():
    selector = Swift()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now
    return loop


def soon(work):
    """Carry out a coroutine without waiting for what it waits for."""
    with asyncio.Runner(loop_factory=swift_loop) as runner:
        return runner.run(work)


def now():
    return asyncio.get_running_loop().time()


async def spans(mine, count):
    """How long each rest took."""
    taken = []
    for _ in range(count):
        begun = now()
        await mine.rest()
        taken.append(pytest.approx(now() - begun, abs=0.001))
    return taken


@asynccontextmanager
async def listening(mine):
    task = asyncio.create_task(mine.listen())
    await asyncio.sleep(0)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class Stream:
    """Prefect's event stream: what each attempt to hear it comes to, one after another; afterwards nobody answers.

    An attempt is a list of seconds after which something is told; the connection breaks at the end of the list, with an error if it says so.
    """

    def __init__(self, monkeypatch, *attempts):
        self._attempts = list(attempts)
        self.tried_at, self.asked = [], []
        monkeypatch.setattr(pace, "get_events_subscriber", self._subscriber)

    @asynccontextmanager
    async def _subscriber(self, **asked):
        self.tried_at.append(pytest.approx(now(), abs=0.01))
        self.asked.append(asked)
        if not self._attempts:
            raise ConnectionRefusedError
        yield self._events(self._attempts.pop(0))

    async def _events(self, seconds):
        for each in seconds:
            if isinstance(each, Exception):
                raise each
            await asyncio.sleep(each)
            yield "a run was scheduled"


FOR_EVER = 1e6


def test_a_worker_that_hears_nothing_asks_often():
    assert soon(spans(Pace(), 3)) == [FAST] * 3
    assert FAST < SLOW


def test_a_worker_that_hears_the_stream_asks_seldom(monkeypatch):
    Stream(monkeypatch, [FOR_EVER])

    async def hear():
        mine = Pace()
        async with listening(mine):
            return await spans(mine, 3)

    assert soon(hear()) == [SLOW] * 3


def test_it_hears_of_new_runs_only_and_begins_anew_by_itself(monkeypatch):
    stream = Stream(monkeypatch, [FOR_EVER])

    async def hear():
        async with listening(Pace()):
            pass

    soon(hear())
    (asked,) = stream.asked
    assert (asked["filter"].event.name, asked["reconnection_attempts"]) == (["prefect.flow-run.Scheduled"], 0)


def test_a_worker_that_is_told_of_a_run_asks_at_once_and_again_a_few_times_then_rests(monkeypatch):
    Stream(monkeypatch, [1.0, FOR_EVER])

    async def hear():
        mine = Pace()
        async with listening(mine):
            return await spans(mine, pace._HURRIES + 2)

    assert soon(hear()) == [1.0, *[HURRY] * pace._HURRIES, SLOW]


def test_what_is_told_while_the_worker_asks_is_not_forgotten(monkeypatch):
    Stream(monkeypatch, [1.0, FOR_EVER])

    async def ask_for_two_seconds():
        mine = Pace()
        async with listening(mine):
            await asyncio.sleep(2.0)
            return await spans(mine, 2)

    assert soon(ask_for_two_seconds()) == [0.0, HURRY]


@pytest.mark.parametrize("end", [[], [ConnectionResetError()], [OSError()]], ids=["it ends", "it breaks", "the network is gone"])
def test_a_worker_that_becomes_deaf_asks_often_until_it_hears_again(monkeypatch, end):
    """It is told at 4 s, then the stream is lost; the second attempt hears it again."""
    stream = Stream(monkeypatch, [4.0, *end], [FOR_EVER])

    async def hear():
        mine = Pace()
        async with listening(mine):
            return await spans(mine, 2 + pace._HURRIES + 4)

    heard, told, *rest = soon(hear())
    assert (heard, told) == (SLOW, 4.0 - SLOW)
    assert rest[: pace._HURRIES] == [HURRY] * pace._HURRIES
    assert rest[pace._HURRIES :] == [FAST, FAST, SLOW, SLOW]
    assert stream.tried_at == [0.0, 4.0 + AWAY]


def test_listening_outlives_a_prefect_that_does_not_answer(monkeypatch):
    stream = Stream(monkeypatch)

    async def hear():
        mine = Pace()
        async with listening(mine):
            return await spans(mine, 5)

    assert soon(hear()) == [FAST] * 5
    assert stream.tried_at == [0.0, AWAY, 2 * AWAY]
