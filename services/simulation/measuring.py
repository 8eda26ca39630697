"""Reading a home for what is told of it: who got how much, how long things took, what was late. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.charter import Charter
from models.lifecycle import State
from models.tables import Action, Event, Person, table
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.simulation.dues import Thing, bodies_silent, things_due
from services.simulation.figures import Day, Due, Figures, Load, Stay, Week, below, quarter_of, spread_of
from services.simulation.letters import Mail, mails_sent
from services.simulation.rungs import answers_to, rungs_climbed

_ACTION, _EVENT, _PERSON = table(Action), table(Event), table(Person)
_MANY = 6
"""So many mails a day, or more, are counted together."""
_BUSIEST = 15
_MIDWEEK = timedelta(days=3)
_SECONDS_A_DAY = 86_400
_ORDER = {str(state): place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the figures are about: the days that were lived, the seed, what people asked for in vain."""

    first: date
    last: date
    seed: int
    refused: Mapping[tuple[str, str], int]


def measure(app: App, asked: Asked) -> tuple[Figures, list[Mail]]:
    """The figures of a home, and the mails that they were taken from, in the order in which they left."""
    with app.db.read() as connection:
        charter = charter_in_force(connection, the_convention(connection))
        zone = ZoneInfo(charter.convention.timezone)
        mails = list(mails_sent(connection, zone))
        names = dict(connection.execute(sa.select(_PERSON.c.code, _PERSON.c.name).order_by(_PERSON.c.code)).tuples().all())
        events = _events(connection)
        things = list(things_due(connection))
        states = dict(connection.execute(sa.select(_ACTION.c.state, sa.func.count()).group_by(_ACTION.c.state)).tuples().all())
        silences = tuple(bodies_silent(connection, charter))
    figures = Figures(
        first=asked.first,
        last=asked.last,
        seed=asked.seed,
        charter=charter.convention.short,
        convention=charter.convention.code,
        cadence=_cadence(charter),
        persons=len(names),
        mails=len({mail.letter for mail in mails}),
        asks=sum(mail.asks for mail in mails),
        reminders=sum(mail.reminds for mail in mails),
        actions=dict(sorted(states.items())),
        weeks=tuple(_weeks(mails, asked, list(names))),
        loads=tuple(_loads(mails, names)),
        stays=tuple(_stays(events)),
        dues=tuple(_dues(things, asked)),
        silences=silences,
        rungs=tuple(rungs_climbed(mails, answers_to(events, things))),
        days=tuple(_days(mails)),
        refused={f"{verb}: {code}": number for (verb, code), number in sorted(asked.refused.items())},
    )
    return figures, mails


def _cadence(charter: Charter) -> dict[str, int]:
    """The numbers of the charter that set the pace."""
    paces = {name: value for name, value in charter.cadence.model_dump().items() if isinstance(value, int)}
    for body in charter.bodies:
        if body.rules is not None:
            paces[f"{body.code}.opinion_delay"] = body.rules.opinion_delay
            paces[f"{body.code}.reminder_days_before"] = body.rules.reminder_days_before or 0
    return paces


def _events(connection: sa.Connection) -> list[Any]:
    query = sa.select(
        _ACTION.c.number,
        *(_EVENT.c[name] for name in ("topic", "recorded_at", "before", "after", "body", "payload", "occurred_on", "actor")),
    ).join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    return list(connection.execute(query.order_by(_ACTION.c.number, _EVENT.c.seq)))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(mails: Sequence[Mail], asked: Asked, persons: Sequence[str]) -> Iterator[Week]:
    """Every week, those in which nobody was asked for anything too."""
    asking: dict[date, Counter[str]] = defaultdict(Counter)
    for mail in mails:
        if mail.asks:
            asking[_monday(mail.day)][mail.person] += 1
    monday = _monday(asked.first)
    while monday + _MIDWEEK <= asked.last:
        counts = asking[monday]
        each = [counts[person] for person in persons]
        busiest = max(sorted(counts), key=lambda person: counts[person], default="")
        yield Week(
            monday=monday,
            messages=sum(each),
            median=float(median(each)) if each else 0.0,
            p90=below(each, 0.9),
            most=counts[busiest],
            busiest=busiest,
        )
        monday += timedelta(days=7)


def _loads(mails: Sequence[Mail], names: Mapping[str, str]) -> list[Load]:
    """The persons who got most, the busiest first."""
    by_person: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        by_person[mail.person].append(mail)
    found = sorted(by_person.items(), key=lambda item: (-len(item[1]), item[0]))[:_BUSIEST]
    return [_load(person, names[person], theirs) for person, theirs in found]


def _load(person: str, name: str, mails: Sequence[Mail]) -> Load:
    weeks = Counter(_monday(mail.day) for mail in mails)
    monday, most = min(weeks.items(), key=lambda item: (-item[1], item[0]))
    asks, reminders = sum(mail.asks for mail in mails), sum(mail.reminds for mail in mails)
    return Load(person=person, name=name, mails=len(mails), asks=asks, reminders=reminders, most_in_a_week=most, monday=monday)


def _stays(events: Sequence[Any]) -> list[Stay]:
    """How long actions stayed in each state, in the order of the lifecycle."""
    stays: dict[str, list[float]] = {}
    still: Counter[str] = Counter()
    begun: dict[str, tuple[str, datetime]] = {}
    for event in events:
        known = begun.get(event.number)
        if known is not None and known[0] != event.after:
            stays.setdefault(known[0], []).append((event.recorded_at - known[1]).total_seconds() / _SECONDS_A_DAY)
        if known is None or known[0] != event.after:
            begun[event.number] = (event.after, event.recorded_at)
    still.update(state for state, _ in begun.values())
    return [
        Stay(state=state, days=spread_of(days), still=still[state])
        for state, days in sorted(stays.items(), key=lambda item: _ORDER[item[0]])
    ]


def _dues(things: Sequence[Thing], asked: Asked) -> list[Due]:
    """What fell due within the time that was lived, by kind and quarter."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for thing in things:
        if thing.due_on < asked.last:
            counted[thing.kind, quarter_of(thing.due_on)][thing.fate] += 1
    return [
        Due(kind=kind, quarter=quarter, due=fates.total(), in_time=fates["in_time"], late=fates["late"])
        for (kind, quarter), fates in sorted(counted.items())
    ]


def _days(mails: Sequence[Mail]) -> list[Day]:
    """On how many days persons got one mail, two, ...: a digest is one."""
    letters = {(mail.person, mail.day, mail.letter) for mail in mails}
    each = Counter(Counter((person, day) for person, day, _ in letters).values())
    beyond = sum(days for number, days in each.items() if number >= _MANY)
    return [Day(mails=number, days=each[number]) for number in range(1, _MANY)] + [Day(mails=_MANY, days=beyond)]
