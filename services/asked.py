"""A request is answered once: the event that answers it is named after the request's key, and keeps the hash of its content."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command
from models.errors import Conflict, Problem
from models.lifecycle import State
from models.prepared import Prepared
from models.tables import Action, Event, Request, table
from services.work import Outcome

_ACTION, _EVENT, _REQUEST = table(Action), table(Event), table(Request)
_BYTES = 16
_FREE_BITS = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_VERSION_8 = 0x00000000_0000_8000_8000_000000000000


class Trace(NamedTuple):
    """What the log keeps of a request: the id that its key gives to the event, and 16 bytes of the hash of its content."""

    event: UUID
    digest: bytes


def trace_of(command: Command) -> Trace:
    """The trace of a command. The key goes into the hash of the content too, so that nobody can try whether it is of a text they guess."""
    return Trace(event_named(command.key), _short(command.model_dump_json()))


def event_named(key: str, further: int = 0) -> UUID:
    """The id of the event that answers a request (UUID version 8, RFC 9562), or of the n-th further event of the same command."""
    named = int.from_bytes(_short(f"{key}/{further}" if further else key), "big")
    return UUID(int=named & _FREE_BITS | _VERSION_8)


def _short(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_BYTES]


_ALSO = _EVENT.alias("also")
_LAST = (
    sa.select(sa.func.max(_ALSO.c.seq))
    .where(_ALSO.c.action_id == _EVENT.c.action_id, _ALSO.c.cause == _EVENT.c.id, _ALSO.c.digest.is_(None))
    .where(_ALSO.c.recorded_at == _EVENT.c.recorded_at)
    .scalar_subquery()
)
"""The further events of the same command have no trace of their own."""
_ONE = sa.select(sa.literal(1).label("one")).subquery()
_RECALL = Prepared(
    sa.select(
        _EVENT.c.digest,
        _EVENT.c.id,
        _EVENT.c.after,
        sa.func.coalesce(_LAST, _EVENT.c.seq).label("version"),
        _ACTION.c.number,
        _REQUEST.c.digest.label("older_digest"),
        _REQUEST.c.answer,
    )
    .select_from(_ONE)
    .outerjoin(_EVENT, _EVENT.c.id == sa.bindparam("event_"))
    .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
    .outerjoin(_REQUEST, _REQUEST.c.key == sa.bindparam("key_"))
)


def recall(command: Command, trace: Trace) -> tuple[Prepared, dict[str, Any]]:
    """Asks whether the same request was answered before."""
    return _RECALL, {"event_": trace.event, "key_": command.key}


def answered(command: Command, trace: Trace, row: Any) -> Outcome | None:
    """What the same request was answered, or None. Raises Conflict if its key was used for something else."""
    if row.digest is not None and row.digest == trace.digest:
        return Outcome(row.number, State(row.after), row.version, row.id, repeated=True)
    if row.id is None and row.older_digest is None:
        return None
    if row.id is not None or row.older_digest != older_digest(command):
        raise Conflict(Problem("key_reused", {"key": command.key}))
    return _answer_of_older_release(row.answer)


def _answer_of_older_release(answer: Mapping[str, Any]) -> Outcome:
    return Outcome(answer["number"], State(answer["state"]), answer["version"], UUID(answer["event"]), repeated=True)


def older_digest(command: Command) -> str:
    """The content of a request as the release before this one knew it."""
    return hashlib.sha256(json.dumps(command.model_dump(mode="json", exclude={"key"}), sort_keys=True).encode()).hexdigest()
