"""A forecast in words, in the reader's language."""

from collections.abc import Iterator
from datetime import date

from models.assumptions import SHAPES, Act
from models.forecasts import Forecast, ForecastLine, Supposition
from notifications.catalogue import CHAT, Audience
from notifications.dates import short_date
from services.deadline_kinds import Kind
from services.wording import Wording

_NUMBERED = {Kind.MILESTONE.value: "forecast.on_milestone", Kind.RESERVATION.value: "forecast.on_reservation"}


def what(line: ForecastLine, words: Wording) -> str:
    """What the reader is asked for, or told."""
    named = words.labels("forecast").get(line.message) or words.labels("topic").get(line.topic or "") or line.message
    numbered = _NUMBERED.get(line.deadline or "")
    return words.say(numbered, what=named, number=line.subject) if numbered and line.subject else named


def who(line: ForecastLine, words: Wording) -> str:
    """Who reads it, by name and seat, and whether as a copy; a chat room as such."""
    name = words.label("audience", Audience.BODY_CHANNEL) if line.capacity in CHAT else line.name
    seated = words.say("forecast.with_seat", name=name, seat=line.seat) if line.seat else name
    return words.say("forecast.copied", name=seated) if line.copy else seated


def why(line: ForecastLine, words: Wording) -> str:
    """Which deadline it is about and which rung of its ladder, or what brought it about; then why it leaves later than it was written, if it does."""
    return " ; ".join(_whys(line, words)) if words.language == "fr" else "; ".join(_whys(line, words))


def _whys(line: ForecastLine, words: Wording) -> Iterator[str]:
    if line.deadline is not None and line.due_on is not None:
        told = {"deadline": words.labels("deadline").get(line.deadline, line.deadline), "day": short_date(line.due_on, words.language)}
        yield words.say("forecast.due_rung", **told, rung=line.rung) if line.rung else words.say("forecast.due", **told)
    elif line.rung:
        yield words.say("forecast.rung", rung=line.rung)
    elif line.cause is not None:
        yield words.say("forecast.after", cause=words.labels("topic").get(line.cause, line.cause))
    if line.waited is not None and line.since is not None:
        yield from _waited(line.waited, line.since, line.day, words)


def _waited(waited: str, since: date, day: date, words: Wording) -> Iterator[str]:
    """Why it leaves later, and on which day it would have; nothing where it is the same day but for a digest."""
    told = words.say(f"forecast.waited_{waited}")
    if since != day:
        yield words.say("forecast.written_on", waited=told, day=short_date(since, words.language))
    elif waited == "digest":
        yield told


def heading(found: Forecast, words: Wording) -> list[str]:
    """What the forecast is of, from when to when, and what it supposes."""
    days = {name: short_date(day, words.language) for name, day in (("first", found.first), ("until", found.until))}
    asked = (("action", found.wanted.action), ("person", found.wanted.person), ("body", found.wanted.body))
    return [
        words.say("forecast.heading", name=found.name, **days),
        *(words.say(f"forecast.of_{kind}", code=code) for kind, code in asked if code),
        words.say("forecast.assumed" if found.assumed else "forecast.nobody_acts"),
    ]


def supposed(each: Supposition, words: Wording) -> str:
    """An assumption as it was understood."""
    shape = SHAPES[Act(each.act)]
    kind = "period" if each.last else "moved" if shape.moves else "done"
    days = {"day": short_date(each.day, words.language), "last": short_date(each.last or each.day, words.language)}
    return words.say(f"forecast.supposed.{kind}", code=each.code, act=_act(each, words), **days)


def _act(each: Supposition, words: Wording) -> str:
    """The act with what it names, in brackets."""
    number = f"{each.number}\u00a0%" if each.act == Act.PROGRESS else words.say("forecast.supposed.number", number=each.number)
    named = filter(None, (words.labels("opinion").get(each.value or ""), each.who, number if each.number else None))
    return " ".join(filter(None, (words.label("supposed", each.act), ", ".join(named))))


def silences(found: Forecast, words: Wording) -> list[str]:
    """What the forecast keeps silent about, and why."""
    return [
        words.say("forecast.silent", action=each.action, body=each.body, day=short_date(each.since, words.language))
        for each in found.silences
    ]


def counts(found: Forecast, words: Wording) -> str:
    """How much there is of it."""
    return words.say("forecast.counts", **found.counts)
