"""What is shown of the documents that were found: asked anew from the rows that they were made from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.tables import Action, Attachment, Decision, Words, table
from services.search.documents import Found, source_of, texts_of_sheet
from services.search.marking import Marked, excerpt, marked

_ACTION, _ATTACHMENT, _DECISION, _WORDS = table(Action), table(Attachment), table(Decision), table(Words)
Row = Mapping[Any, Any]
_OF_ACTION = (_ACTION.c.number.label("action"), _ACTION.c.state, _ACTION.c.sheet)


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found. ``head``: its title or name, and ``excerpt``: a part of its texts, with what was looked for marked.

    ``number``: the number of the action or the decision; ``sha256``: of a file.
    """

    kind: str
    number: str
    action: str
    title: str
    state: str
    day: date
    head: Marked
    excerpt: Marked
    axis: str | None
    themes: Sequence[str]
    body: str | None = None
    outcome: str | None = None
    file_name: str | None = None
    sha256: str | None = None


def results_of(connection: sa.Connection, ids: Sequence[int], stems: Collection[str]) -> list[Result]:
    """The results of these documents, in their order: a question for each kind."""
    wanted: dict[Found, list[int]] = {}
    for known in ids:
        kind, source = source_of(known)
        wanted.setdefault(kind, []).append(source)
    rows = {(kind, row["id"]): row for kind, sources in wanted.items() for row in _rows(connection, kind, sources)}
    return [_result(source_of(known)[0], row, stems) for known in ids if (row := rows.get(source_of(known))) is not None]


def _rows(connection: sa.Connection, kind: Found, sources: Sequence[int]) -> Sequence[Row]:
    if kind is Found.ACTION:
        query = sa.select(_ACTION.c.id, _ACTION.c.created_at, *_OF_ACTION).where(_ACTION.c.id.in_(sources))
    elif kind is Found.DECISION:
        own = (_DECISION.c[name] for name in ("id", "number", "body", "outcome", "decided_on", "reference"))
        joined = sa.select(*own, _WORDS.c.body.label("words"), *_OF_ACTION).join(_ACTION, _ACTION.c.id == _DECISION.c.action_id)
        query = joined.outerjoin(_WORDS, _WORDS.c.id == _DECISION.c.words_id).where(_DECISION.c.id.in_(sources))
    else:
        own = (_ATTACHMENT.c[name] for name in ("id", "file_name", "sha256", "added_at"))
        query = sa.select(*own, *_OF_ACTION).join(_ACTION, _ACTION.c.id == _ATTACHMENT.c.action_id).where(_ATTACHMENT.c.id.in_(sources))
    return connection.execute(query).mappings().all()


def _result(kind: Found, row: Row, stems: Collection[str]) -> Result:
    sheet = row["sheet"]
    title = sheet["title"]
    about: dict[str, Any] = {
        "kind": kind.name.lower(),
        "action": row["action"],
        "title": title,
        "state": row["state"],
        "axis": sheet.get("axis"),
        "themes": tuple(sheet.get("themes") or ()),
    }
    if kind is Found.ACTION:
        day, texts = row["created_at"].date(), texts_of_sheet(sheet)
        return Result(**about, number=row["action"], day=day, head=marked(title, stems), excerpt=excerpt(texts, stems))
    if kind is Found.DECISION:
        texts = [text for text in (row["words"], row["reference"]) if text]
        own = {"number": row["number"], "body": row["body"], "outcome": row["outcome"], "day": row["decided_on"]}
        return Result(**about, **own, head=marked(title, stems), excerpt=excerpt(texts, stems))
    name = row["file_name"]
    own = {"number": row["action"], "file_name": name, "sha256": row["sha256"], "day": row["added_at"].date()}
    return Result(**about, **own, head=marked(name, stems), excerpt=marked(title, stems))
