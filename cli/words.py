"""The sentences of this command, in the language of the installation."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from models.errors import Problem
from notifications.dates import clock_time, short_date
from services.explanations import word
from services.wording import Wording, pick_language


@cache
def wording() -> Wording:
    """The catalogue in the language that ``PASSERELLE_LANGUAGE`` asks for. Refuses a language that is not offered."""
    return Wording(pick_language(os.environ))


def say(code: str, /, **params: str | int) -> str:
    """The sentence of a code."""
    return wording().say(code, **params)


def say_problem(problem: Problem) -> str:
    """What stands in the way, as a sentence; days as a reader writes them."""
    return word(wording(), problem)


def say_day(day: date) -> str:
    """A day as a reader writes it."""
    return short_date(day, wording().language)


_ZONE: ContextVar[ZoneInfo | None] = ContextVar("zone", default=None)


@contextmanager
def moments_of(timezone: str) -> Iterator[None]:
    """Meanwhile moments are told as people of this time zone say them, whatever this machine's clock."""
    token = _ZONE.set(ZoneInfo(timezone))
    try:
        yield
    finally:
        _ZONE.reset(token)


def say_time(time: str) -> str:
    """An hour of the day, given as "14:30", as a reader writes it."""
    return clock_time(time, wording().language)


def say_moment(moment: datetime) -> str:
    """A moment as a reader writes it: in the zone of ``moments_of``, else on this machine's clock."""
    local = moment.astimezone(_ZONE.get())
    return say("cli.moment", day=say_day(local.date()), time=say_time(f"{local:%H:%M}"))


def label(kind: str, code: object) -> str:
    """The name of a code of a closed vocabulary; an unknown or absent one is shown as it is."""
    return wording().labels(kind).get(str(code), "" if code is None else str(code))
