"""Where things wait: the bottleneck report, on screen, for programs, for a spreadsheet and as a picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from cli.opened import opened
from cli.options import Convention, Json, option
from cli.screen import Column, dump, table, tell, warn
from cli.words import say, wording
from models.charter import Charter
from models.errors import Refused
from services.bottleneck_words import Line, as_csv, as_data, body_lines, notes, state_lines
from services.bottlenecks import Bottlenecks, bottlenecks
from services.charter_store import charter_in_force
from services.days import read_day

_PICTURES = (".svg", ".png")
_BODY = Annotated[str | None, option("body", "--body")]
_SINCE = Annotated[str | None, option("bottlenecks_since", "--since")]
_UNTIL = Annotated[str | None, option("bottlenecks_until", "--until")]
_CSV = Annotated[Path | None, option("bottlenecks_csv", "--csv")]
_PICTURE = Annotated[Path | None, option("bottlenecks_picture", "--picture")]


def show(
    *,
    since: _SINCE = None,
    until: _UNTIL = None,
    body: _BODY = None,
    convention: Convention = None,
    csv: _CSV = None,
    picture: _PICTURE = None,
    as_json: Json = False,
) -> None:
    """Show where things wait; files are written beside the answer."""
    first, last = read_day(since, "--since"), read_day(until, "--until")
    if picture is not None and picture.suffix.lower() not in _PICTURES:
        raise Refused.because("bottlenecks.picture_kind", "--picture", file=str(picture))
    with opened() as app:
        report = bottlenecks(app, convention=convention, body=body, since=first, until=last)
        with app.db.read() as connection:
            charter = charter_in_force(connection, report.convention)
    if as_json:
        dump(as_data(report))
    else:
        _show(report, charter)
    if csv is not None:
        _write(csv, "--csv", lambda file: file.write_text(as_csv(report), encoding="utf-8-sig"))
    if picture is not None:
        _draw(report, charter, picture)


def _show(report: Bottlenecks, charter: Charter) -> None:
    tell(say("bottlenecks.title"))
    for note in notes(report, wording()):
        tell(f"  {note}")
    _table(body_lines(report, charter, wording()), "bodies", "body", "reviews_seen")
    if report.states:
        _table(state_lines(report, wording()), "states", "state", "stays_seen")


def _table(lines: Sequence[Line], title: str, name: str, count: str) -> None:
    tell("")
    rows = [_row(line, name, count) for line in lines]
    answers = (Column("answered_in"),) if name == "body" else ()
    beyond = (Column("beyond"),) if name == "body" else ()
    figures = (Column(name), Column(count), *(Column(each) for each in ("open_now", "median_days", "p80_days", "p90_days")))
    table(rows, *figures, *beyond, *answers, Column("tendency"), Column("oldest_waiting"), title=say(f"bottlenecks.{title}"))


def _row(line: Line, name: str, count: str) -> dict[str, object]:
    days = {"median_days": line.times.median, "p80_days": line.times.p80, "p90_days": line.times.p90}
    said = {"beyond": line.beyond, "answered_in": line.answers, "tendency": line.trend, "oldest_waiting": line.waiting}
    return {name: line.name, count: line.times.count, "open_now": line.times.open, **days, **said}


def _draw(report: Bottlenecks, charter: Charter, picture: Path) -> None:
    from services.bottleneck_picture import draw  # noqa: PLC0415  # what draws takes half a second to load

    _write(picture, "--picture", lambda file: draw(report, charter, wording(), file))


def _write(file: Path, where: str, write: Callable[[Path], object]) -> None:
    try:
        write(file)
    except OSError as error:
        raise Refused.because("bottlenecks.unwritable", where, file=str(file), why=str(error.strerror)) from None
    warn(say("bottlenecks.written", file=str(file)))
