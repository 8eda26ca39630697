"""Who will be asked for what, when: on screen, as a table, a calendar or a picture; and what an assumption changes of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from cli.opened import opened
from cli.options import Convention, Json, option
from cli.screen import Column, dump, table, tell
from cli.words import label, say, say_day, wording
from models.assumptions import read_day
from models.errors import Refused
from models.forecasts import Forecast, ForecastLine, told
from services.forecast.files import as_calendar, as_csv
from services.forecast.reading import Asked, forecast
from services.forecast.rows import ACTION, PERSON, usual_rows
from services.forecast.words import counts, heading, silences, supposed, what, who, why

_ACTION = Annotated[str | None, option("forecast_action", "--action")]
_PERSON = Annotated[str | None, option("forecast_person", "--person")]
_BODY = Annotated[str | None, option("forecast_body", "--body")]
_UNTIL = Annotated[str | None, option("forecast_until", "--until")]
_ASSUME = Annotated[tuple[str, ...], option("assume", "--assume")]
_CSV = Annotated[Path | None, option("csv_file", "--csv")]
_ICS = Annotated[Path | None, option("ics_file", "--ics")]
_PICTURE = Annotated[Path | None, option("picture_file", "--picture")]
_ROWS = Annotated[str | None, option("picture_rows", "--rows")]
_LINES = (Column("when"), Column("reader"), Column("matter"), Column("what"), Column("reason_why"))
_CHANGES = (Column("change"), Column("when"), Column("instead"), Column("reader"), Column("matter"), Column("what"))


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is asked for."""

    action: _ACTION = None
    person: _PERSON = None
    body: _BODY = None
    until: _UNTIL = None
    assume: _ASSUME = ()
    convention: Convention = None

    def asked(self) -> Asked:
        """The same for the service. Refuses an end that is no day."""
        day = read_day(self.until) if self.until is not None else None
        if self.until is not None and day is None:
            raise Refused.because("forecast.not_a_day", "--until", given=self.until)
        return Asked(self.action, self.person, self.body, day, self.assume, self.convention)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Writing:
    """What is written to files."""

    csv: _CSV = None
    ics: _ICS = None
    picture: _PICTURE = None
    rows: _ROWS = None

    def check(self) -> None:
        """Refuse a picture of an unknown kind, and rows of another."""
        if self.rows not in (None, ACTION, PERSON):
            raise Refused.because("forecast.rows", "--rows", given=self.rows or "")
        if self.picture is not None and _kind(self.picture) not in ("svg", "png"):
            raise Refused.because("forecast.picture_kind", "--picture", given=str(self.picture))

    def write(self, found: Forecast, now: datetime) -> list[Path]:
        """Write every file that is wanted, and say which. Refuses a place where none can be written."""
        files: tuple[tuple[Path | None, Callable[[Path], bytes]], ...] = (
            (self.csv, lambda _: as_csv(found, wording()).encode()),
            (self.ics, lambda _: as_calendar(found, wording(), now)),
            (self.picture, lambda file: _drawn(found, self.rows or usual_rows(found), _kind(file))),
        )
        return [_written(file, content(file)) for file, content in files if file is not None]


def show_forecast(*, asking: Asking = Asking(), writing: Writing = Writing(), as_json: Json = False) -> None:
    """Say who will be asked for what, and when, if nobody acts but for what is assumed."""
    writing.check()
    asked = asking.asked()
    with opened() as app:
        found = forecast(app, asked)
        now = app.clock.now()
    written = writing.write(found, now)
    if as_json:
        dump(_as_json(found))
        return
    _show(found)
    for file in written:
        tell(say("forecast.written", file=str(file)))


def _kind(picture: Path) -> str:
    return picture.suffix.lower().removeprefix(".")


def _drawn(found: Forecast, rows: str, kind: str) -> bytes:
    from services.forecast.picture import as_picture  # noqa: PLC0415  # what draws takes half a second to load

    return as_picture(found, wording(), by=rows, kind=kind)


def _written(file: Path, content: bytes) -> Path:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Refused.because("forecast.unwritable", str(file), why=error.strerror or type(error).__name__) from None
    return file


def _show(found: Forecast) -> None:
    words = wording()
    for line in heading(found, words):
        tell(line)
    for each in found.assumed:
        tell(f"  - {supposed(each, words)}")
    tell("")
    if found.lines:
        table(_rows(found.lines), *_LINES)
    else:
        tell(say("forecast.nothing"))
    if found.assumed:
        _show_difference(found)
    tell("")
    for silence in silences(found, words):
        tell(silence)
    tell(counts(found, words))


def _show_difference(found: Forecast) -> None:
    tell("")
    if found.difference:
        table(_changes(found), *_CHANGES, title=say("forecast.difference"))
    else:
        tell(say("forecast.no_difference"))


def _rows(lines: Iterable[ForecastLine]) -> Iterator[dict[str, Any]]:
    """One row for all who get the same message about the same thing at the same hour, its day said once."""
    words, before = wording(), None
    for (day, _, about, said, reason), same in groupby(
        sorted(lines, key=_together), key=lambda line: (line.day, line.time, line.about, what(line, words), why(line, words))
    ):
        yield {
            "when": "\u00a0" if day == before else say_day(day),
            "reader": "\n".join(who(line, words) for line in same),
            "matter": about,
            "what": said,
            "reason_why": reason,
        }
        before = day


def _together(line: ForecastLine) -> tuple[Any, ...]:
    words = wording()
    return line.day, line.time, line.about, line.message, what(line, words), why(line, words), line.seat or "", line.name


def _changes(found: Forecast) -> Iterator[dict[str, Any]]:
    difference = found.difference
    every = [
        *(("moved", pair.after, pair.after.day, pair.before.day) for pair in difference.moved),
        *(("new", line, line.day, None) for line in difference.new),
        *(("gone", line, None, line.day) for line in difference.gone),
    ]
    for change, line, day, before in sorted(every, key=lambda each: (each[2] or each[3], each[1].time, each[1].about, each[1].key)):
        yield {
            "change": label("change", change),
            "when": day,
            "instead": before,
            "reader": who(line, wording()),
            "matter": line.about,
            "what": what(line, wording()),
        }


def _as_json(found: Forecast) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "convention": found.convention,
        "timezone": found.timezone,
        "first": found.first,
        "until": found.until,
        **{name: code for name, code in found.wanted._asdict().items() if code},
        "assumed": [each._asdict() for each in found.assumed],
        "lines": [told(line) for line in found.lines],
        "silent": [{"action": each.action, "body": each.body, "since": each.since} for each in found.silences],
        "counts": found.counts,
    }
    if found.assumed:
        shown["difference"] = {
            "moved": [{**told(pair.after), "instead_of": pair.before.day} for pair in found.difference.moved],
            "gone": [told(line) for line in found.difference.gone],
            "new": [told(line) for line in found.difference.new],
        }
    return shown
