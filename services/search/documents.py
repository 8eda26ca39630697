"""What can be found, and by which words: an action by its number and sheet, a decision by its number, its action and its reasons, a file by its name.

Opinions, reservations, reasons of commands and former versions are in no document: what a reader may not see cannot be found by anybody.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import IntEnum
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from models.analysis import Token, stems, tokens
from models.tables import Action, Attachment, Decision, Words, table

_ACTION, _ATTACHMENT, _DECISION, _WORDS = table(Action), table(Attachment), table(Decision), table(Words)
_EPOCH = date(2000, 1, 1).toordinal()
_KIND_BITS, _SOURCE_BITS = 2, 40
PROSE = ("context", "description", "indicators")
"""The long texts of a sheet, in its order."""
_FACETS = {"axis": "axis", "objective": "objective", "themes": "theme", "sites": "site", "partners": "partner", "lead_body": "partner"}
_A_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
IN_HEAD = "^"
"""Leads the words of a title or number, which count for more."""
Row = Mapping[Any, Any]


class Found(IntEnum):
    """The kinds of what can be found, in their order within a day."""

    ACTION = 0
    DECISION = 1
    FILE = 2


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to be found. ``head``: its number and title; ``body``: its other texts; ``facets``: what it may be filtered by."""

    kind: Found
    source: int
    day: date
    head: tuple[str, ...]
    body: tuple[str, ...] = ()
    facets: Mapping[str, Iterable[str]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Larger for what is newer."""
        days = self.day.toordinal() - _EPOCH
        return ((days << _KIND_BITS) + self.kind << _SOURCE_BITS) + self.source

    def words(self) -> list[Token]:
        """Every word of its texts."""
        return [token for text in (*self.head, *self.body) for token in tokens(text)]

    def tokens(self) -> str:
        """What is stored of it."""
        head, body = ([stems(text) for text in texts] for texts in (self.head, self.body))
        return laid_out(head, body, [facet(name, value) for name, values in self.facets.items() for value in values])


def laid_out(head: Sequence[Sequence[str]], body: Sequence[Sequence[str]], facets: Sequence[str]) -> str:
    """What is stored: all stems in order, texts kept apart by a stroke, then what the index knows besides; a space before and after each.

    Besides: the stems of the head marked as such, every two that follow one another, and the facets.
    """
    marked = [IN_HEAD + token for text in head for token in (*text, *pairs(text))]
    beside = [*marked, *(pair for text in (*head, *body) for pair in pairs(text)), *facets]
    parts = [" ".join(part) for part in (*head, *body, beside) if part]
    return f" {' | '.join(parts)} "


def pairs(text: Sequence[str]) -> list[str]:
    """Every two stems that follow one another, as one token: no word has an underscore."""
    return [f"{one}_{other}" for one, other in pairwise(text)]


def facet(name: str, value: str) -> str:
    """The token of a filter: no word of a text has an equals sign. For what is no code it is one that no document holds."""
    return f"{name}={value if _A_CODE.fullmatch(value) else ''}"


def source_of(document_id: int) -> tuple[Found, int]:
    """The kind of a document, and the id of the row that it was made from."""
    return Found(document_id >> _SOURCE_BITS & (1 << _KIND_BITS) - 1), document_id & (1 << _SOURCE_BITS) - 1


def documents_of(connection: sa.Connection, action_ids: Iterable[int]) -> Iterator[tuple[Row, list[Document]]]:
    """Each of these actions with everything that is found of it now: three questions, however many they are."""
    ids = list(action_ids)
    actions = connection.execute(sa.select(_ACTION).where(_ACTION.c.id.in_(ids)).order_by(_ACTION.c.id)).mappings().all()
    files = _by_action(connection, sa.select(_ATTACHMENT).where(_ATTACHMENT.c.action_id.in_(ids)).order_by(_ATTACHMENT.c.id))
    decided = (
        sa.select(_DECISION, _WORDS.c.body.label("words"))
        .outerjoin(_WORDS, _WORDS.c.id == _DECISION.c.words_id)
        .where(_DECISION.c.action_id.in_(ids), ~_DECISION.c.superseded)
        .order_by(_DECISION.c.id)
    )
    decisions = _by_action(connection, decided)
    for action in actions:
        mine = [_of_decision(action, row) for row in decisions.get(action["id"], ())]
        yield action, [_of_action(action), *mine, *(_of_file(action, row) for row in files.get(action["id"], ()))]


def texts_of_sheet(sheet: Mapping[str, Any]) -> list[str]:
    """The texts of a sheet but its title, in its order."""
    return [*(sheet[name] for name in PROSE if sheet.get(name)), *(step["title"] for step in sheet.get("milestones") or ())]


def _by_action(connection: sa.Connection, query: sa.Select[Any]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["action_id"], []).append(row)
    return found


def _of_action(action: Row) -> Document:
    sheet = action["sheet"]
    head = (*numbered(action["number"]), sheet.get("title", ""))
    return Document(Found.ACTION, action["id"], _day(action["created_at"]), head, tuple(texts_of_sheet(sheet)), _facets(action, "action"))


def _of_decision(action: Row, row: Row) -> Document:
    head = (*numbered(row["number"]), *numbered(action["number"]), action["sheet"].get("title", ""))
    body = tuple(text for text in (row["words"], row["reference"]) if text)
    own = {"body": [row["body"]], "year": [row["number"].removeprefix(f"{row['body'].upper()}-")[:4]]}
    return Document(Found.DECISION, row["id"], row["decided_on"], head, body, _facets(action, "decision") | own)


def _of_file(action: Row, row: Row) -> Document:
    facets = _facets(action, "file") | {"year": [str(_day(row["added_at"]).year)]}
    return Document(
        Found.FILE, row["id"], _day(row["added_at"]), (row["file_name"],), (action["number"], action["sheet"].get("title", "")), facets
    )


def numbered(number: str) -> tuple[str, str]:
    """A number as one word, and its end for whoever types no more."""
    return number, "-".join(number.split("-")[-2:])


def _facets(action: Row, kind: str) -> dict[str, list[str]]:
    sheet, found = action["sheet"], {"convention": [action["convention"]], "kind": [kind], "year": [action["number"].split("-")[1]]}
    for name, known_as in _FACETS.items():
        value = sheet.get(name)
        codes = [value] if isinstance(value, str) else value or ()
        found.setdefault(known_as, []).extend(code for code in codes if code not in found.get(known_as, ()))
    return found


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
