"""Finding: what has all words in its number or title comes first, then the rest, the newest of each first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import sqlalchemy as sa

from models.charter import Charter
from models.lifecycle import State
from models.queries import read_query
from models.tables import DOCUMENT, Action, table
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.list_query import ListQuery
from services.readers import Reader, visible_to
from services.search.asked import Sought, sought
from services.search.index import BEFORE_A_SEARCH, catch_up, waiting
from services.search.matching import matching, reading
from services.search.results import Result, results_of

_ACTION = table(Action)
PAGE = 30
COUNTED = 500
"""Results that are counted; of more it is only said that there are."""
KINDS = ("action", "decision", "file")
_FEW = 2_000
"""Actions in a state that are looked through one by one."""


@dataclass(frozen=True, slots=True)
class Wanted(ListQuery):
    """What is looked for; an empty text narrows nothing. ``page`` counts from 1."""

    CHOICES: ClassVar[Mapping[str, Collection[str]]] = {"kind": KINDS, "state": tuple(State)}
    words: str = ""
    kind: str = ""
    state: str = ""
    axis: str = ""
    theme: str = ""
    body: str = ""
    year: str = ""
    page: int = 1

    @property
    def empty(self) -> bool:
        """Whether nothing at all is asked for."""
        return not self.as_query(page=1)

    @property
    def facets(self) -> Iterator[tuple[str, str]]:
        """What narrows it that the index knows; the state of an action it does not."""
        for name in ("kind", "axis", "theme", "body", "year"):
            if value := getattr(self, name):
                yield name, value


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results. ``total``: how many there are, at most ``COUNTED``; ``more``: there are more. ``behind``: actions still to be indexed."""

    rows: Sequence[Result]
    total: int
    more: bool
    page: int
    behind: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(-(-self.total // PAGE), 1)


def search(app: App, reader: Reader, convention: str, wanted: Wanted, language: str) -> Page:
    """A page of what is found, once what changed lately is indexed. Refuses words as ``read_query`` does."""
    catch_up(app, BEFORE_A_SEARCH)
    with app.db.read() as connection:
        asked = _Asked.of(connection, convention, reader, wanted, language)
        total = asked.count(COUNTED + 1)
        shown = min(total, COUNTED)
        page = min(max(wanted.page, 1), max(-(-shown // PAGE), 1))
        ids = asked.ids((page - 1) * PAGE, PAGE)
        return Page(results_of(connection, ids, asked.sought.marks), shown, total > COUNTED, page, waiting(connection))


def search_all(app: App, reader: Reader, convention: str, wanted: Wanted, language: str, at_most: int | None = None) -> Iterator[Result]:
    """Everything that is found, in the order of the pages, a few at a time; at most so many."""
    catch_up(app)
    with app.db.read() as connection:
        asked = _Asked.of(connection, convention, reader, wanted, language)
        ids = asked.ids(0, at_most)
        for start in range(0, len(ids), COUNTED):
            yield from results_of(connection, ids[start : start + COUNTED], asked.sought.marks)


def actions_with(connection: sa.Connection, charter: Charter, words: str, language: str) -> sa.ColumnElement[bool]:
    """That an action is found by these words. Refuses words as ``read_query`` does."""
    found = sought(connection, charter, read_query(words), [("kind", "action")], language)
    where, conditions, _ = matching(connection, found)
    return _ACTION.c.id.in_(sa.select(DOCUMENT.c.action_id).select_from(where).where(*conditions))


def _may_see(reader: Reader, state: str) -> list[sa.ColumnElement[bool]]:
    conditions = [] if reader.is_secretary else [visible_to(reader)]
    return [*conditions, *([_ACTION.c.state == state] if state else [])]


class _Asked:
    """A search at work."""

    def __init__(self, connection: sa.Connection, found: Sought, on_action: list[sa.ColumnElement[bool]], state: str) -> None:
        self._connection, self.sought, self._on_action = connection, found, on_action
        self._few = self._if_few() if state else None

    @classmethod
    def of(cls, connection: sa.Connection, convention: str, reader: Reader, wanted: Wanted, language: str) -> Self:
        """A search for what somebody wants. Refuses words as ``read_query`` does."""
        charter = charter_in_force(connection, convention)
        found = sought(connection, charter, read_query(wanted.words), wanted.facets, language)
        return cls(connection, found, _may_see(reader, wanted.state), wanted.state)

    def count(self, at_most: int) -> int:
        """How many there are, counted no further than this."""
        query = self._query().order_by(None).limit(at_most).subquery()
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(query)).scalar_one())

    def ids(self, start: int, size: int | None) -> list[int]:
        """The documents from a place on, in order."""
        until = None if size is None else start + size
        first = self._in_order(self._query(head=True), until) if self.sought.in_head else []
        if until is not None and len(first) >= until:
            return first[start:until]
        seen = set(first)
        rest = self._in_order(self._query(), until)
        return [*first, *(known for known in rest if known not in seen)][start:until]

    def _in_order(self, query: sa.Select[tuple[int]], at_most: int | None) -> list[int]:
        return [*self._connection.execute(query.limit(at_most)).scalars()]

    def _query(self, *, head: bool = False) -> sa.Select[tuple[int]]:
        """Of a few actions what is stored is read; among all others the index is asked."""
        if self._few is not None:
            where, conditions, newness = reading(self.sought, head=head)
            return sa.select(newness).select_from(where).where(DOCUMENT.c.action_id.in_(self._few), *conditions).order_by(newness.desc())
        where, conditions, newness = matching(self._connection, self.sought, head=head, bare=not self._on_action)
        if self._on_action:
            where = where.join(_ACTION, _ACTION.c.id == DOCUMENT.c.action_id)
        return sa.select(newness).select_from(where).where(*conditions, *self._on_action).order_by(newness.desc())

    def _if_few(self) -> list[int] | None:
        """The actions that it is about, if there are no more than can be looked through one by one."""
        convention = self.sought.facets[0].partition("=")[2]
        here = sa.select(_ACTION.c.id).where(_ACTION.c.convention == convention, *self._on_action).limit(_FEW + 1)
        found = [*self._connection.execute(here).scalars()]
        return found if len(found) <= _FEW else None
