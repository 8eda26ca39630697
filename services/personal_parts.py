"""Which rows of a table are about a person, and what of them is told: the parts of what is kept about somebody."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from orjson import loads

from models.chain import FIELDS
from models.tables import (
    LEAD_OF,
    Absence,
    Action,
    Event,
    Meeting,
    MeetingEvent,
    MeetingWords,
    Opinion,
    Review,
    Seat,
    Words,
    table,
)
from services.work import Work

_ABSENCE, _ACTION, _EVENT, _MEETING, _OPINION = table(Absence), table(Action), table(Event), table(Meeting), table(Opinion)
_REVIEW, _SEAT, _SAID, _WORDS = table(Review), table(Seat), table(MeetingWords), table(Words)
_MEETING_EVENT = table(MeetingEvent)
_LOGGED = ("topic", "occurred_on", "recorded_at", "actor", "via")


class Subject(NamedTuple):
    """Whose data are asked for: their row, and every seat that they hold or held."""

    work: Work
    person: Any
    seats: tuple[str, ...]


Row = Mapping[str, Any]
Condition = Callable[[Subject], sa.ColumnElement[bool]]


class Part(NamedTuple):
    """Rows about somebody. ``untold``: columns that are left out, each with a reason. ``through``: what is joined, to say ``more`` or to choose rows.

    ``theirs``: what of a document about many is about this person.
    """

    name: str
    rows: sa.Table
    whose: Condition
    untold: Mapping[str, str]
    through: Callable[[sa.Table], sa.FromClause] = lambda rows: rows
    more: Sequence[sa.Label[Any]] = ()
    theirs: Callable[[Subject, Row], Row] = lambda _subject, _row: {}


def own(rows: sa.Table) -> Condition:
    """Rows of their own."""
    return lambda subject: rows.c.person_id == subject.person.id


def seat_in(*columns: sa.Column[Any]) -> Condition:
    """Rows that name one of their seats."""
    return lambda subject: sa.or_(*(column.in_(subject.seats) for column in columns)) & _here(subject, columns[0].table)


def _here(subject: Subject, rows: sa.FromClause) -> sa.ColumnElement[bool]:
    """In their convention, whose seats alone have these codes."""
    kept: sa.ColumnElement[str] = rows.c.convention if "convention" in rows.c else _ACTION.c.convention
    return kept == subject.work.convention


def of_action(rows: sa.Table) -> sa.FromClause:
    """With the action."""
    return rows.join(_ACTION, _ACTION.c.id == rows.c.action_id)


def of_review(rows: sa.Table) -> sa.FromClause:
    """With the review and its action."""
    return rows.join(_REVIEW, _REVIEW.c.id == rows.c.review_id).join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)


def of_event(rows: sa.Table) -> sa.FromClause:
    """With the action and the event that wrote the row."""
    return of_action(rows).join(_EVENT, _EVENT.c.id == rows.c.event_id)


def with_opinion(rows: sa.Table) -> sa.FromClause:
    """With the review, its action, and the event that wrote the opinion."""
    return of_review(rows).outerjoin(_EVENT, _EVENT.c.id == rows.c.event_id)


def of_delivery(rows: sa.Table) -> sa.FromClause:
    """With the action that the message is about, if it is about one."""
    return rows.outerjoin(_EVENT, _EVENT.c.id == rows.c.event_id).outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)


def named_in(column: sa.Column[Any]) -> Condition:
    """Rows whose document names one of their seats."""
    text = sa.cast(column, sa.String)
    return lambda subject: (
        sa.or_(sa.false(), *(text.contains(f'"{seat}"', autoescape=True) for seat in subject.seats)) & _here(subject, column.table)
    )


def led_or_proposed(subject: Subject) -> sa.ColumnElement[bool]:
    """Actions that they lead or proposed."""
    lead = sa.literal_column(LEAD_OF[subject.work.connection.dialect.name], sa.String)
    theirs = (lead == subject.person.code) | _ACTION.c.proposer_seat.in_(subject.seats)
    return sa.and_(_ACTION.c.convention == subject.work.convention, theirs)


def stands_in(subject: Subject) -> sa.ColumnElement[bool]:
    """Absences of others during which a seat of theirs answers."""
    mine = sa.select(_SEAT.c.id).where(_SEAT.c.person_id == subject.person.id)
    return sa.and_(_ABSENCE.c.deputy_id.in_(mine), _ABSENCE.c.person_id != subject.person.id)


def heard(subject: Subject) -> sa.ColumnElement[bool]:
    """Opinions of their seats, whoever gave them, and those that they gave for others: as a deputy or by proxy."""
    theirs = _OPINION.c.seat.in_(subject.seats) | _OPINION.c.holder.in_(subject.seats)
    for_others = _EVENT.c.on_behalf_of.is_not(None) & _EVENT.c.actor.in_(_deputies_seats(subject))
    return (_REVIEW.c.convention == subject.work.convention) & (theirs | for_others)


def _deputies_seats(subject: Subject) -> sa.Select[tuple[str]]:
    return sa.select(_SEAT.c.code).where(_SEAT.c.person_id == subject.person.id, _SEAT.c.role == "deputy")


def attended(subject: Subject, row: Row) -> Row:
    """How their seats attended."""
    seats = (row["attendance"] or {}).get("seats", {})
    return {"presence": ", ".join(f"{seat} {seats[seat]}" for seat in subject.seats if seat in seats)}


def leads(subject: Subject, row: Row) -> Row:
    """Whether they lead an action, and not who else does."""
    return {"leads": row["lead_person"] == subject.person.code}


def took_part(subject: Subject, row: Row) -> Row:
    """Which of their seats were asked, how they attended, and which took no part and why."""
    out = row["recused"] or {}
    asked = {"asked": ", ".join(seat for seat in subject.seats if seat in row["electorate"])}
    return {**asked, **attended(subject, row), "kept_out": ", ".join(f"{seat} {out[seat]}" for seat in subject.seats if seat in out)}


def rows_of(part: Part, subject: Subject) -> list[Row]:
    """The rows of a part about somebody, in the order of their keys, without what is not told."""
    columns = [*part.more, *(column.label(column.name) for column in part.rows.columns)]
    query = sa.select(*columns).select_from(part.through(part.rows)).where(part.whose(subject)).order_by(*part.rows.primary_key.columns)
    found = [row._asdict() for row in subject.work.connection.execute(query)]
    return [{name: value for name, value in {**row, **part.theirs(subject, row)}.items() if name not in part.untold} for row in found]


def acts_on_meetings(subject: Subject) -> list[Row]:
    """What their seats did about meetings: each meeting has a log of its own, whose records are texts."""
    theirs = named_in(_MEETING_EVENT.c.record)(subject)
    query = sa.select(_MEETING.c.number, _MEETING_EVENT.c.record).join(_MEETING, _MEETING.c.id == _MEETING_EVENT.c.meeting_id)
    found = subject.work.connection.execute(query.where(theirs).order_by(_MEETING_EVENT.c.position))
    records = [(row.number, dict(zip(FIELDS, loads(row.record), strict=True))) for row in found]
    return [
        {"meeting": number, **{name: record[name] for name in _LOGGED}} for number, record in records if record["actor"] in subject.seats
    ]
