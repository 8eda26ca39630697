"""The same question to each kind of database: its index finds the tokens, and the stored text says whether they follow one another."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from models.tables import DOCUMENT
from services.search.asked import Alternatives, Sought


class Question(NamedTuple):
    """Where to look, what must hold, and what is larger for the newer."""

    where: sa.FromClause
    conditions: list[sa.ColumnElement[bool]]
    newness: sa.ColumnElement[int]


_SEARCH = sa.table("search", sa.column("rowid", sa.Integer), sa.column("search", sa.Text))
_LEXEMES: sa.ColumnClause[Any] = sa.literal_column("document.lexemes")


def matching(connection: sa.Connection, found: Sought, *, head: bool = False, bare: bool = False) -> Question:
    """Ask the index. ``head``: only for what has all of it in its number or title; ``bare``: nothing else will be asked of the documents."""
    wanted, holds = _asked(found, head=head)
    if connection.dialect.name == "sqlite":
        asked = _SEARCH.c.search.op("MATCH", is_comparison=True)(_for_sqlite(wanted, found.unwanted))
        where = _SEARCH if bare and not holds else _SEARCH.join(DOCUMENT, DOCUMENT.c.id == _SEARCH.c.rowid)
        return Question(where, [asked, *holds], _SEARCH.c.rowid)
    asked = _LEXEMES.op("@@", is_comparison=True)(sa.cast(_for_postgres(wanted, found.unwanted), TSQUERY))
    return Question(DOCUMENT, [asked, *holds], DOCUMENT.c.id)


def reading(found: Sought, *, head: bool = False) -> Question:
    """The same without an index, by reading what is stored: for a few documents that are known already."""
    wanted, holds = _asked(found, head=head)
    there = [sa.or_(*map(_follow, each)) for each in wanted]
    return Question(DOCUMENT, [*there, *(~_follow(token) for each in found.unwanted for token in each), *holds], DOCUMENT.c.id)


def _asked(found: Sought, *, head: bool) -> tuple[list[Alternatives], list[sa.ColumnElement[bool]]]:
    """What is in the number or the title is in the document: there is no need to ask for both."""
    wanted = [*(found.in_head if head else found.wanted), *((each,) for each in found.facets)]
    return wanted, [*map(_follow, found.phrases), *(~_follow(phrase) for phrase in found.unsaid)]


def _follow(phrase: str) -> sa.ColumnElement[bool]:
    return DOCUMENT.c.tokens.contains(f" {phrase} ", autoescape=True)


def _for_sqlite(wanted: Iterable[Alternatives], unwanted: Iterable[Alternatives]) -> str:
    asked = " AND ".join(_among(each, " OR ", '"') for each in wanted)
    out = [token for each in unwanted for token in each]
    return f"({asked}) NOT {_among(out, ' OR ', chr(34))}" if out else asked


def _for_postgres(wanted: Iterable[Alternatives], unwanted: Iterable[Alternatives]) -> str:
    asked = [_among(each, " | ", "'") for each in wanted]
    return " & ".join([*asked, *(f"!'{token}'" for each in unwanted for token in each)])


def _among(tokens: Iterable[str], joined: str, quote: str) -> str:
    return f"({joined.join(f'{quote}{token}{quote}' for token in tokens)})"
