"""Texts as one looks for them: without accents or capitals, the same on every database."""

import unicodedata
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def folded(text: str) -> str:
    """A text without accents or capitals."""
    if text.isascii():
        return text.lower()
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


def folded_or_none(text: str | None) -> str | None:
    """The same, as a function of SQLite takes it."""
    return None if text is None else folded(text)


class Folded(FunctionElement[str]):
    """A column as ``folded`` would have it. SQLite calls that function itself (``models.database``): its own ``lower`` knows ASCII alone."""

    inherit_cache = True
    type = sa.String()


@compiles(Folded, "sqlite")
def _called(element: Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"folded({compiler.process(element.clauses, **kw)})"


@compiles(Folded, "postgresql")
def _spelt(element: Folded, compiler: SQLCompiler, **kw: Any) -> str:
    plain = (
        f"regexp_replace(normalize(replace(lower({compiler.process(element.clauses, **kw)}), 'ß', 'ss'), NFKD), '[\u0300-\u036f]', '', 'g')"
    )
    return f'{plain} COLLATE "C"'


class InPlace(FunctionElement[str]):
    """A column as it stands, by which SQLite looks nothing up: it goes through the rows in their order, and stops where it has enough."""

    inherit_cache = True
    type = sa.String()


@compiles(InPlace, "sqlite")
def _not_looked_up(element: InPlace, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


@compiles(InPlace, "postgresql")
def _as_it_stands(element: InPlace, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)
