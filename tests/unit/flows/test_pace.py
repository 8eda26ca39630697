"""When the worker asks for runs: at its own pace, and sooner when it is told of one."""

import asyncio
import time

import pytest

from flows import pace
from flows.pace import Pace

SHORT, LONG = 0.02, 0.3


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pace, "_POLL_SECONDS", LONG)
    monkeypatch.setattr(pace, "_HURRY_SECONDS", SHORT)


def rests(work):
    """How long each rest took, in a loop of its own."""

    async def timed():
        mine, spans = Pace(), []
        async for _ in work(mine):
            begun = time.monotonic()
            await mine.rest()
            spans.append(time.monotonic() - begun)
        return spans

    return asyncio.run(timed())


def test_a_worker_that_hears_nothing_asks_at_its_own_pace():
    async def silence(_pace):
        for _ in range(2):
            yield

    assert all(span >= LONG * 0.9 for span in rests(silence))


def test_a_worker_that_is_told_of_a_run_asks_at_once_and_again_a_few_times_then_rests():
    async def told_once(mine):
        mine._told.set()
        for _ in range(pace._HURRIES + 2):
            yield

    first, *hurried, last = rests(told_once)
    assert first < LONG * 0.5
    assert len(hurried) == pace._HURRIES
    assert all(SHORT * 0.9 <= span < LONG * 0.9 for span in hurried)
    assert last >= LONG * 0.9


def test_what_is_told_during_a_rest_ends_it():
    async def told_meanwhile(mine):
        asyncio.get_running_loop().call_later(SHORT, mine._told.set)
        yield

    [span] = rests(told_meanwhile)
    assert SHORT * 0.9 <= span < LONG * 0.9


def test_listening_outlives_a_prefect_that_does_not_answer(monkeypatch):
    tries = []

    def nobody(**_):
        tries.append(1)
        raise ConnectionRefusedError

    monkeypatch.setattr(pace, "get_events_subscriber", nobody)
    monkeypatch.setattr(pace, "_AWAY_SECONDS", SHORT)

    async def listen():
        async with asyncio.timeout(LONG):
            await Pace().listen()

    with pytest.raises(TimeoutError):
        asyncio.run(listen())
    assert len(tries) > 2
