"""The one door: every change of an action goes through ``execute`` (or ``handle`` inside a transaction at work)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.commands import Command
from models.errors import Conflict, Problem, Refused
from models.facts import Facts
from models.guards import GUARDS, always
from models.lifecycle import STATES_OF, Move, State, find_move
from models.tables import Action, Request, table
from services.bootstrap import App
from services.deadline_kinds import LIVE_IN, UNLESS
from services.effects import EFFECTS, Change
from services.facts import load_facts
from services.work import SYSTEM, Entry, Work, append, open_work, settle

_ACTION, _REQUEST = table(Action), table(Request)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: the action as it now stands, and the event that says so."""

    number: str
    state: State
    version: int
    event: UUID
    repeated: bool = False


def execute(app: App, command: Command) -> Outcome:
    """Carry out one command in one transaction; durable when this returns.

    Raises Refused with every unmet condition, NotFound, or Conflict if the asker saw an older version or used a key for something else.
    Asked again with the same key, returns the first outcome and changes nothing.
    """
    try:
        return _in_one_transaction(app, command)
    except IntegrityError:  # on PostgreSQL somebody asked the same, or moved the action, in the same moment: look again
        return _in_one_transaction(app, command)


def _in_one_transaction(app: App, command: Command) -> Outcome:
    with app.db.write() as connection:
        return handle(open_work(app, connection, command.convention), command)


def handle(work: Work, command: Command) -> Outcome:
    """Carry out a command inside the caller's transaction; see ``execute``."""
    _stand_in_line(work, command)
    digest = _digest(command)
    known = _recall(work, command.key, digest)
    if known is not None:
        return known
    facts = load_facts(work, command)
    _check_version(facts, command)
    move, problems = judge(facts, command)
    if move is None or problems:
        raise Refused(*problems)
    outcome = _apply(work, facts, command, move)
    answer = {"number": outcome.number, "state": outcome.state, "version": outcome.version, "event": str(outcome.event)}
    work.connection.execute(
        _REQUEST.insert().values(key=command.key, convention=work.convention, digest=digest, answer=answer, asked_at=work.now)
    )
    return outcome


def _stand_in_line(work: Work, command: Command) -> None:
    """Let who is changing the same action finish first (on PostgreSQL; on SQLite writers stand in line anyway)."""
    mine = (_ACTION.c.convention == work.convention) & (_ACTION.c.number == command.action)
    if command.action is not None:
        work.connection.execute(sa.select(_ACTION.c.id).where(mine).with_for_update())


def judge(facts: Facts, command: Command) -> tuple[Move | None, list[Problem]]:
    """Every unmet condition at once: the state, the asker's capacity, the dates, the guards. Decides nothing, changes nothing."""
    move = find_move(facts.state, command.verb)
    if move is None:
        allowed = ", ".join(str(state) for state in STATES_OF[command.verb] if state is not None)
        return None, [Problem("state_forbids", {"state": facts.state or "-", "verb": command.verb, "states": allowed or "-"})]
    problems = always(facts, command)
    if not move.who & facts.capacities:
        problems.append(Problem("not_allowed", {"who": ",".join(sorted(move.who)), "seat": command.actor.seat or SYSTEM}))
    problems += [problem for guard in move.guards if (problem := GUARDS[guard](facts, command)) is not None]
    return move, problems


def _digest(command: Command) -> str:
    return hashlib.sha256(json.dumps(command.model_dump(mode="json", exclude={"key"}), sort_keys=True).encode()).hexdigest()


def _recall(work: Work, key: str, digest: str) -> Outcome | None:
    row = work.connection.execute(sa.select(_REQUEST.c.digest, _REQUEST.c.answer).where(_REQUEST.c.key == key)).first()
    if row is None:
        return None
    if row.digest != digest:
        raise Conflict(Problem("key_reused", {"key": key}))
    answer = row.answer
    return Outcome(answer["number"], State(answer["state"]), answer["version"], UUID(answer["event"]), repeated=True)


def _check_version(facts: Facts, command: Command) -> None:
    seen = command.expected_version
    if seen is not None and facts.action_id is not None and seen != facts.version:
        raise Conflict(Problem("version_stale", {"seen": seen, "present": facts.version, "number": facts.number}))


def _apply(work: Work, facts: Facts, command: Command, move: Move) -> Outcome:
    event_id = work.ids()
    change = EFFECTS[command.verb](work, facts, command, event_id)
    action_id = change.action_id if facts.action_id is None else facts.action_id
    version = facts.version + 1 + len(change.also)
    _update_row(work, facts, action_id, change, state=move.target, version=version)
    seq = facts.version + 1
    append(work, _entry(command, move, action_id, event_id, seq=seq, payload=change.payload, body=command.body or change.body))
    for extra in change.also:
        seq += 1
        own = {"topic": extra.topic, "body": extra.body, "cause": event_id, "before": move.target}
        append(work, _entry(command, move, action_id, work.ids(), seq=seq, payload=extra.payload, **own))
    if facts.state is not None and move.target is not facts.state:
        gone = [kind for kind, states in LIVE_IN.items() if move.target not in states]
        settle(work, action_id, gone, UNLESS)
    return Outcome(facts.number or change.number, move.target, version, event_id)


def _update_row(work: Work, facts: Facts, action_id: int, change: Change, *, state: State, version: int) -> None:
    values: dict[str, Any] = {"state": state, "version": version, **change.columns}
    mine = (_ACTION.c.id == action_id) & (_ACTION.c.version == facts.version)
    changed = work.connection.execute(_ACTION.update().where(mine).values(**values)).rowcount
    if changed != 1:
        raise Conflict(Problem("version_stale", {"seen": facts.version, "present": "?", "number": facts.number}))


def _entry(command: Command, move: Move, action_id: int, event_id: UUID, *, seq: int, payload: dict[str, Any], **other: Any) -> Entry:
    return Entry(
        id=event_id,
        action_id=action_id,
        seq=seq,
        topic=other.get("topic", move.topic),
        occurred_on=command.occurred_on,
        actor=command.actor.seat or SYSTEM,
        on_behalf_of=command.actor.on_behalf_of,
        via=command.actor.via,
        cause=other.get("cause", command.cause),
        before=other.get("before", move.state),
        after=move.target,
        body=other.get("body", command.body),
        seen_version=command.expected_version,
        payload=payload,
    )
