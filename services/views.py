"""Views of lists that people save: the filters and the order of a page under a name of theirs. What a view finds is asked anew each time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.queries import read_query
from models.tables import Person, SavedView, table
from services.bootstrap import App
from services.finding import Wanted as WantedActions
from services.list_query import LONGEST as LONGEST_TEXT
from services.list_query import ListQuery
from services.search.find import Wanted as WantedResults

_PERSON, _VIEW = table(Person), table(SavedView)
PAGES: Mapping[str, type[ListQuery]] = {"actions": WantedActions, "recherche": WantedResults}
"""The pages whose views can be saved, with what each may be asked for."""
LONGEST = 80
MOST = 50
"""Views of one person."""
_PAIRS = 100
"""Parts of an address's query that are looked at; no list has as many filters."""


class View(NamedTuple):
    """A saved view."""

    id: int
    page: str
    name: str
    filters: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where it is shown."""
        query = urlencode(self.filters)
        return f"/{self.page}?{query}" if query else f"/{self.page}"


def views_of(app: App, person_id: int, page: str | None = None) -> list[View]:
    """The views that somebody saved, of a page or of all, by name."""
    mine = (_VIEW.c.person_id == person_id) if page is None else (_VIEW.c.person_id == person_id) & (_VIEW.c.page == page)
    with app.db.read() as connection:
        rows = connection.execute(sa.select(_VIEW).where(mine).order_by(_VIEW.c.page, _VIEW.c.name)).mappings().all()
    return [View(row["id"], row["page"], row["name"], row["filters"]) for row in rows]


def save(app: App, person_id: int, page: str, name: str, query: str) -> View:
    """Save what an address asks of its page; whatever else it holds is left out.

    Refuses a page without views, what its page would not take either, a name that is empty, too long or taken, and one view too many.
    """
    kept = _filters(page, query)
    with app.db.write() as connection:
        own = connection.execute(sa.select(_VIEW.c.page, _VIEW.c.name).where(_VIEW.c.person_id == person_id)).all()
        name = _checked(name, [row.name for row in own if row.page == page])
        if len(own) >= MOST:
            raise Refused.because("view_too_many", "name", most=MOST)
        convention = connection.execute(sa.select(_PERSON.c.convention).where(_PERSON.c.id == person_id)).scalar_one()
        values = {
            "convention": convention,
            "person_id": person_id,
            "page": page,
            "name": name,
            "filters": kept,
            "saved_at": app.clock.now(),
        }
        saved = connection.execute(_VIEW.insert().returning(_VIEW.c.id), values).scalar_one()
    return View(saved, page, name, kept)


def _filters(page: str, query: str) -> dict[str, str]:
    """What a query asks of a page, but for the place in its list. Refuses what the page would refuse."""
    if page not in PAGES:
        raise Refused.because("request_unreadable")
    try:
        given = dict(parse_qsl(query, max_num_fields=_PAIRS))
    except ValueError:
        raise Refused.because("view_filters_unreadable") from None
    if any(len(text) > LONGEST_TEXT for text in given.values()):
        raise Refused.because("view_filters_unreadable")
    kept = PAGES[page].read(given).as_query(page=1)
    read_query(kept.get("words", ""))
    return kept


def rename(app: App, person_id: int, view: int, name: str) -> None:
    """Give a view another name. Refuses one that is empty, too long or taken. Raises NotFound for a view of nobody, or of somebody else."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(_VIEW).where(_is(person_id, view))).mappings().first()
        if row is None:
            raise NotFound(Problem("view_unknown"))
        others = (_VIEW.c.person_id == person_id) & (_VIEW.c.page == row["page"]) & (_VIEW.c.id != view)
        name = _checked(name, connection.execute(sa.select(_VIEW.c.name).where(others)).scalars().all())
        connection.execute(_VIEW.update().where(_VIEW.c.id == view).values(name=name))


def delete(app: App, person_id: int, view: int) -> None:
    """Delete a view. Raises NotFound for a view of nobody, or of somebody else."""
    with app.db.write() as connection:
        if not connection.execute(_VIEW.delete().where(_is(person_id, view))).rowcount:
            raise NotFound(Problem("view_unknown"))


def _is(person_id: int, view: int) -> sa.ColumnElement[bool]:
    return (_VIEW.c.id == view) & (_VIEW.c.person_id == person_id)


def _checked(name: str, taken: Sequence[str]) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise Refused.because("view_name_missing" if not name else "view_name_long", "name", longest=LONGEST)
    if name in taken:
        raise Refused.because("view_name_taken", "name", name=name)
    return name
