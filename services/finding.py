"""Finding actions: by the words of the search, state, axis or theme; sorted, a page at a time. The address of a page says all of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sqlalchemy as sa

from models.folding import Folded, InPlace
from models.tables import Action, Person, table
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.list_query import ListQuery
from services.readers import Reader, visible_to
from services.search.find import actions_with
from services.search.index import BEFORE_A_SEARCH, catch_up, waiting
from services.slices import Slice, cut, place_of

_ACTION, _PERSON = table(Action), table(Person)
PAGE = 30
_AT_ONCE = 1_000
SORTS = ("number", "-number", "title", "state")
_TITLE = _ACTION.c.sheet["title"].as_string()
_ORDER: Mapping[str, sa.ColumnElement[Any]] = {
    "number": _ACTION.c.id.asc(),
    "-number": _ACTION.c.id.desc(),
    "title": Folded(_TITLE).asc(),
    "state": _ACTION.c.state.asc(),
}
"""An action gets its number and its id as it is created, so ids are in the order of numbers: as a text, A-2026-1000 comes before A-2026-999."""
Row = Mapping[Any, Any]
Conditions = Sequence[sa.ColumnElement[bool]]
_BEYOND = 1 << 62


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
    """One page of what was looked for, and how much there is in all. ``behind``: actions whose words are still to be indexed."""

    rows: Sequence[Row]
    total: int
    page: int
    behind: int = 0

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
        everywhere, in_order = (_ACTION.c.convention == convention, *conditions), (_here(convention, wanted), *conditions)
        found = counted(connection, _SHOWN.order_by(*_order(wanted)), everywhere, wanted.page, of=_ACTION, in_order=in_order)
        return replace(found, behind=_behind(connection, wanted))


def find_all(app: App, reader: Reader, convention: str, wanted: Wanted, language: str) -> Iterator[Row]:
    """The same on all pages, read a few at a time."""
    if wanted.words:
        catch_up(app)
    with app.db.read() as connection:
        query = _SHOWN.where(_here(convention, wanted), *_conditions(connection, reader, convention, wanted, language)).order_by(
            *_order(wanted)
        )
        yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()


def _behind(connection: sa.Connection, wanted: Wanted) -> int:
    """How many actions words may not find yet."""
    return waiting(connection) if wanted.words else 0


def _order(wanted: Wanted) -> tuple[sa.ColumnElement[Any], ...]:
    return _ORDER.get(wanted.sort, _ORDER["-number"]), _ACTION.c.id


def _here(convention: str, wanted: Wanted) -> sa.ColumnElement[bool]:
    """That an action is of a convention. By number, actions are met in their order until there are enough; those in a state are picked and sorted."""
    in_place = wanted.sort in ("number", "-number") and not wanted.state
    return (InPlace(_ACTION.c.convention) if in_place else _ACTION.c.convention) == convention


def find_after(app: App, reader: Reader, convention: str, wanted: Wanted, language: str, *, after: str, limit: int) -> Slice:
    """The actions that match, by number, after a place in their list; ``page`` means nothing here. Refuses words as the search does."""
    if wanted.words:
        catch_up(app, BEFORE_A_SEARCH)
    keys, ascending = (_ACTION.c.number,), wanted.sort == "number"
    query = sa.select(*(_ACTION.c[name] for name in ("number", "state", "version", "sheet", "created_at")))
    ordered = query.order_by(_ORDER["number" if ascending else "-number"])
    with app.db.read() as connection:
        conditions = [_here(convention, wanted), *_conditions(connection, reader, convention, wanted, language)]
        if after:
            there = _id_at(convention, *place_of(after, keys), ascending=ascending)
            conditions.append(_ACTION.c.id > there if ascending else _ACTION.c.id < there)
        found = cut(connection, _first(ordered, conditions, limit + 1, of=_ACTION), keys, limit)
        return found._replace(behind=_behind(connection, wanted))


def _id_at(convention: str, number: str, *, ascending: bool) -> sa.ColumnElement[int]:
    """The id of this number, or of the one beside it if no action has it: whoever gives a number is not told whether it exists."""
    own, there = _placed(_ACTION.c.number), _placed(sa.literal(number))
    beside = (
        sa.select(sa.func.max(_ACTION.c.id)).where(own < there) if ascending else sa.select(sa.func.min(_ACTION.c.id)).where(own > there)
    )
    named = sa.select(_ACTION.c.id).where(_ACTION.c.number == number)
    found = (query.where(_ACTION.c.convention == convention).scalar_subquery() for query in (named, beside))
    return sa.func.coalesce(*found, 0 if ascending else _BEYOND)


def _placed(number: sa.ColumnElement[str]) -> sa.Tuple:
    """Where a number stands among the others: by its year, then by its size."""
    return sa.tuple_(sa.func.substr(number, 1, len("A-2026")), sa.func.length(number), number)


def counted(
    connection: sa.Connection,
    query: sa.Select[Any],
    conditions: Conditions,
    page: int,
    *,
    of: sa.Table,
    in_order: Conditions | None = None,
) -> Found:
    """A page of what ``query`` finds under these conditions on ``of``; the last page for a number beyond it.

    ``in_order``: the same conditions, put so that the database meets the rows in their order.
    """
    total = int(connection.execute(sa.select(sa.func.count()).select_from(of).where(*conditions)).scalar_one())
    shown = min(max(page, 1), max(-(-total // PAGE), 1))
    first = _first(query, in_order or conditions, PAGE, (shown - 1) * PAGE, of=of)
    return Found([*connection.execute(first).mappings()], total, shown)


def _first(query: sa.Select[Any], conditions: Conditions, limit: int, offset: int = 0, *, of: sa.Table) -> sa.Select[Any]:
    """So many rows of a query from a place on; nothing but their ids is read of those before."""
    ids = query.with_only_columns(of.c.id).where(*conditions).limit(limit).offset(offset)
    return query.where(of.c.id.in_(ids))


def _conditions(connection: sa.Connection, reader: Reader, convention: str, wanted: Wanted, language: str) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
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
