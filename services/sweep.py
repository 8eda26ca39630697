"""Climbing the ladders of reminders: all the rungs that have come for many deadlines at once, each with its event, in the caller's transaction.

A rung is an event of its action like any other, chained and owed to its stage; here a few statements write those of a whole chunk. Its id is made
from the deadline, its day and the rung, so that no rung is ever climbed twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from models.bulk import Bulk
from models.charter import ReviewRules
from models.commands import Via
from models.ladders import Ladder, Level, Place, Step, climb
from models.lifecycle import State, Verb, find_move
from models.tables import Action, Deadline, Reservation, Review, table
from services.asked import event_named
from services.asking import Asked, ask_anew, asked_of
from services.body_reminders import remind
from services.deadline_kinds import FORMER_REMINDER, NATURE, Kind, heard_late, ladder_of, next_moment
from services.former_dues import adopt_reminder
from services.seals import head_of
from services.work import SYSTEM, Entry, Work, append_all, chained, morning_of, night_after

_ACTION, _DEADLINE, _RESERVATION, _REVIEW = table(Action), table(Deadline), table(Reservation), table(Review)
_ADVANCE = Bulk(_ACTION, "version", "sealed", "head", key="id")
_MOVE = Bulk(_DEADLINE, "due_on", "due_at", "rung", "told_on", "tries", "not_before", "outcome", key="id")
_HEADS = sa.select(*(_ACTION.c[name] for name in ("id", "convention", "number", "state", "version", "sealed", "head")))
Row = Mapping[Any, Any]


def is_rung(work: Work, due: Row) -> bool:
    """Whether what has come of a deadline is a rung of its ladder, and not its end, at which its stage does something."""
    if due["kind"] == FORMER_REMINDER:
        return True
    nature = NATURE[Kind(due["kind"])]
    if nature.falls is None:
        return True
    return nature.chased is not None and work.now < night_after(due["due_on"], work.timezone)


def sweep(work: Work, dues: Sequence[Row]) -> list[str | None]:
    """Climb the rungs that have come for these open deadlines, whose actions are held; returns what was noted of each, None for nothing.

    One that was asked of somebody who heard of it later runs from that day, and one of which nobody has heard yet waits; neither is chased then.
    One that belongs to no action has no log to note a rung in: its messages are written at once.
    """
    apart = [due for due in dues if due["action_id"] is None]
    climber = _Climber(work, [due for due in dues if due["action_id"] is not None])
    told: Sequence[str | None] = climber.rest(apart) if climber.resting else remind(work, apart) if apart else ()
    reminded = {due["id"]: done for due, done in zip(apart, told, strict=True)}
    done = [reminded[due["id"]] if due["id"] in reminded else climber.climb(due) for due in dues]
    climber.write()
    return done


def next_morning(work: Work) -> datetime:
    """The next morning that is worked."""
    today, calendar = work.today, work.calendar
    begins = calendar.is_working(today) and work.now < morning_of(today, work.timezone)
    return morning_of(today if begins else calendar.count_on(today, 1), work.timezone)


class _Head:
    """Where the log of an action ends while events are added to it."""

    __slots__ = ("grown", "hash", "state", "version")

    def __init__(self, connection: sa.Connection, row: Any) -> None:
        self.state, self.version, self.hash, self.grown = State(row.state), row.version, head_of(connection, row), False


class _Climber:
    """Looks up what a set of deadlines needs, and gathers what is written for them."""

    def __init__(self, work: Work, dues: Sequence[Row]) -> None:
        self._work = work
        mine = _HEADS.where(_ACTION.c.id.in_({due["action_id"] for due in dues}))
        self._heads = {row.id: _Head(work.connection, row) for row in work.connection.execute(mine).all()}
        self._rules = _rules(work, [due for due in dues if due["kind"] == Kind.REVIEW_END])
        self._asked = asked_of(work, {due["asked_by"] for due in dues if due["asked_by"] is not None and due["told_on"] is None})
        self._seats = _reserving(work, [due for due in dues if due["kind"] == Kind.RESERVATION])
        self._calendar = work.calendar
        self.resting = work.now < morning_of(work.today, work.timezone) or not self._calendar.is_working(work.today)
        self._steps: dict[tuple[Kind, Ladder, date, int], tuple[Step | None, Place, datetime | None]] = {}
        self._former: list[Row] = []
        self._events: list[dict[str, Any]] = []
        self._moves: list[dict[str, Any]] = []

    def climb(self, due: Row) -> Verb | None:
        """Take the step that has come; the deadline then waits for the next one."""
        if due["kind"] == FORMER_REMINDER:
            self._former.append(due)
            return None
        kind, asked = Kind(due["kind"]), self._asked.get(due["asked_by"])
        if self._is_idle(due) or self._is_unheard(due, asked):
            self._wait(due, kind)
            return None
        due = self._from_when_told(due, kind, asked)
        step, place, falls = self._step(kind, self._ladder(due, kind), due)
        self._moves.append({"id": due["id"], "due_at": falls, "rung": place.rung, "due_on": due["due_on"], "told_on": due["told_on"]})
        untold = asked is not None and asked.told_on is None and due["rung"] <= 0
        return None if step is None else self._note(due, kind, step, untold=untold)

    def rest(self, dues: Sequence[Row]) -> list[None]:
        """Look again once people are at work."""
        for due in dues:
            self._wait(due, Kind(due["kind"]))
        return [None for _ in dues]

    def _ladder(self, due: Row, kind: Kind) -> Ladder:
        return ladder_of(kind, self._work.charter, self._rules.get((due["action_id"], due["body"])))

    def _is_idle(self, due: Row) -> bool:
        """Whether nobody is reminded now: at night, on a day that is not worked, of an action that sleeps."""
        return self.resting or self._heads[due["action_id"]].state is State.SUSPENDED

    def _is_unheard(self, due: Row, asked: Asked | None) -> bool:
        """Whether the request is still to leave. Somebody who leads the action since and was never asked is asked now."""
        if asked is None or asked.told_on is not None:
            return False
        return asked.pending or ask_anew(self._work, asked, due["stage"])

    def _from_when_told(self, due: Row, kind: Kind, asked: Asked | None) -> Row:
        """The deadline as it runs from the day on which who was asked heard of it, if that was later: its ladder begins anew."""
        if asked is None or asked.told_on is None:
            return due
        due_on = heard_late(self._work, kind, asked.asked_on, asked.told_on)
        return due if due_on is None else {**due, "told_on": asked.told_on, "due_on": due_on, "rung": 0}

    def _step(self, kind: Kind, ladder: Ladder, due: Row) -> tuple[Step | None, Place, datetime | None]:
        """What has come of a deadline, where it stands then, and when it is next looked at: the same for all of one day."""
        key = kind, ladder, due["due_on"], max(due["rung"], 0)
        if key not in self._steps:
            step, place = climb(*key[1:], self._work.today, self._calendar)
            self._steps[key] = step, place, next_moment(self._work, kind, due["due_on"], place)
        return self._steps[key]

    def write(self) -> None:
        """Write all of it."""
        append_all(self._work, self._events)
        grown = [(action, head) for action, head in self._heads.items() if head.grown]
        _ADVANCE.run(
            self._work.connection,
            [{"id": action, "version": head.version, "sealed": head.version, "head": head.hash} for action, head in grown],
        )
        _MOVE.run(self._work.connection, [{**move, "tries": 0, "not_before": None, "outcome": None} for move in self._moves])
        for former in self._former:
            adopt_reminder(self._work, former)

    def _wait(self, due: Row, kind: Kind) -> None:
        """Look again on the next morning that is worked, or when the deadline falls: nobody can be late with what they have not heard of."""
        again = next_morning(self._work)
        end = night_after(due["due_on"], self._work.timezone) if NATURE[kind].falls is not None else again
        self._moves.append(
            {"id": due["id"], "due_on": due["due_on"], "due_at": min(again, end), "rung": due["rung"], "told_on": due["told_on"]}
        )

    def _note(self, due: Row, kind: Kind, step: Step, *, untold: bool) -> Verb:
        """Add the event of a rung to the log of its action."""
        nature, head = NATURE[kind], self._heads[due["action_id"]]
        late = self._work.today > due["due_on"]
        verb = nature.after if late and nature.after is not None else nature.before
        move = find_move(head.state, verb) if verb is not None else None
        if verb is None or move is None:
            message = f"a deadline of kind {kind} is open in the state {head.state}, where nobody may be reminded of it"
            raise LookupError(message)
        head.version += 1
        entry = Entry(
            id=event_named(f"deadline:{due['id']}:{due['due_on'].isoformat()}:{step.rung}"),
            action_id=due["action_id"],
            seq=head.version,
            topic=move.topic,
            occurred_on=self._work.today,
            actor=SYSTEM,
            via=Via.FLOW,
            before=move.state,
            after=move.target,
            body=due["body"],
            payload=self._payload(due, step, untold=untold),
        )
        row = chained(self._work, entry, head.hash)
        head.hash, head.grown = row["hash"], True
        self._events.append(row)
        return verb

    def _payload(self, due: Row, step: Step, *, untold: bool) -> dict[str, Any]:
        """What the event of a rung says: which deadline, how far up, and who is told. Where nobody could be reached, the next level is."""
        to = {*step.to, Level.GROUP_SECRETARY} if untold else {*step.to}
        said = {"deadline": due["id"], "rung": step.rung, "days": step.days, "to": [level for level in Level if level in to]}
        seat = self._seats.get((due["action_id"], due["subject"])) if due["kind"] == Kind.RESERVATION else None
        named = {"reservation": due["subject"], "seat": seat} if seat is not None else {}
        return {"subject": due["subject"], "due_on": due["due_on"].isoformat(), **named, **said, **({"untold": True} if untold else {})}


def _rules(work: Work, dues: Iterable[Row]) -> dict[tuple[int, str], ReviewRules]:
    """The rules of open reviews, by action and body, as their own charters give them."""
    actions = {due["action_id"] for due in dues}
    if not actions:
        return {}
    query = sa.select(_REVIEW.c.action_id, _REVIEW.c.body, _REVIEW.c.charter_id).where(
        _REVIEW.c.action_id.in_(actions), _REVIEW.c.closed_on.is_(None)
    )
    rows = work.connection.execute(query).all()
    charters = {charter: work.charter_of(charter) for charter in {row.charter_id for row in rows}}
    found = {(row.action_id, row.body): charters[row.charter_id].body(row.body) for row in rows}
    return {place: body.rules for place, body in found.items() if body is not None and body.rules is not None}


def _reserving(work: Work, dues: Iterable[Row]) -> dict[tuple[int, int], str]:
    """Whose the reservations are, by action and number."""
    actions = {due["action_id"] for due in dues}
    if not actions:
        return {}
    query = sa.select(_RESERVATION.c.action_id, _RESERVATION.c.number, _RESERVATION.c.seat).where(_RESERVATION.c.action_id.in_(actions))
    return {(row.action_id, row.number): row.seat for row in work.connection.execute(query)}
