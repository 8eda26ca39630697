"""What a secretary should look at: sentences drawn from the figures by fixed thresholds, the gravest kind first."""

from collections.abc import Iterator

from services.simulation.dues import KINDS
from services.simulation.figures import Due, Figures, overdue_share
from services.simulation.words import Words

_CROWDED_WEEK = 10
"""Messages in one week that are many for one person."""
_CROWDED_DAY, _CROWDED_SHARE = 4, 0.05
_SILENT, _LATE, _WORSE = 0.2, 0.3, 0.1
_USELESS, _ENOUGH = 0.1, 10
_SLOW_DAYS = 90
_PASSING = frozenset(
    {"submitted", "returned", "technical_review", "steering_review", "adjourned", "approved", "final_report_due", "completed"}
)
"""States through which an action should only pass."""


def advice(figures: Figures, words: Words) -> list[str]:
    """The sentences; one that says so where nothing stands out."""
    rules = (_busiest, _crowded_days, _late_kinds, _trend, _silent_bodies, _useless_reminders, _slow_states)
    return [sentence for rule in rules for sentence in rule(figures, words)] or [words.say("advice.nothing")]


def _busiest(figures: Figures, words: Words) -> Iterator[str]:
    crowded = [load for load in figures.loads if load.most_in_a_week >= _CROWDED_WEEK]
    if crowded:
        one = max(crowded, key=lambda load: load.most_in_a_week)
        others = len(crowded) - 1
        yield words.say("advice.busiest", name=one.name, messages=one.most_in_a_week, day=words.day(one.monday), others=others)


def _crowded_days(figures: Figures, words: Words) -> Iterator[str]:
    days = sum(day.days for day in figures.days)
    crowded = sum(day.days for day in figures.days if day.mails >= _CROWDED_DAY)
    if days and crowded / days >= _CROWDED_SHARE:
        yield words.say("advice.crowded_days", share=words.share(crowded, days), mails=_CROWDED_DAY)


def _of_kind(figures: Figures, kind: str) -> list[Due]:
    return [due for due in figures.dues if due.kind == kind]


def _late_kinds(figures: Figures, words: Words) -> Iterator[str]:
    for kind in KINDS:
        dues = _of_kind(figures, kind)
        share = overdue_share(dues)
        if share >= _LATE:
            due = words.number(sum(each.due for each in dues))
            yield words.say(f"advice.late.{kind}", share=words.share(share), due=due)


def _trend(figures: Figures, words: Words) -> Iterator[str]:
    years = sorted({due.quarter[:4] for due in figures.dues})
    if len(years) > 1:
        first, last = (overdue_share(due for due in figures.dues if due.quarter.startswith(year)) for year in (years[0], years[-1]))
        if last - first >= _WORSE:
            yield words.say("advice.trend", before=words.share(first), after=words.share(last), first=years[0], last=years[-1])


def _silent_bodies(figures: Figures, words: Words) -> Iterator[str]:
    silent = [each for each in figures.silences if each.asked and each.missing / each.asked >= _SILENT]
    if silent:
        one = max(silent, key=lambda each: each.missing / each.asked)
        told = {"share": words.share(one.missing, one.asked), "asked": words.number(one.asked)}
        yield words.say("advice.silent", body=one.name, **told, others=len(silent) - 1)


def _useless_reminders(figures: Figures, words: Words) -> Iterator[str]:
    for rung in figures.rungs:
        if rung.asked >= _ENOUGH and rung.heeded / rung.asked < _USELESS:
            kind, share = words.label("asking", rung.kind), words.share(rung.heeded, rung.asked)
            yield words.say("advice.useless", kind=kind, rung=rung.rung, sent=words.number(rung.sent), share=share)


def _slow_states(figures: Figures, words: Words) -> Iterator[str]:
    for stay in figures.stays:
        if stay.state in _PASSING and stay.days.p90 > _SLOW_DAYS:
            state = words.label("state", stay.state)
            yield words.say("advice.slow", state=state, days=words.number(stay.days.p90), median=words.number(stay.days.median))
