"""A simulation from its first to its last day: a scratch home in a folder of its own, lived through by persons made up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from models.charter import Charter
from models.errors import Refused
from services.charters import read_charter
from services.settings import Settings
from services.simulation.cast import Cast, cast_for, sheets_for
from services.simulation.manners import Manners
from services.simulation.minds import Minds
from services.simulation.postbox import Postbox
from services.simulation.setting import Setting, setting_of
from services.timelapse.driver import Driver
from services.timelapse.outbox import Letter, Line, Outbox
from services.timelapse.scratch import Scratch, Start, empty_scratch

_MORNING = time(8)
_MOST_ACTIONS, _MOST_PERSONS = 20_000, 5_000
_LONGEST = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated. ``charter``: the file whose rules and cadence are tried."""

    charter: Path
    first: date
    last: date
    actions: int = 200
    persons: int = 150
    seed: int = 1
    manners: Manners = field(default_factory=Manners)

    def check(self) -> None:
        """Refuse, all at once, what cannot be simulated."""
        problems = Refused.because
        if self.last <= self.first or self.last.year - self.first.year > _LONGEST:
            raise problems("simulation.wrong_span", "--until", first=self.first.isoformat(), last=self.last.isoformat(), years=_LONGEST)
        for option, given, most in (("--actions", self.actions, _MOST_ACTIONS), ("--persons", self.persons, _MOST_PERSONS)):
            if not 1 <= given <= most:
                raise problems("simulation.out_of_range", option, given=given, most=most)


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it. ``done``, ``refused``: what people asked for, by verb; what was refused also by its reason."""

    mails: int
    lines: int
    steps: int
    done: Mapping[str, int]
    refused: Mapping[tuple[str, str], int]
    never: int


Told = Callable[[date, int], None]


def simulate(plan: Plan, settings: Settings, folder: Path, tell: Told = lambda _day, _mails: None) -> Lived:
    """Live through a plan in a folder, which becomes a rehearsal home of its own: database, mailbox. ``tell`` hears of each month that begins.

    Refuses a plan that cannot be simulated, a folder that has a database, and every mistake of the charter.
    """
    plan.check()
    charter = read_charter(plan.charter)
    zone = ZoneInfo(charter.convention.timezone)
    begin, end = (datetime.combine(day, _MORNING, zone).astimezone(UTC) for day in (plan.first, plan.last))
    cast = cast_for(charter, plan.persons, plan.first)
    readers: list[Minds] = []
    postbox = Postbox(folder)

    def keep(message: Letter | Line) -> None:
        postbox.keep(message)
        if isinstance(message, Letter):
            readers[0].take_in(message)

    start = Start(settings, begin, plan.seed)
    with empty_scratch(start, folder, charter=plan.charter, people=cast.table, outbox=Outbox(keep)) as scratch:
        postbox.clock = scratch.time
        setting = setting_of(scratch.app, plan.manners, plan.seed, plan.last)
        minds = Minds(scratch.app, setting)
        readers.append(minds)
        _propose(plan, charter, cast, setting, minds)
        minds.live(begin, end)
        return _live(scratch, minds, end, tell)


def _propose(plan: Plan, charter: Charter, cast: Cast, setting: Setting, minds: Minds) -> None:
    """Actions are proposed evenly over the first part of the time, on working days."""
    chance, office = setting.chance("actions"), setting.office
    span = int((plan.last - plan.first).days * plan.manners.work.proposed_over)
    days = sorted(office.working(plan.first + timedelta(days=chance.randrange(max(span, 1)))) for _ in range(plan.actions))
    for (seat, sheet), day in zip(sheets_for(charter, cast, days, plan.manners.work, chance), days, strict=True):
        minds.propose(office.at(day, chance.randrange(len(office.hours))), seat, sheet)


def _live(scratch: Scratch, minds: Minds, end: datetime, tell: Told) -> Lived:
    driver, steps, months = Driver(scratch, minds), 0, set[tuple[int, int]]()

    def on_step(_: object) -> None:
        nonlocal steps
        steps += 1
        day = minds.today
        if (day.year, day.month) not in months:
            months.add((day.year, day.month))
            tell(day, scratch.outbox.mails)

    driver.run_until(end, on_step)
    scratch.app.db.close()
    acts = minds.acts
    return Lived(scratch.outbox.mails, scratch.outbox.lines, steps, dict(acts.done), dict(acts.refused), minds.never)
