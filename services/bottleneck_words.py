"""The bottleneck report in words, line by line, as the command line, the portal and a spreadsheet show it."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models.charter import Charter
from models.spells import FEWEST, Direction, Times, Trend
from notifications.dates import short_date
from services.bottlenecks import FEWEST_SEATS, Answers, Bottlenecks, InState, OfBody, Waiting
from services.wording import Wording

_COLUMNS = (
    *("kind", "code", "count", "open", "median_days", "p80_days", "p90_days", "with_last_day", "late"),
    *("answers", "answer_median_days", "answer_p80_days", "answer_p90_days", "trend", "trend_earlier_days", "trend_later_days"),
    *("oldest_action", "oldest_since", "oldest_days"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A body or a state with its figures, and what they say in words; ``answers`` is empty for a state."""

    code: str
    name: str
    times: Times
    beyond: str
    answers: str
    trend: str
    oldest: Waiting | None
    waiting: str


def body_lines(report: Bottlenecks, charter: Charter, words: Wording) -> list[Line]:
    """The bodies that examined anything, by the names that the charter gives them."""
    names = {entry.code: entry.name.of(words.language) for entry in charter.bodies}
    return [_line(found.body, names.get(found.body, found.body), found, words) for found in report.bodies if found.reviews.count]


def state_lines(report: Bottlenecks, words: Wording) -> list[Line]:
    """The states that actions were in."""
    return [_line(found.state, words.label("state", found.state), found, words) for found in report.states if found.times.count]


def notes(report: Bottlenecks, words: Wording) -> list[str]:
    """What a reader has to know to read the figures rightly."""
    until = short_date(report.window.until, words.language)
    since = report.window.since
    period = words.say("bottlenecks.as_of", until=until)
    if since is not None:
        period = words.say("bottlenecks.as_of_since", until=until, since=short_date(since, words.language))
    return [
        period,
        words.say("bottlenecks.how_to_read"),
        words.say("bottlenecks.open_counted"),
        words.say("bottlenecks.answers_counted", seats=FEWEST_SEATS),
        words.say("bottlenecks.trend_counted", fewest=FEWEST),
        words.say("bottlenecks.nobody_named"),
    ]


def _line(code: str, name: str, found: OfBody | InState, words: Wording) -> Line:
    figures = found.reviews if isinstance(found, OfBody) else found.times
    answers = _answers(found.answers, words) if isinstance(found, OfBody) else ""
    return Line(
        code, name, figures, _beyond(figures, words), answers, _trend(found.trend, words), found.oldest, _waiting(found.oldest, words)
    )


def _beyond(figures: Times, words: Wording) -> str:
    if not figures.due:
        return words.say("bottlenecks.no_due")
    return words.say("bottlenecks.share", late=figures.late, due=figures.due, percent=round(100 * figures.late / figures.due))


def _answers(answers: Answers, words: Wording) -> str:
    if answers.times is None or answers.times.median is None or answers.times.p80 is None:
        return words.say("bottlenecks.few_seats" if answers.seats else "bottlenecks.no_answer")
    return words.say("bottlenecks.answer_days", median=answers.times.median, p80=answers.times.p80)


def _trend(trend: Trend, words: Wording) -> str:
    if trend.direction is Direction.UNKNOWN or trend.earlier is None or trend.later is None:
        return words.say("bottlenecks.trend.unknown")
    return words.say(f"bottlenecks.trend.{trend.direction}", earlier=trend.earlier, later=trend.later)


def _waiting(oldest: Waiting | None, words: Wording) -> str:
    if oldest is None:
        return words.say("bottlenecks.nothing_waits")
    since = short_date(oldest.since, words.language)
    return words.say("bottlenecks.waiting", action=oldest.action, since=since, days=oldest.days)


def as_data(report: Bottlenecks) -> dict[str, Any]:
    """The report for programs: days as dates, durations in calendar days, what cannot be told as null."""
    since, until = report.window
    bodies, states = ([asdict(found) for found in part] for part in (report.bodies, report.states))
    return {"convention": report.convention, "since": since, "until": until, "bodies": bodies, "states": states}


def as_csv(report: Bottlenecks) -> str:
    """The report for a spreadsheet: one line a body or a state, by code; semicolons, as French spreadsheets read them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for body in report.bodies:
        writer.writerow(["body", body.body, *_figures(body.reviews), *_answer_cells(body.answers), *_last_cells(body.trend, body.oldest)])
    for state in report.states:
        writer.writerow(["state", state.state, *_figures(state.times), *[None] * 4, *_last_cells(state.trend, state.oldest)])
    return text.getvalue()


def _figures(found: Times) -> Sequence[int | None]:
    return [found.count, found.open, found.median, found.p80, found.p90, found.due, found.late]


def _answer_cells(answers: Answers) -> Sequence[int | None]:
    told = answers.times
    return [None] * 4 if told is None else [told.count, told.median, told.p80, told.p90]


def _last_cells(trend: Trend, oldest: Waiting | None) -> Iterator[str | int | date | None]:
    yield from (trend.direction.value, trend.earlier, trend.later)
    yield from (None, None, None) if oldest is None else (oldest.action, oldest.since, oldest.days)
