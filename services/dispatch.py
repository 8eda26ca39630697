"""The one door: every change of an action goes through ``execute`` (or ``handle`` inside a transaction at work)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models.chain import genesis
from models.commands import Command
from models.errors import Conflict, Problem, Refused
from models.facts import Facts
from models.guards import GUARDS, always
from models.journeys import gathered
from models.lifecycle import STATES_OF, Move, State, Verb, find_move
from models.prepared import Prepared
from models.tables import Action, table
from services.asked import Trace, answered, event_named, trace_of
from services.bootstrap import App
from services.charter_store import read_rules
from services.deadline_kinds import LIVE_IN, UNLESS
from services.effects import EFFECTS, Change
from services.facts import EMPTY, facts_of
from services.looking import Look, look
from services.seals import head_of
from services.work import SYSTEM, Entry, Outcome, Work, append, begin_work, settle

__all__ = ["Outcome", "execute", "handle", "judge"]

_ACTION = table(Action)


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
    trace = trace_of(command)
    with app.db.write() as connection:
        seen = look(connection, command, trace, rules=True)
        rules = read_rules(connection, command.convention, seen.rules)
        return _carry_out(begin_work(app, connection, rules), command, trace, seen)


def handle(work: Work, command: Command) -> Outcome:
    """Carry out a command inside the caller's transaction; see ``execute``."""
    trace = trace_of(command)
    return _carry_out(work, command, trace, look(work.connection, command, trace))


def _carry_out(work: Work, command: Command, trace: Trace, seen: Look) -> Outcome:
    known = answered(work.connection, command, trace, seen.event, seen.older)
    if known is not None:
        return known
    reviews = {command.body: seen.review} if command.body is not None and command.action is not None else EMPTY
    facts = facts_of(work, command, seen.action, seen.seat, reviews)
    _check_version(facts, command)
    move, problems = judge(facts, command)
    if move is None or problems:
        raise Refused(*problems)
    head = head_of(work.connection, seen.action) if seen.action is not None else None
    return _apply(work, facts, _Asked(command, move, trace), head)


def judge(facts: Facts, command: Command) -> tuple[Move | None, list[Problem]]:
    """Every unmet condition at once: the state, the asker's capacity, the dates, the guards. Decides nothing, changes nothing."""
    move = find_move(facts.state, command.verb)
    if move is None:
        return None, [forbidden(facts.state, command.verb)]
    problems = always(facts, command)
    if not facts.may(move.who):
        problems.append(Problem("not_allowed", {"who": ",".join(sorted(move.who)), "seat": command.actor.seat or SYSTEM}))
    problems += [problem for guard in move.guards if (problem := GUARDS[guard](facts, command)) is not None]
    return move, problems


def forbidden(state: State | None, verb: Verb) -> Problem:
    """That a verb cannot be asked in a state, with the states in which it can."""
    allowed = ", ".join(str(state) for state in STATES_OF[verb] if state is not None)
    return Problem("state_forbids", {"state": state or "-", "verb": verb, "states": allowed or "-"})


def _check_version(facts: Facts, command: Command) -> None:
    seen = command.expected_version
    if seen is not None and facts.action_id is not None and seen != facts.version:
        raise Conflict(Problem("version_stale", {"seen": seen, "present": facts.version, "number": facts.number}))


class _Asked(NamedTuple):
    """A command that nothing stands in the way of."""

    command: Command
    move: Move
    trace: Trace


def _apply(work: Work, facts: Facts, asked: _Asked, head: bytes | None) -> Outcome:
    event_id = asked.trace.event
    with gathered(work.connection):
        change = EFFECTS[asked.command.verb](work, facts, asked.command, event_id)
        number, target = facts.number or change.number, asked.move.target
        head = head or genesis(work.convention, number)
        entries = list(_entries(facts, asked, change, event_id))
        for entry in entries:
            head = append(work, entry, head)
        last = entries[-1]
        values = {**change.columns, "version": last.seq, "sealed": last.seq, "head": head}
        if target is not facts.state:
            values["state"] = target
        moved = _update_of(tuple(values)).run(work.connection, **values, action_=last.action_id, version_=facts.version)
        if facts.state is not None and target is not facts.state:
            settle(work, last.action_id, _GONE[target], UNLESS, event_id)
    if moved.rowcount != 1:
        raise Conflict(Problem("version_stale", {"seen": facts.version, "present": "?", "number": facts.number}))
    return Outcome(number, target, last.seq, event_id)


_GONE = {state: tuple(kind for kind, states in LIVE_IN.items() if state not in states) for state in State}
"""The deadlines that mean nothing any more once an action is in a state."""


@lru_cache
def _update_of(columns: tuple[str, ...]) -> Prepared:
    mine = (_ACTION.c.id == sa.bindparam("action_")) & (_ACTION.c.version == sa.bindparam("version_"))
    return Prepared(_ACTION.update().where(mine), *columns)


def _entries(facts: Facts, asked: _Asked, change: Change, event_id: UUID) -> Iterable[Entry]:
    """The event that answers the command, then the further events it brings."""
    command, move, seq = asked.command, asked.move, facts.version + 1
    first = Entry(
        id=event_id,
        action_id=change.action_id if facts.action_id is None else facts.action_id,
        seq=seq,
        topic=move.topic,
        occurred_on=command.occurred_on,
        actor=command.actor.seat or SYSTEM,
        on_behalf_of=command.actor.on_behalf_of,
        via=command.actor.via,
        cause=command.cause,
        before=move.state,
        after=move.target,
        body=command.body or change.body,
        seen_version=command.expected_version,
        payload=change.payload,
        digest=asked.trace.discreet if change.discreet else asked.trace.digest,
    )
    yield first
    for extra in change.also:
        seq += 1
        further = first._replace(id=event_named(command.key, seq - facts.version - 1), seq=seq, digest=None)
        yield further._replace(topic=extra.topic, body=extra.body, payload=extra.payload, cause=event_id, before=move.target)
