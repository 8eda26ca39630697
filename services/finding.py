"""Finding actions: by words, state, axis or theme; sorted, a page at a time. The address of a page says all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.folding import Folded, folded
from models.tables import Action, Person, table
from services.bootstrap import App

_ACTION, _PERSON = table(Action), table(Person)
PAGE = 30
SORTS = ("number", "-number", "title", "state")
_TITLE = _ACTION.c.sheet["title"].as_string()
_ORDER: Mapping[str, sa.ColumnElement[Any]] = {
    "number": _ACTION.c.number.asc(),
    "-number": _ACTION.c.number.desc(),
    "title": Folded(_TITLE).asc(),
    "state": _ACTION.c.state.asc(),
}
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; an empty text looks for everything. ``page`` counts from 1."""

    words: str = ""
    state: str = ""
    axis: str = ""
    theme: str = ""
    sort: str = "-number"
    page: int = 1

    def as_query(self, **other: str | int) -> dict[str, str]:
        """The address's query for this search, with some of it changed; what is empty or usual is left out."""
        values = {name: getattr(self, name) for name in self.__slots__} | other
        usual = Wanted()
        return {name: str(value) for name, value in values.items() if value != getattr(usual, name)}


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was looked for, and how much there is in all."""

    rows: Sequence[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // PAGE), 1)


def find(app: App, convention: str, wanted: Wanted) -> Found:
    """Look for actions of a convention: two questions, however many there are."""
    query = (
        sa.select(_ACTION.c.number, _TITLE.label("title"), _ACTION.c.state, _ACTION.c.sheet, _PERSON.c.name.label("lead"))
        .select_from(_ACTION)
        .outerjoin(_PERSON, (_PERSON.c.convention == _ACTION.c.convention) & (_PERSON.c.code == _ACTION.c.sheet["lead_person"].as_string()))
        .order_by(_ORDER.get(wanted.sort, _ORDER["-number"]), _ACTION.c.number)
    )
    with app.db.read() as connection:
        return counted(connection, query, _conditions(convention, wanted), wanted.page, of=_ACTION)


def counted(
    connection: sa.Connection, query: sa.Select[Any], conditions: Sequence[sa.ColumnElement[bool]], page: int, *, of: sa.Table
) -> Found:
    """A page of what ``query`` finds under these conditions on ``of``; the last page for a number beyond it."""
    total = int(connection.execute(sa.select(sa.func.count()).select_from(of).where(*conditions)).scalar_one())
    shown = min(max(page, 1), max(-(-total // PAGE), 1))
    rows = connection.execute(query.where(*conditions).limit(PAGE).offset((shown - 1) * PAGE)).mappings()
    return Found([*rows], total, shown)


def page_number(asked: str) -> int:
    """The page that an address asks for: the first one if it says nothing that counts."""
    return int(asked) if asked.isascii() and asked.isdigit() else 1


def _conditions(convention: str, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_ACTION.c.convention == convention]
    if wanted.words:
        pattern = f"%{_escaped(folded(wanted.words))}%"
        found.append(Folded(_TITLE).like(pattern, escape="\\") | Folded(_ACTION.c.number).like(pattern, escape="\\"))
    if wanted.state:
        found.append(_ACTION.c.state == wanted.state)
    if wanted.axis:
        found.append(_ACTION.c.sheet["axis"].as_string() == wanted.axis)
    if wanted.theme:
        found.append(sa.cast(_ACTION.c.sheet["themes"], sa.String).like(f'%"{_escaped(wanted.theme)}"%', escape="\\"))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
