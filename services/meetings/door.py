"""The one door for meetings: every change of one goes through ``execute``, and is durable when it returns."""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from orjson import loads
from sqlalchemy.exc import IntegrityError

from models.chain import FIELDS, document_text, genesis, link
from models.errors import Conflict, Problem, Refused
from models.meetings import STATES_OF, MeetingMove, MeetingState, MeetingVerb, find_move
from models.meetings.commands import MeetingCommand, PlanMeeting
from models.tables import Meeting, MeetingEvent, table
from services.asked import event_named, is_taken
from services.body_deadlines import keep_convocations
from services.bootstrap import App
from services.charter_store import the_convention
from services.meetings.effects import EFFECTS
from services.meetings.lookups import check_clerk, find_meeting, meeting_body
from services.work import SYSTEM, Entry, Work, content, next_number, open_work

_MEETING, _EVENT = table(Meeting), table(MeetingEvent)
_DIGEST = FIELDS.index("digest")


@dataclass(frozen=True, slots=True)
class Held:
    """What a command did: the meeting as it now stands, and the event that says so."""

    number: str
    state: MeetingState
    version: int
    event: UUID
    repeated: bool = False


def execute(app: App, command: MeetingCommand) -> Held:
    """Carry out one command in one transaction.

    Raises Refused with every unmet condition, NotFound, or Conflict if the asker saw an older version or used a key for something else.
    Asked again with the same key, returns the first outcome and changes nothing.
    """
    try:
        return _in_one_transaction(app, command)
    except IntegrityError:  # on PostgreSQL somebody asked the same in the same moment: look again
        return _in_one_transaction(app, command)


class _Asked(NamedTuple):
    command: MeetingCommand
    event: UUID
    digest: bytes


def _in_one_transaction(app: App, command: MeetingCommand) -> Held:
    text = f"{command.verb} {command.model_dump_json()}"
    asked = _Asked(command, event_named(command.key), hashlib.sha256(text.encode()).digest()[:16])
    with app.db.write() as connection:
        work = open_work(app, connection, the_convention(connection, command.convention))
        known = _answered(work, asked)
        if known is not None:
            return known
        row = find_meeting(work, command.meeting, hold=True) if command.meeting is not None else None
        body = row.body if row is not None else command.body if isinstance(command, PlanMeeting) else ""
        meeting_body(work, body, row.charter_id if row is not None else None)
        if command.actor.seat is not None or command.verb is not MeetingVerb.UPDATE:
            check_clerk(work, command.actor.seat, body)
        _check_version(row, command)
        move = _move(row, command)
        return _apply(work, asked, move, row, body)


def _answered(work: Work, asked: _Asked) -> Held | None:
    """What the same request was answered, or None. Raises Conflict if its key was used for something else."""
    query = sa.select(_EVENT.c.record, _EVENT.c.seq, _MEETING.c.number).join(_MEETING, _MEETING.c.id == _EVENT.c.meeting_id)
    row = work.connection.execute(query.where(_EVENT.c.id == asked.event)).first()
    if row is None and not is_taken(work.connection, asked.event):
        return None
    record = loads(row.record) if row is not None else []
    if row is None or record[_DIGEST] != asked.digest.hex():
        raise Conflict(Problem("key_reused", {"key": asked.command.key}))
    return Held(row.number, MeetingState(record[FIELDS.index("after")]), row.seq, asked.event, repeated=True)


def _check_version(row: Any, command: MeetingCommand) -> None:
    seen = command.expected_version
    if row is not None and seen is not None and seen != row.version:
        raise Conflict(Problem("meeting_stale", {"seen": seen, "present": row.version, "number": row.number}))


def _move(row: Any, command: MeetingCommand) -> MeetingMove:
    state = MeetingState(row.state) if row is not None else None
    move = find_move(state, command.verb)
    if move is None:
        allowed = ", ".join(str(known) for known in STATES_OF[command.verb] if known is not None)
        raise Refused.because("meeting_state_forbids", meeting_state=state or "-", meeting_verb=command.verb, meeting_states=allowed or "-")
    return move


def _apply(work: Work, asked: _Asked, move: MeetingMove, row: Any, body: str) -> Held:
    command, before, version = asked.command, row.state if row is not None else None, row.version if row is not None else 0
    number = row.number if row is not None else _number(work, body)
    meeting_id = row.id if row is not None else _begin(work, number, body, command)
    done = EFFECTS[command.verb](work, command, row, meeting_id)
    target = done.target or move.targets[0]
    head = bytes(row.head) if row is not None else genesis(work.convention, number)
    entry = Entry(
        id=asked.event,
        action_id=meeting_id,
        seq=version + 1,
        topic=move.topic,
        occurred_on=work.today,
        actor=command.actor.seat or SYSTEM,
        via=command.actor.via,
        before=before,
        after=target,
        body=body,
        seen_version=command.expected_version,
        payload=done.payload,
        digest=asked.digest,
    )
    covered = content(entry, work.now)
    sealed = link(head, covered)
    told = {"seq": entry.seq, "record": document_text(covered), "hash": sealed}
    work.connection.execute(_EVENT.insert().values(id=entry.id, convention=work.convention, meeting_id=meeting_id, **told))
    values = {**done.columns, "state": target, "version": entry.seq, "head": sealed}
    work.connection.execute(_MEETING.update().where(_MEETING.c.id == meeting_id).values(**values))
    keep_convocations(work, number)
    return Held(number, target, entry.seq, asked.event)


def _number(work: Work, body: str) -> str:
    """``COPIL-S-2026-001``: numbered per body and year of the day on which it was planned."""
    return f"{body.upper()}-S-{work.today.year}-{next_number(work, f'meeting:{body}:{work.today.year}'):03d}"


def _begin(work: Work, number: str, body: str, command: MeetingCommand) -> int:
    """A row for a meeting that is being planned; its log, in this same transaction, says the rest."""
    planned = cast("PlanMeeting", command)
    values = {"convention": work.convention, "number": number, "body": body, "state": MeetingState.PLANNED, "version": 0, "head": b""}
    row = work.connection.execute(
        _MEETING.insert().values(**values, held_on=planned.held_on, starts_at=planned.starts_at).returning(_MEETING.c.id)
    )
    return int(row.scalar_one())
