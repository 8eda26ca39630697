"""The sections of the report, each from one part of the figures."""

from collections.abc import Iterator
from datetime import timedelta

from services.simulation.charts import Series, bars, lines
from services.simulation.dues import KINDS
from services.simulation.figures import Due, Figures, Rung, Stay, Week, overdue_share
from services.simulation.layout import Page, Run, Section, Table, by_key, joined

_SHOWN = 10
"""Persons of each simulation in the table of the busiest."""


def sections(page: Page) -> Iterator[Section]:
    """Every section, in order."""
    for section in (_load, _days, _reminders, _dues, _stays):
        yield section(page)


def _load(page: Page) -> Section:
    """Messages that ask for something, per person and week."""
    years = [_year(week) for week in page.last.weeks]
    ticks = [str(year) if number == 0 or year != years[number - 1] else "" for number, year in enumerate(years)]
    shown = ("most",) if page.compared else ("most", "p90")
    series = [Series(page.named(run, page.say(f"load.{key}")), _weekly(run, key)) for run in page.runs for key in shown]
    chart = lines(page.say("load.alt"), ticks, series, page.say("load.unit"), "load")
    heads = page.heads("load.head", "person", "mails", "asks", "reminders", "week", "when")
    busiest = (Table(page.named(run, page.say("load.busiest")), heads, _busiest(page, run), frozenset({5})) for run in page.runs)
    return page.section("load", chart, _years(page), *busiest)


def _weekly(run: Run, key: str) -> list[float]:
    return [float(getattr(week, key)) for week in run.figures.weeks]


def _year(week: Week) -> int:
    """The year of a week is that of its Thursday."""
    return (week.monday + timedelta(days=3)).year


def _years(page: Page) -> Table:
    heads = page.heads("load.year", "year", "messages", "p90", "most")
    rows = [
        [page.named(run, str(year)), *map(page.words.number, _of_year([week for week in run.figures.weeks if _year(week) == year]))]
        for run in page.runs
        for year in sorted({_year(week) for week in run.figures.weeks})
    ]
    return Table(page.say("load.year.caption"), heads, rows)


def _of_year(weeks: list[Week]) -> tuple[float, float, float]:
    return sum(week.messages for week in weeks) / len(weeks), max(week.p90 for week in weeks), max(week.most for week in weeks)


def _busiest(page: Page, run: Run) -> list[list[str]]:
    return [
        [load.name, *map(page.words.number, (load.mails, load.asks, load.reminders, load.most_in_a_week)), page.words.day(load.monday)]
        for load in run.figures.loads[:_SHOWN]
    ]


def _days(page: Page) -> Section:
    """Mails per person and day."""
    last = page.last.days[-1].mails
    names = [page.say("days.more", mails=day.mails) if day.mails == last else page.words.number(day.mails) for day in page.last.days]
    series = [Series(run.name, [100 * day.days / _day_count(run.figures) for day in run.figures.days]) for run in page.runs]
    chart = bars(page.say("days.alt"), names, series, page.say("days.unit"), "days")
    rows = [[name, *joined(_counted(page, run.figures, place) for run in page.runs)] for place, name in enumerate(names)]
    return page.section("days", chart, Table(page.say("days.caption"), page.heads_of_each("days.head", "mails", "days", "share"), rows))


def _day_count(figures: Figures) -> int:
    return sum(day.days for day in figures.days) or 1


def _counted(page: Page, figures: Figures, place: int) -> tuple[str, str]:
    days = figures.days[place].days
    return page.words.number(days), page.words.share(days, _day_count(figures))


