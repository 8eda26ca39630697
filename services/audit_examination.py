"""Examining actions one after the other: the chain, the log folded into rows, and the rows themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.events import SCHEMA_VERSION
from models.findings import Finding, Place
from models.integrity import CONTENT, CONVENTION, ID, POSITION, SEQ, Stored, Walk, walk
from models.replay import Replay
from services.audit_compare import Comparison, by_id, titles
from services.audit_marks import Marks
from services.audit_numbers import Met
from services.audit_rows import Range, Span, spans

_PAYLOAD, _SCHEMA = FIELDS.index("payload"), FIELDS.index("schema_version")
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """What was found in a range of actions: counts, the findings listed, how many more, and the one that comes first with its position."""

    counts: dict[str, int]
    listed: list[Finding]
    more: int
    first: tuple[int, Finding] | None


@dataclass(slots=True)
class Examination:
    """An audit under way, of all actions or of a range of them."""

    marks: Marks
    numbers: Met
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("actions", "meetings", "events", "texts", "erased", "unsealed", "unproven"), 0)
    )
    listed: list[Finding] = field(default_factory=list)
    more: int = 0
    first: tuple[int, Finding] | None = None

    def examine(self, connection: sa.Connection, within: Range) -> None:
        """Examine every action of a range, and look for what belongs to no action there."""
        for span in spans(connection, within):
            for action in span.actions:
                self._examine(span, action, Place(action.convention, action.number))
            self.take(_ownerless(span))

    def part(self) -> Part:
        """What was found so far."""
        return Part(self.counts, self.listed, self.more, self.first)

    def add(self, part: Part) -> None:
        """Take over what somebody else found in another range."""
        for name, count in part.counts.items():
            self.counts[name] += count
        room = max(_LISTED - len(self.listed), 0)
        self.listed += part.listed[:room]
        self.more += part.more + len(part.listed[room:])
        if part.first is not None and (self.first is None or part.first[0] < self.first[0]):
            self.first = part.first

    def _examine(self, span: Span, action: Any, place: Place) -> None:
        events = span.events.get(action.id, ())
        walked = walk(place, events, action.version, action.sealed)
        self.counts["actions"] += 1
        self.counts["events"] += len(events)
        self.counts["unsealed"] += walked.unsealed
        self.numbers.note_action(place)
        if walked.findings:
            self.numbers.give_up(place.convention)
            self.take(walked.findings, events)
            return
        if not _ends_so(action, walked):
            self.take([Finding("head_differs", *place, max(walked.hashes, default=None))], events)
        if self.marks.count:
            self.take(self.noted(place, action, walked), events)
        self._rebuild(span, action, place)

    def _rebuild(self, span: Span, action: Any, place: Place) -> None:
        events = span.events.get(action.id, ())
        words = by_id(span.rows["words"].get(action.id, ()))
        replay = Replay(titles(words))
        broken = list(_replayed(place, replay, events))
        self.counts["texts"] += len(words)
        if broken:
            self.numbers.give_up(place.convention)
            self.take(broken, events)
            return
        self.numbers.note_decisions(place, replay)
        compared = Comparison(place, action, replay, span.rows, words)
        self.take(compared.findings(), events)
        self.counts["erased"] += compared.erased
        self.counts["unproven"] += compared.unproven

    def noted(self, place: Place, action: Any, walked: Walk) -> Iterator[Finding]:
        """What the checkpoints noted of the chain of an action, or of a meeting, must still be so."""
        for version, head, file in self.marks.of(place):
            if version > action.version:
                yield Finding("checkpoint_ahead", *place, action.version + 1, None, {"file": file, "version": version})
            elif version and walked.hashes.get(version, b"").hex() != head:
                yield Finding("checkpoint_differs", *place, version, None, {"file": file})
                return

    def take(self, found: Iterator[Finding] | Sequence[Finding], events: Sequence[Stored] = ()) -> None:
        """List what was found, and remember what comes first in the log."""
        for finding in found:
            event = _event_at(events, finding.seq)
            named = replace(finding, event=event[ID]) if event and finding.event is None else finding
            if self.first is None or (event[POSITION] if event else _NOWHERE) < self.first[0]:
                self.first = (event[POSITION] if event else _NOWHERE, named)
            if len(self.listed) < _LISTED:
                self.listed.append(named)
            else:
                self.more += 1


_NOWHERE = 2**63


def _event_at(events: Sequence[Stored], seq: int | None) -> Stored | None:
    return next((event for event in events if event[SEQ] == seq), None) if seq is not None else None


def _ends_so(action: Any, walked: Walk) -> bool:
    """Whether the row of the action names the end of its chain."""
    last = max(walked.hashes, default=0)
    return bool(action.sealed == last and (not last or bytes(action.head or b"") == walked.hashes[last]))


def _replayed(place: Place, replay: Replay, events: Sequence[Stored]) -> Iterator[Finding]:
    """Fold the log; what it cannot have said stops the rebuilding."""
    for event in events:
        content = event[CONTENT:]
        text = content[_PAYLOAD]
        try:
            legal = replay.apply(content, _payload(text))
        except (KeyError, TypeError, ValueError, AttributeError):
            yield Finding("payload_unfit", *place, event[SEQ], event[ID])
            return
        if content[_SCHEMA] != SCHEMA_VERSION:
            yield Finding("schema_unknown", *place, event[SEQ], event[ID], {"version": content[_SCHEMA]})
        if not legal:
            params = {"before": content[10] or "-", "topic": content[2], "after": content[11]}
            yield Finding("move_unknown", *place, event[SEQ], event[ID], params)
            return


def _payload(text: str) -> dict[str, Any]:
    """The payload of an event. Raises ValueError where it is none."""
    payload = loads(text)
    if not isinstance(payload, dict):
        raise ValueError(text)  # noqa: TRY004  # to its caller an unreadable payload is one thing, whatever is wrong with it
    return payload


def _ownerless(span: Span) -> Iterator[Finding]:
    """What belongs to an action that is not there."""
    known = {action.id for action in span.actions}
    for action_id, events in span.events.items():
        if action_id not in known:
            first = events[0]
            yield Finding("action_missing", first[CONVENTION], "", first[SEQ], first[ID], {"count": len(events)})
    for name, grouped in span.rows.items():
        count = sum(len(rows) for action_id, rows in grouped.items() if action_id not in known)
        if count:
            yield Finding("rows_ownerless", "", params={"table": name, "count": count})
