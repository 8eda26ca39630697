"""The audit of meetings: each one's chain, its log folded into rows, and the rows and texts themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.findings import Finding, Place
from models.integrity import ID, SEQ, Stored, walk
from models.meetings.replay import Listed, MeetingReplay
from models.replayed import Source
from models.tables import Action, AgendaItem, Meeting, MeetingEvent, MeetingWords, table
from services.audit_examination import Examination
from services.work import fingerprint

_ACTION, _ITEM, _MEETING = table(Action), table(AgendaItem), table(Meeting)
_EVENT, _WORDS = table(MeetingEvent), table(MeetingWords)
_PAYLOAD = FIELDS.index("payload")
_DOCUMENTS = frozenset({"notice", "attendance", "quorum"})


def examine_meetings(connection: sa.Connection, examination: Examination) -> None:
    """Examine every meeting, and look for what belongs to none."""
    for meeting in connection.execute(sa.select(_MEETING).order_by(_MEETING.c.id)).all():
        place = Place(meeting.convention, meeting.number)
        examination.counts["meetings"] += 1
        examination.numbers.note_meeting(place, meeting.body)
        examination.take(_Examined(connection, examination, meeting, place).findings())
    examination.take(_ownerless(connection))


@dataclass(slots=True)
class _Examined:
    """One meeting under examination."""

    connection: sa.Connection
    examination: Examination
    meeting: Any
    place: Place

    def findings(self) -> Iterator[Finding]:
        """Everything that does not agree; a chain that is broken is told alone."""
        rows = self._rows(_EVENT, _EVENT.c.seq)
        events = [event for row in rows if (event := _stored(row)) is not None]
        self.examination.counts["events"] += len(rows)
        if len(events) < len(rows):
            broken = next(row for row in rows if _stored(row) is None)
            yield Finding("event_changed", *self.place, broken.seq, broken.id.hex)
            return
        walked = walk(self.place, events, self.meeting.version, self.meeting.version)
        if walked.findings:
            yield from walked.findings
            return
        if walked.hashes.get(self.meeting.version) != bytes(self.meeting.head):
            yield Finding("head_differs", *self.place, self.meeting.version)
        if self.examination.marks.count:
            yield from self.examination.noted(self.place, self.meeting, walked)
        replay = MeetingReplay()
        unfit = next(_replayed(self.place, replay, events), None)
        if unfit is not None:
            yield unfit
            return
        yield from (*self._columns(replay), *self._items(replay), *self._texts(replay))

    def _rows(self, rows: sa.Table, order: sa.Column[Any]) -> Sequence[Any]:
        query = sa.select(rows).where(rows.c.meeting_id == self.meeting.id).order_by(order)
        return self.connection.execute(query).all()

    def _columns(self, replay: MeetingReplay) -> Iterator[Finding]:
        for column, said in {"state": replay.state, **replay.columns}.items():
            stored = getattr(self.meeting, column)
            if column in _DOCUMENTS and stored != said:
                yield self._finding("row_text_differs", replay.by, table="meeting", column=column)
            elif column not in _DOCUMENTS and _plain(stored) != said:
                shown = {"stored": str(_plain(stored) or "-"), "said": str(said or "-")}
                yield self._finding("row_differs", replay.by, table="meeting", column=column, **shown)

    def _items(self, replay: MeetingReplay) -> Iterator[Finding]:
        columns = (_ITEM.c[name] for name in ("position", "words_id", "follows", "silent_since"))
        query = sa.select(*columns, _ACTION.c.number).outerjoin(_ACTION, _ACTION.c.id == _ITEM.c.action_id)
        rows = self.connection.execute(query.where(_ITEM.c.meeting_id == self.meeting.id)).all()
        stored = {
            row.position: Listed(row.number, row.words_id.hex if row.words_id else None, row.follows, _plain(row.silent_since))
            for row in rows
        }
        said = dict(enumerate(replay.items, 1))
        for position in sorted(stored.keys() | said.keys()):
            if position not in said:
                yield self._finding("row_unknown", replay.by, table="agenda_item")
            elif position not in stored:
                yield self._finding("row_missing", replay.by, table="agenda_item")
            elif stored[position] != said[position]:
                shown = {"stored": str(stored[position].action or "-"), "said": str(said[position].action or "-")}
                yield self._finding("row_differs", replay.by, table="agenda_item", column=f"position {position}", **shown)

    def _texts(self, replay: MeetingReplay) -> Iterator[Finding]:
        kept = {row.id.hex: row for row in self._rows(_WORDS, _WORDS.c.id)}
        self.examination.counts["texts"] += len(kept)
        for words_id, (told, kind, author, by) in replay.texts.items():
            row = kept.pop(words_id, None)
            if row is None:
                self.examination.counts["erased"] += 1
            elif fingerprint(row.salt, row.body) != told:
                yield self._finding("text_changed", by, kind=kind)
            elif (row.convention, row.kind, row.author_seat) != (self.place.convention, kind, author):
                yield self._finding("text_misfiled", by, kind=kind)
        for words_id in kept:
            yield self._finding("text_unknown", None, text=words_id)

    def _finding(self, code: str, by: Source | None, **params: str | int) -> Finding:
        return Finding(code, *self.place, by[0] if by else None, by[1] if by else None, params)


def _stored(row: Any) -> Stored | None:
    """An event as the walk along a chain takes it; None where its record is none, or its columns say something else."""
    try:
        content = loads(row.record)
    except ValueError:
        return None
    if not isinstance(content, list) or len(content) != len(FIELDS) or content[:2] != [row.id.hex, row.seq]:
        return None
    return (row.position, row.meeting_id, row.convention, row.hash, *content)


def _replayed(place: Place, replay: MeetingReplay, events: Sequence[Stored]) -> Iterator[Finding]:
    """Fold the log; what it cannot have said stops the rebuilding."""
    for event in events:
        content = event[-len(FIELDS) :]
        try:
            legal = replay.apply(content, loads(content[_PAYLOAD]))
        except (KeyError, TypeError, ValueError, AttributeError):
            yield Finding("payload_unfit", *place, event[SEQ], event[ID])
            return
        if not legal:
            params = {"before": content[10] or "-", "topic": content[2], "after": content[11]}
            yield Finding("move_unknown", *place, event[SEQ], event[ID], params)
            return


def _plain(value: Any) -> Any:
    """A column as the log writes it: ids in hexadecimal, days as ``YYYY-MM-DD``."""
    if hasattr(value, "hex") and not isinstance(value, bytes | float):
        return value.hex
    return value.isoformat() if hasattr(value, "isoformat") else value


def _ownerless(connection: sa.Connection) -> Iterator[Finding]:
    """What belongs to a meeting that is not there."""
    for rows in (_EVENT, _ITEM, _WORDS):
        query = sa.select(sa.func.count()).select_from(rows.outerjoin(_MEETING, _MEETING.c.id == rows.c.meeting_id))
        count = int(connection.execute(query.where(_MEETING.c.id.is_(None))).scalar_one())
        if count:
            yield Finding("rows_ownerless", "", params={"table": rows.name, "count": count})