def _reminders(page: Page) -> Section:
    """Reminders by rung, and how often somebody acted upon them."""
    found = by_key(page.runs, lambda figures: figures.rungs, lambda rung: (rung.kind, rung.rung))
    known = list(dict.fromkeys((rung.kind, rung.rung) for run in page.runs for rung in run.figures.rungs))
    names = [page.say("rungs.name", kind=page.words.label("asking", kind), rung=rung) for kind, rung in known]
    sent = [[each[key].sent if key in each else 0 for key in known] for each in found]
    series = [Series(run.name, values) for run, values in zip(page.runs, sent, strict=True)]
    chart = bars(page.say("rungs.alt"), names, series, page.say("rungs.unit"), "rungs") if known else ""
    rows = [[name, *joined(_heeded(page, each.get(key)) for each in found)] for name, key in zip(names, known, strict=True)]
    heads = page.heads_of_each("rungs.head", "what", "sent", "heeded")
    return page.section("rungs", chart, Table(page.say("rungs.caption"), heads, rows))


def _heeded(page: Page, rung: Rung | None) -> tuple[str, str]:
    sent, asked, heeded = (rung.sent, rung.asked, rung.heeded) if rung is not None else (0, 0, 0)
    return page.words.number(sent), page.words.share(heeded, asked)


def _dues(page: Page) -> Section:
    """What was overdue, by quarter and by kind."""
    quarters = sorted({due.quarter for run in page.runs for due in run.figures.dues})
    series = [Series(run.name, [100 * overdue_share(_of_quarter(run, quarter)) for quarter in quarters]) for run in page.runs]
    ticks = [quarter[:4] if quarter.endswith("1") or place == 0 else "" for place, quarter in enumerate(quarters)]
    chart = lines(page.say("dues.alt"), ticks, series, page.say("dues.unit"), "dues") if quarters else ""
    rows = [row for run in page.runs for kind in KINDS if (row := _due_row(page, run, kind))]
    heads = page.heads("dues.head", "kind", "due", "in_time", "late", "never")
    return page.section("dues", chart, Table(page.say("dues.caption"), heads, rows), _silence(page))


def _of_quarter(run: Run, quarter: str) -> list[Due]:
    return [due for due in run.figures.dues if due.quarter == quarter]


def _due_row(page: Page, run: Run, kind: str) -> list[str]:
    dues = [due for due in run.figures.dues if due.kind == kind]
    due, in_time, late = (sum(getattr(each, name) for each in dues) for name in ("due", "in_time", "late"))
    shares = (page.words.share(part, due) for part in (in_time, late, due - in_time - late))
    return [page.named(run, page.say(f"dues.kind.{kind}")), page.words.number(due), *shares] if due else []


def _silence(page: Page) -> Table:
    rows = [
        [page.named(run, each.name), page.words.number(each.asked), page.words.share(each.missing, each.asked)]
        for run in page.runs
        for each in run.figures.silences
    ]
    return Table(page.say("silence.caption"), page.heads("silence.head", "body", "asked", "missing"), rows)


def _stays(page: Page) -> Section:
    """How long actions stay in each state."""
    states = list(dict.fromkeys(stay.state for run in page.runs for stay in run.figures.stays))
    found = by_key(page.runs, lambda figures: figures.stays, lambda stay: stay.state)
    series = [
        Series(
            page.named(run, page.say(f"stays.{key}")), [float(getattr(each[state].days, key)) if state in each else 0.0 for state in states]
        )
        for run, each in zip(page.runs, found, strict=True)
        for key in ("median", "p90")
    ]
    names = [page.words.label("state", state) for state in states]
    chart = bars(page.say("stays.alt"), names, series, page.say("stays.unit"), "stays") if states else ""
    rows = [_stay_row(page, run, stay) for run in page.runs for stay in run.figures.stays]
    heads = page.heads("stays.head", "state", "count", "median", "p80", "p90", "still")
    return page.section("stays", chart, Table(page.say("stays.caption"), heads, rows))


def _stay_row(page: Page, run: Run, stay: Stay) -> list[str]:
    days = stay.days
    figures = (days.count, days.median, days.p80, days.p90, stay.still)
    return [page.named(run, page.words.label("state", stay.state)), *map(page.words.number, figures)]
