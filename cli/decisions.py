"""The register of decisions."""

from collections.abc import Callable
from typing import Annotated

from cli.opened import opened
from cli.options import Convention, Json, option
from cli.screen import Column, dump, table
from services.decisions import list_decisions

_BODY = Annotated[str | None, option("body", "--body")]
_YEAR = Annotated[int | None, option("year", "--year")]


def list_all(*, body: _BODY = None, year: _YEAR = None, convention: Convention = None, as_json: Json = False) -> None:
    """List the decisions of a body and a year, or of all, the newest first."""
    with opened() as app:
        found = list_decisions(app, convention=convention, body=body or "", year=str(year) if year is not None else "")
    if as_json:
        dump([dict(row) for row in found])
    else:
        table(found, *_SHOWN)


_SHOWN = (
    Column("number"),
    Column("decided_on"),
    Column("body"),
    Column("action"),
    Column("title"),
    Column.of("outcome", "outcome"),
    Column("reference"),
    Column("revision"),
    Column("taken_up"),
)
COMMANDS: dict[str, Callable[..., None]] = {"list": list_all}
