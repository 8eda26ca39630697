"""Asking for a forecast. The home is read once and never written to: everything happens in a scratch copy."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from models.assumptions import Act, read_assumption
from models.deadlines import Calendar, Delay, DelayUnit, reckon
from models.errors import Problem, Refused
from models.forecasts import Forecast, Wanted, compare, only
from services.bootstrap import App
from services.charter_store import the_convention
from services.forecast.meant import Meant, act_names, find_body, find_person, meant_by
from services.forecast.playing import Beginning, Plan, Told, begin, moment_of, play
from services.forecast.secrets import secrets_of
from services.lookups import find_action
from services.timelapse.driver import Driver
from services.timelapse.scratch import Scratch, Start, copied_scratch
from services.work import Work, open_work

_USUAL = Delay(6, DelayUnit.MONTHS)
_FARTHEST = Delay(120, DelayUnit.MONTHS)
_BEFORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: of an action (its number), a person (their code, or one of their seats) or a body; until a day, in six months if none is named.

    ``assume``: what is assumed, as people type it (``models.assumptions``). ``convention``: needed where the home holds several.
    """

    action: str | None = None
    person: str | None = None
    body: str | None = None
    until: date | None = None
    assume: tuple[str, ...] = ()
    convention: str | None = None


def forecast(app: App, asked: Asked) -> Forecast:
    """Who will be asked for what, when, if nobody acts but for what is assumed, from now until a day; with the difference that the assumptions make.

    What secret or hidden votes would lead to is not told (``Silence``). Raises Refused or NotFound for what is asked wrongly, for every assumption
    that names what does not exist, and for one that the rules would refuse on its day; never for what the home lacks.
    """
    start = Start(app.settings, app.clock.now())
    ahead = timedelta(seconds=round((start.moment - app.clock.wall()).total_seconds()))
    with copied_scratch(start, app.db) as scratch:
        with scratch.app.db.read() as connection:
            plan = _plan(open_work(scratch.app, connection, the_convention(connection, asked.convention)), asked, app.settings.language)
        beginning = begin(scratch, plan, ahead)
        assumed = _assumed(start, scratch, plan, beginning) if plan.meant else None
        usual = play(scratch, plan, beginning)
    return _found(plan, usual, assumed)


def _assumed(start: Start, scratch: Scratch, plan: Plan, beginning: Beginning) -> Told:
    """The same days with what is assumed: in a copy from when the first of it happens, since nothing differs before."""
    first = min(moment_of(plan, each, beginning) for each in plan.meant) - _BEFORE
    if first > scratch.time():
        Driver(scratch).run_until(first)
    with copied_scratch(replace(start, moment=scratch.time()), scratch.app.db) as copy:
        return play(copy, plan, beginning, plan.meant)


def _found(plan: Plan, usual: Told, assumed: Told | None) -> Forecast:
    told, wanted = assumed or usual, plan.draft.wanted
    return replace(
        plan.draft,
        lines=tuple(filter(wanted.holds, told.lines)),
        assumed=tuple(each.supposition for each in plan.meant),
        before=tuple(filter(wanted.holds, usual.lines)) if assumed else None,
        difference=only(compare(usual.lines, told.lines), wanted),
        silences=tuple(silence for silence in told.silences if wanted.action in (None, silence.action)),
    )


def _plan(work: Work, asked: Asked, language: str) -> Plan:
    today = work.today
    wanted = Wanted(
        find_action(work, asked.action).number if asked.action else None,
        find_person(work, asked.person) if asked.person else None,
        find_body(work, asked.body) if asked.body else None,
    )
    until = _until(today, asked.until)
    name = work.charter.convention.name.of(language)
    closed = frozenset(day for day in work.calendar.closed if today <= day <= until)
    draft = Forecast(work.convention, name, work.timezone, today, until, wanted, closed=closed)
    return Plan(draft, _meant(work, asked.assume, until))


def _until(today: date, asked: date | None) -> date:
    until = asked or reckon(today, _USUAL, Calendar()).counted
    farthest = reckon(today, _FARTHEST, Calendar()).counted
    if until < today:
        raise Refused.because("forecast.until_past", "--until", day=until.isoformat(), today=today.isoformat())
    if until > farthest:
        raise Refused.because("forecast.too_far", "--until", day=until.isoformat(), until=farthest.isoformat())
    return until


def _meant(work: Work, assume: Iterable[str], until: date) -> tuple[Meant, ...]:
    """Every assumption, looked up; refuses all that is wrong with them at once."""
    found, problems = list[Meant](), list[Problem]()
    secrets = {(secret.number, secret.body) for secret in secrets_of(work) if secret.early}
    for typed in assume:
        try:
            each = meant_by(work, read_assumption(typed, act_names()), until)
            if each.act is Act.OPINION and (each.code, each.body) in secrets:
                raise Refused.because("assume.hidden", typed, body=each.body or "")
        except Refused as refused:
            problems += refused.problems
        else:
            found.append(each)
    Refused.unless_empty(problems)
    return tuple(found)
