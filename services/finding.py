"""Finding actions: by the words of the search, state, axis or theme; sorted, a page at a time. The address of a page says all of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from models.folding import Folded
from models.tables import Action, Person, table
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.list_query import ListQuery
from services.readers import Reader, visible_to
from services.search.find import actions_with
from services.search.index import BEFORE_A_SEARCH, catch_up
from services.slices import Slice, slice_of

_ACTION, _PERSON = table(Action), table(Person)
PAGE = 30
_AT_ONCE = 1_000
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
class Wanted(ListQuery):
    """What is looked for; an empty text looks for everything. ``page`` counts from 1."""

    CHOICES: ClassVar[Mapping[str, Collection[str]]] = {"sort": SORTS}
    words: str = ""
    state: str = ""
    axis: str = ""
    theme: str = ""
    sort: str = "-number"
    page: int = 1


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


_SHOWN = (
    sa.select(
        *(_ACTION.c[name] for name in ("number", "state", "sheet", "created_at")),
        _TITLE.label("title"),
        _PERSON.c.name.label("lead"),
    )
    .select_from(_ACTION)
    .outerjoin(_PERSON, (_PERSON.c.convention == _ACTION.c.convention) & (_PERSON.c.code == _ACTION.c.sheet["lead_person"].as_string()))
)


def find(app: App, reader: Reader, convention: str, wanted: Wanted, language: str) -> Found:
    """Look for actions of a convention among those that the reader may see; a fixed number of questions. Refuses words as the search does."""
    if wanted.words:
        catch_up(app, BEFORE_A_SEARCH)
    with app.db.read() as connection:
        conditions = _conditions(connection, reader, convention, wanted, language)
        return counted(connection, _SHOWN.order_by(*_order(wanted)), conditions, wanted.page, of=_ACTION)


def find_all(app: App, reader: Reader, convention: str, wanted: Wanted, language: str) -> Iterator[Row]:
    """The same on all pages, read a few at a time."""
    if wanted.words:
        catch_up(app)
    with app.db.read() as connection:
        query = _SHOWN.where(*_conditions(connection, reader, convention, wanted, language)).order_by(*_order(wanted))
        yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()


def _order(wanted: Wanted) -> tuple[sa.ColumnElement[Any], ...]:
    return _ORDER.get(wanted.sort, _ORDER["-number"]), _ACTION.c.number


def find_after(app: App, reader: Reader, convention: str, wanted: Wanted, language: str, *, after: str, limit: int) -> Slice:
    """The actions that match, by number, after a place in their list; ``page`` means nothing here. Refuses words as the search does."""
    if wanted.words:
        catch_up(app, BEFORE_A_SEARCH)
    query = sa.select(*(_ACTION.c[name] for name in ("number", "state", "version", "sheet", "created_at")))
    with app.db.read() as connection:
        narrowed = query.where(*_conditions(connection, reader, convention, wanted, language))
        return slice_of(connection, narrowed, (_ACTION.c.number,), after, limit, ascending=wanted.sort == "number")


def counted(
    connection: sa.Connection, query: sa.Select[Any], conditions: Sequence[sa.ColumnElement[bool]], page: int, *, of: sa.Table
) -> Found:
    """A page of what ``query`` finds under these conditions on ``of``; the last page for a number beyond it."""
    total = int(connection.execute(sa.select(sa.func.count()).select_from(of).where(*conditions)).scalar_one())
    shown = min(max(page, 1), max(-(-total // PAGE), 1))
    rows = connection.execute(query.where(*conditions).limit(PAGE).offset((shown - 1) * PAGE)).mappings()
    return Found([*rows], total, shown)


def _conditions(connection: sa.Connection, reader: Reader, convention: str, wanted: Wanted, language: str) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_ACTION.c.convention == convention]
    if not reader.is_secretary:
        found.append(visible_to(reader))
    if wanted.words:
        found.append(actions_with(connection, charter_in_force(connection, convention), wanted.words, language))
    if wanted.state:
        found.append(_ACTION.c.state == wanted.state)
    if wanted.axis:
        found.append(_ACTION.c.sheet["axis"].as_string() == wanted.axis)
    if wanted.theme:
        found.append(sa.cast(_ACTION.c.sheet["themes"], sa.String).like(f'%"{_escaped(wanted.theme)}"%', escape="\\"))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
