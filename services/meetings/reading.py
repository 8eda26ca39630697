"""Meetings as they are read: the list, and one in full with its agenda, attendance, quorum and log. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.charter import Body
from models.errors import NotFound, Problem
from models.meetings import MeetingState
from models.tables import AgendaItem, Decision, Delivery, Meeting, MeetingEvent, Review, table
from services.body_terms import term_to_convene
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.lookups import names_of_seats, voting_seats
from services.meetings.agenda import Awaiting, Item, awaiting, examined_in, items_of
from services.meetings.convocation import convocations
from services.meetings.lookups import find_meeting, texts_by_kind
from services.meetings.settling import second_convocation
from services.slices import Slice, slice_of
from services.work import Work, open_work

_DECISION, _DELIVERY = table(Decision), table(Delivery)
_ITEM, _MEETING, _EVENT = table(AgendaItem), table(Meeting), table(MeetingEvent)
_REVIEW = table(Review)
_LISTED = ("number", "body", "state", "held_on", "starts_at", "second_of")
_ITEMS = sa.select(sa.func.count()).where(_ITEM.c.meeting_id == _MEETING.c.id).scalar_subquery().label("items")
_LIST = sa.select(*(_MEETING.c[name] for name in _LISTED), _ITEMS)
_LOGGED = ("seq", "topic", "occurred_on", "recorded_at", "actor", "via", "after")
Row = dict[str, Any]


def list_meetings(app: App, *, convention: str | None = None, bodies: Collection[str] | None = None, state: str | None = None) -> list[Row]:
    """The meetings of these bodies, or of all, the latest day first, with how many items each has. Raises NotFound for an unknown body."""
    with app.db.read() as connection:
        code = the_convention(connection, convention)
        for body in bodies or ():
            _check_body(connection, code, body)
        query = _LIST.where(_MEETING.c.convention == code)
        if bodies is not None:
            query = query.where(_MEETING.c.body.in_(bodies))
        if state is not None:
            query = query.where(_MEETING.c.state == state)
        ordered = query.order_by(_MEETING.c.held_on.desc(), _MEETING.c.starts_at.desc(), _MEETING.c.id.desc())
        return [dict(row) for row in connection.execute(ordered).mappings()]


def meetings_after(app: App, convention: str, *, body: str, state: str, after: str, limit: int) -> Slice:
    """The meetings of a body, or of all, in a state or in any, after a place in their list; see ``list_meetings``."""
    query = _LIST.where(_MEETING.c.convention == convention)
    with app.db.read() as connection:
        if body:
            _check_body(connection, convention, body)
            query = query.where(_MEETING.c.body == body)
        if state:
            query = query.where(_MEETING.c.state == state)
        return slice_of(connection, query, (_MEETING.c.held_on, _MEETING.c.starts_at, _MEETING.c.id), after, limit)


def _check_body(connection: sa.Connection, convention: str, body: str) -> None:
    known = [entry.code for entry in charter_in_force(connection, convention).bodies]
    if body not in known:
        raise NotFound(Problem("body_unknown", {"body": body, "known": ", ".join(known)}))


def show_meeting(app: App, number: str, *, convention: str | None = None) -> Row:
    """One meeting in full. Raises NotFound for an unknown one, with near matches."""
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        row = find_meeting(work, number)
        texts, attendance = texts_by_kind(connection, row), row.attendance or {}
        held = names_of_seats(connection, work.convention, attendance.get("seats", {}))
        return {
            **{name: getattr(row, name) for name in (*_LISTED, "version", "convention", "convened_on", "notice", "quorum")},
            "timezone": work.timezone,
            **{name: texts.get(name) for name in ("place", "link", "urgency", "reason")},
            "convene_by": term_to_convene(work, row),
            "second": second_convocation(work, row.number),
            "examined": examined_in(work, row),
            "convened": _convened(work, row.id),
            "agenda": _agenda(work, row),
            "attendance": [
                {"seat": seat, "holder": held.get(seat), "presence": presence, "represented_by": attendance["holders"].get(seat)}
                for seat, presence in attendance.get("seats", {}).items()
            ],
            "log": _log(connection, row.id),
        }


def what_awaits(app: App, body: str, *, convention: str) -> Sequence[Any]:
    """The actions that a meeting of a body would examine, by number."""
    with app.db.read() as connection:
        return list(awaiting(open_work(app, connection, convention), body).values())


def voters_of(app: App, body: str, day: date, *, convention: str) -> list[str]:
    """The voting seats of a body on a day."""
    with app.db.read() as connection:
        return [one.seat for one in voting_seats(open_work(app, connection, convention), body, day)]


def _agenda(work: Work, row: Any) -> list[Row]:
    """Each item with how it stands: until when its review is open, and what was decided in the meeting."""
    known, items = awaiting(work, row.body), items_of(work.connection, row.id)
    listed = [item.action_id for item in items if item.action_id is not None]
    mine = (_DECISION.c.body == row.body) & ~_DECISION.c.superseded & _DECISION.c.action_id.in_(listed)
    query = (
        sa.select(*(_DECISION.c[name] for name in ("action_id", "number", "outcome", "decided_on")), _REVIEW.c.attendance)
        .outerjoin(_REVIEW, _REVIEW.c.id == _DECISION.c.review_id)
        .where(mine)
        .order_by(_DECISION.c.id)
    )
    decided = {found.action_id: found for found in work.connection.execute(query) if _taken_in(row, found)}
    body = work.charter_of(row.charter_id).body(row.body)
    return [_item(item, known, decided) | {"older_rules": _older(work, row.body, body, known.get(item.number or ""))} for item in items]


def _older(work: Work, code: str, body: Body | None, awaits: Awaiting | None) -> bool:
    """Whether an open review keeps other rules than those by which the meeting is held, also for the quorum and for proxies."""
    if awaits is None or awaits.why != "review" or body is None:
        return False
    own = work.charter_of(awaits.charter_id).body(code)
    return own is not None and own.rules != body.rules


def _taken_in(meeting: Any, decision: Any) -> bool:
    """Whether a decision was taken in a meeting: its review was examined there, or it is of that very day and was examined in no other."""
    if decision.attendance:
        return bool(decision.attendance["meeting"] == meeting.number)
    return meeting.state in (MeetingState.OPEN, MeetingState.CLOSED) and decision.decided_on == meeting.held_on


def _item(item: Item, known: Mapping[str, Any], decided: Mapping[int, Any]) -> Row:
    awaits, decision = known.get(item.number or ""), decided.get(item.action_id or 0)
    return {
        "position": item.position,
        "action": item.number,
        "title": item.title,
        "follows": item.follows,
        "silent_since": item.silent_since,
        "state": item.state,
        "awaits": awaits.why if awaits else None,
        "due_on": awaits.due_on if awaits else None,
        "decision": decision.number if decision else None,
        "outcome": decision.outcome if decision else None,
    }


def _convened(work: Work, meeting_id: int) -> Row:
    """How many were convened, and how many of the mails have left."""
    query = sa.select(_DELIVERY.c.state, sa.func.count().label("number")).where(convocations(work, meeting_id))
    counts = {row.state: row.number for row in work.connection.execute(query.group_by(_DELIVERY.c.state))}
    return {"total": sum(counts.values()), "sent": counts.get("sent", 0)}


def _log(connection: sa.Connection, meeting_id: int) -> list[Row]:
    query = sa.select(_EVENT.c.record).where(_EVENT.c.meeting_id == meeting_id).order_by(_EVENT.c.seq)
    records = (dict(zip(FIELDS, loads(record), strict=True)) for record in connection.execute(query).scalars())
    return [{**{name: record[name] for name in _LOGGED}, **_dated(record)} for record in records]


def _dated(record: Row) -> Row:
    """The days and moments of a line of the log, which holds them as texts."""
    recorded = datetime.fromisoformat(record["recorded_at"]).replace(tzinfo=UTC)
    return {"occurred_on": date.fromisoformat(record["occurred_on"]), "recorded_at": recorded}
