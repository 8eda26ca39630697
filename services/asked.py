"""A request is answered once: the event that answers it is named after the request's key, and keeps the hash of its content."""

import hashlib
import json
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, RecordOpinion
from models.errors import Conflict, Problem
from models.journeys import Question, together
from models.lifecycle import State
from models.prepared import Prepared
from models.tables import Action, Event, MeetingEvent, Request, table
from services.work import Outcome

_ACTION, _EVENT, _OF_MEETING, _REQUEST = table(Action), table(Event), table(MeetingEvent), table(Request)
_BYTES = 16
_FREE_BITS = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_VERSION_8 = 0x00000000_0000_8000_8000_000000000000
_NO_TEXT = b"\xff"
"""A byte that no key has, since keys are text in UTF-8: no key names the further event of another."""


class Trace(NamedTuple):
    """What the log keeps of a request: the id that its key gives to the event, and 16 bytes of the hash of its content.

    ``discreet``: the hash without the choice, which a secret ballot keeps instead; nobody can try the few choices on it.
    """

    event: UUID
    digest: bytes
    discreet: bytes | None = None


def trace_of(command: Command) -> Trace:
    """The trace of a command. The key goes into the hash of the content too, so that nobody can try whether it is of a text they guess."""
    discreet = _short(command.model_dump_json(exclude={"opinion"})) if isinstance(command, RecordOpinion) else None
    return Trace(event_named(command.key), _short(command.model_dump_json()), discreet)


def event_named(key: str, further: int = 0) -> UUID:
    """The id of the event that answers a request (UUID version 8, RFC 9562), or of the n-th further event of the same command."""
    named = int.from_bytes(_short(key, b"%d%s" % (further, _NO_TEXT) if further else b""), "big")
    return UUID(int=named & _FREE_BITS | _VERSION_8)


def _short(text: str, before: bytes = b"") -> bytes:
    return hashlib.sha256(before + text.encode()).digest()[:_BYTES]


_NAMED = sa.bindparam("event_", type_=_EVENT.c.id.type)
_ANSWER = Prepared(
    sa.union_all(
        sa.select(_EVENT.c.id, _EVENT.c.action_id, _EVENT.c.seq, _EVENT.c.recorded_at, _EVENT.c.after, _EVENT.c.digest).where(
            _EVENT.c.id == _NAMED
        ),
        sa.select(_OF_MEETING.c.id, sa.null(), _OF_MEETING.c.seq, sa.null(), sa.null(), sa.null()).where(_OF_MEETING.c.id == _NAMED),
    )
)
"""The event of an action with this id, or that of a meeting, which answers no request about an action."""
_OLDER_ANSWER = Prepared(sa.select(_REQUEST.c.digest, _REQUEST.c.answer).where(_REQUEST.c.key == sa.bindparam("key_")))
_ALSO = (
    (_EVENT.c.action_id == sa.bindparam("action_"))
    & (_EVENT.c.cause == sa.bindparam("event_", type_=_EVENT.c.id.type))
    & _EVENT.c.digest.is_(None)
    & (_EVENT.c.recorded_at == sa.bindparam("at_", type_=_EVENT.c.recorded_at.type))
)
_LAST = Prepared(sa.select(sa.func.max(_EVENT.c.seq).label("seq")).where(_ALSO))
_NUMBER = Prepared(sa.select(_ACTION.c.number).where(_ACTION.c.id == sa.bindparam("action_")))


def recall(trace: Trace) -> Question:
    """Asks whether the same request was answered before by this release."""
    return _ANSWER, {"event_": trace.event}


def recall_older(command: Command) -> Question:
    """Asks whether it was answered by the release before."""
    return _OLDER_ANSWER, {"key_": command.key}


def asked_before(connection: sa.Connection, command: Command) -> bool:
    """Whether the very same was asked before. Raises Conflict if its key was used for something else."""
    trace = trace_of(command)
    return answered(connection, command, trace, *together(connection, recall(trace), recall_older(command))) is not None


def is_taken(connection: sa.Connection, event: UUID) -> bool:
    """Whether an event has this id, of an action or of a meeting."""
    return _ANSWER.first(connection, event_=event) is not None


def answered(connection: sa.Connection, command: Command, trace: Trace, event: Any, older: Any) -> Outcome | None:
    """What the same request was answered, or None. Raises Conflict if its key was used for something else."""
    if event is None and older is None:
        return None
    if event is not None and event.digest is not None and event.digest in (trace.digest, trace.discreet):
        return _outcome(connection, event)
    if event is None and older.digest == older_digest(command):
        answer = older.answer
        return Outcome(answer["number"], State(answer["state"]), answer["version"], UUID(answer["event"]), repeated=True)
    raise Conflict(Problem("key_reused", {"key": command.key}))


def _outcome(connection: sa.Connection, event: Any) -> Outcome:
    """The further events of the same command, which have no digest of their own, count into the version it led to."""
    last = _LAST.scalar(connection, action_=event.action_id, event_=event.id, at_=event.recorded_at) or event.seq
    number = _NUMBER.scalar(connection, action_=event.action_id)
    return Outcome(number, State(event.after), last, event.id, repeated=True)


def older_digest(command: Command) -> str:
    """The content of a request as the release before this one knew it."""
    return hashlib.sha256(json.dumps(command.model_dump(mode="json", exclude={"key"}), sort_keys=True).encode()).hexdigest()
