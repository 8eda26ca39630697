"""The audit: is the log whole, do the rows say what it says, and does it still say what the checkpoints noted? Changes nothing."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.errors import Refused
from models.events import SCHEMA_VERSION
from models.findings import Finding, Place
from models.integrity import CONTENT, CONVENTION, ID, POSITION, SEQ, Stored, Walk, walk
from models.prepared import Prepared
from models.replay import Replay
from models.tables import Action, table
from services.audit_compare import Comparison, by_id, titles
from services.audit_marks import Marks
from services.audit_numbers import Numbers
from services.audit_rows import Span, homeless, spans
from services.bootstrap import App

_PAYLOAD, _SCHEMA = FIELDS.index("payload"), FIELDS.index("schema_version")
_ACTION = table(Action)
_KNOWN = Prepared(
    sa.select(_ACTION.c.id).where(_ACTION.c.convention == sa.bindparam("convention_"), _ACTION.c.number == sa.bindparam("number_"))
)
_LISTED = 1_000
_ROOT = 64


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. ``first``: the finding that comes first in the log; ``more``: findings that were counted, but are not listed.

    ``erased`` texts were deleted with their salts, ``unsealed`` events are an older release's that nobody has sealed yet, and of
    ``unproven`` columns the log does not say what they hold: none of them is a finding.
    """

    actions: int
    events: int
    texts: int
    erased: int
    unsealed: int
    unproven: int
    checkpoints: int
    findings: tuple[Finding, ...]
    first: Finding | None
    more: int

    @property
    def agrees(self) -> bool:
        """Whether there is no finding."""
        return self.first is None


def verify(app: App, *, checkpoints: Sequence[Path] = (), root: str | None = None) -> Audit:
    """Read the log once, follow every chain, rebuild every action from it and compare it with the rows, the texts and the checkpoints.

    ``checkpoints`` are copies kept elsewhere, held against the log besides the home's own; ``root`` is one that was sent by mail.
    Refuses a file that is not there and a root that is none.
    """
    if root is not None and not _is_root(root):
        raise Refused.because("root_malformed", given=root)
    with Marks() as marks:
        marks.read_home(app.settings.checkpoints)
        marks.read_kept(checkpoints)
        if root is not None:
            marks.hold_root(root.lower())
        with app.db.read() as connection, _no_search_for_cycles():
            return _Examination(marks).carry_out(connection)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """What an audit reads is let go of span by span and holds no cycles: to search it for some takes a tenth of its time."""
    usual = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if usual:
            gc.enable()


def _is_root(text: str) -> bool:
    return len(text) == _ROOT and all(letter in "0123456789abcdefABCDEF" for letter in text)


@dataclass(slots=True)
class _Examination:
    """An audit under way."""

    marks: Marks
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("actions", "events", "texts", "erased", "unsealed", "unproven"), 0)
    )
    listed: list[Finding] = field(default_factory=list)
    more: int = 0
    first: tuple[int, Finding] | None = None

    def carry_out(self, connection: sa.Connection) -> Audit:
        numbers = Numbers(connection)
        self._take(self.marks.findings)
        for span in spans(connection):
            for action in span.actions:
                place = Place(action.convention, action.number)
                self._examine(span, action, place, numbers)
            self._take(_ownerless(span))
        self._take(_vanished(connection, self.marks))
        self._take(numbers.findings())
        if lost := homeless(connection):
            self._take([Finding("rows_ownerless", "", params={"table": "opinion", "count": lost})])
        first = self.first[1] if self.first else None
        return Audit(**self.counts, checkpoints=self.marks.count, findings=tuple(self.listed), first=first, more=self.more)

    def _examine(self, span: Span, action: Any, place: Place, numbers: Numbers) -> None:
        events = span.events.get(action.id, ())
        walked = walk(place, events, action.version, action.sealed)
        self.counts["actions"] += 1
        self.counts["events"] += len(events)
        self.counts["unsealed"] += walked.unsealed
        numbers.note_action(place)
        if walked.findings:
            numbers.give_up(place.convention)
            self._take(walked.findings, events)
            return
        if not _ends_so(action, walked):
            self._take([Finding("head_differs", *place, max(walked.hashes, default=None))], events)
        if self.marks.count:
            self._take(self._noted(place, action, walked), events)
        self._rebuild(span, action, place, numbers)

    def _rebuild(self, span: Span, action: Any, place: Place, numbers: Numbers) -> None:
        events = span.events.get(action.id, ())
        words = by_id(span.rows["words"].get(action.id, ()))
        replay = Replay(titles(words))
        broken = list(_replayed(place, replay, events))
        self.counts["texts"] += len(words)
        if broken:
            numbers.give_up(place.convention)
            self._take(broken, events)
            return
        numbers.note_decisions(place, replay)
        compared = Comparison(place, action, replay, span.rows, words)
        self._take(compared.findings(), events)
        self.counts["erased"] += compared.erased
        self.counts["unproven"] += compared.unproven

    def _noted(self, place: Place, action: Any, walked: Walk) -> Iterator[Finding]:
        """What the checkpoints noted of this chain must still be so."""
        for version, head, file in self.marks.of(place):
            if version > action.version:
                yield Finding("checkpoint_ahead", *place, action.version + 1, None, {"file": file, "version": version})
            elif version and walked.hashes.get(version, b"").hex() != head:
                yield Finding("checkpoint_differs", *place, version, None, {"file": file})
                return

    def _take(self, found: Iterator[Finding] | Sequence[Finding], events: Sequence[Stored] = ()) -> None:
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


def _vanished(connection: sa.Connection, marks: Marks) -> Iterator[Finding]:
    """The actions that a checkpoint knows must still be there."""
    for place, file in marks.actions():
        if _KNOWN.first(connection, convention_=place.convention, number_=place.number) is None:
            yield Finding("action_vanished", *place, params={"file": file})


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
