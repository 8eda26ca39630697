"""The charter: checked, compared, put in force, shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, place
from cli.screen import Column, dump, table, tell, text_of
from cli.words import label, say, wording
from models.charter import Charter
from services.charter_loading import load_charter
from services.charter_store import charter_in_force, the_convention
from services.charters import diff, read_charter
from services.open_reviews import treated_differently

_FILE = Annotated[Path, place("charter_file")]


def check(file: _FILE, /) -> None:
    """Say what is wrong with a charter's file, all at once."""
    charter = read_charter(file)
    tell(say("cli.charter_right", file=str(file), convention=charter.convention.code))


def load(file: _FILE, /) -> None:
    """Put a charter in force."""
    with opened() as app:
        charter, new = load_charter(app.db, file, app.clock.now())
        with app.db.read() as connection:
            reviews = treated_differently(connection, charter)
    tell(say("cli.charter_loaded" if new else "cli.charter_same", convention=charter.convention.code, file=str(file)))
    _show_reviews(reviews)


def show(*, convention: Convention = None, as_json: Json = False) -> None:
    """Show the charter in force."""
    with opened() as app, app.db.read() as connection:
        charter = charter_in_force(connection, the_convention(connection, convention))
    if as_json:
        dump(charter)
    else:
        _show(charter)


def compare(file: _FILE, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Show what a file would change."""
    new = read_charter(file)
    with opened() as app, app.db.read() as connection:
        present = charter_in_force(connection, the_convention(connection, convention or new.convention.code))
        reviews = treated_differently(connection, new)
    rows = [{"path": change.path, "before": change.before, "after": change.after} for change in diff(present, new)]
    if as_json:
        dump({"changes": rows, "reviews": reviews})
        return
    table(rows, Column("path", str), Column("before", _short), Column("after", _short))
    _show_reviews(reviews)


def _show_reviews(reviews: list[dict[str, Any]]) -> None:
    """The open reviews that keep other rules than those of the charter at hand, and how to move one."""
    if reviews:
        shown = (Column("action"), Column("body"), Column("round"), Column("due_on"), Column("keys", ", ".join))
        table(reviews, *shown, title=say("cli.reviews_keep_rules"))
        tell(say("cli.reviews_may_move"))


def _show(charter: Charter) -> None:
    language = wording().language
    tell(charter.convention.name.of(language))
    tell(say("page.period", first=text_of(charter.convention.starts_on), last=text_of(charter.convention.ends_on)))
    for family in ("partners", "sites", "axes", "objectives", "themes"):
        rows = [{"code": entry.code, "name": entry.name.of(language)} for entry in getattr(charter, family)]
        table(rows, Column("code"), Column("name"), title=say(f"page.{family}"))
    bodies = [_body(body, language) for body in charter.bodies]
    shown = (
        Column("code"),
        Column("name"),
        Column.of("kind", "body_kind"),
        Column.of("decides", "decides"),
        Column("delay"),
        Column("quorum"),
    )
    table(bodies, *shown, Column.of("majority", "majority"), title=say("page.bodies"))


def _body(body: Any, language: str) -> dict[str, Any]:
    rules = body.rules
    shown = {"code": body.code, "name": body.name.of(language), "kind": body.kind}
    if rules is None:
        return shown
    delay = f"{rules.opinion_delay} {label('delay_unit', rules.delay_unit)}"
    return {**shown, "decides": rules.decides, "delay": delay, "quorum": rules.quorum, "majority": rules.majority}


def _short(value: Any) -> str:
    """A value in one short line; the whole is in the JSON."""
    text = text_of(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004  # the width of a column


COMMANDS: dict[str, Callable[..., None]] = {"check": check, "load": load, "show": show, "diff": compare}
