"""The deadlines that belong to no action: the last day to convene a meeting, the end of a seat, the end of the convention.

They stand in the one table of deadlines, and are planned, moved and settled in the transaction that changes what they hang on. Each is worked out
anew from the meetings, seats and charter as they stand, so doing it again changes nothing, and what an older release left without a deadline gets one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.deadlines import Reckoning
from models.ladders import Place, place_on
from models.meetings import MeetingState
from models.meetings.rules import convene_by
from models.tables import Deadline, Meeting, Seat, table
from services.bootstrap import App
from services.charter_store import conventions
from services.deadline_kinds import NATURE, UNLESS, Kind, ladder_of, next_moment
from services.work import Work, open_work, upsert_into

_DEADLINE, _MEETING, _SEAT = table(Deadline), table(Meeting), table(Seat)
OVER = "over"
"""What is said of a deadline whose day is past and of which nobody is to be reminded any more."""
BELONGING_TO_NONE = tuple(kind for kind, nature in NATURE.items() if not nature.live_in)
"""The kinds of these deadlines."""
Row = Mapping[Any, Any]


class _Term(NamedTuple):
    """The last day of something, and the body whose business it is."""

    due_on: date
    body: str | None


def keep_all(work: Work) -> None:
    """Bring all of them in step with the convention as it stands."""
    keep_convocations(work)
    keep_seat_ends(work)
    _keep(work, Kind.CONVENTION_END, lambda: {work.convention: _Term(work.charter.convention.ends_on, None)})


def keep_everywhere(app: App) -> None:
    """Do so for every convention, each in a transaction of its own."""
    with app.db.read() as connection:
        known = conventions(connection)
    for convention in known:
        with app.db.write() as connection:
            keep_all(open_work(app, connection, convention))


def keep_convocations(work: Work, number: str | None = None) -> None:
    """Keep the last days to convene planned meetings, or one meeting, with the notice that the charter in force asks for."""
    planned = (_MEETING.c.convention == work.convention) & (_MEETING.c.state == MeetingState.PLANNED)
    query = sa.select(_MEETING.c.number, _MEETING.c.body, _MEETING.c.held_on).where(planned)
    query = query if number is None else query.where(_MEETING.c.number == number)

    def wanted() -> Mapping[str, _Term]:
        reckoned = ((row, reckon_notice(work, row.body, row.held_on)) for row in work.connection.execute(query))
        return {row.number: _Term(found.day, row.body) for row, found in reckoned if found is not None}

    _keep(work, Kind.CONVOCATION, wanted, number)


def reckon_notice(work: Work, code: str, held_on: date) -> Reckoning | None:
    """The last day to convene a body for a meeting on a day, by the charter in force; None where it asks for no notice."""
    body = work.charter.body(code)
    return convene_by(body.rules, held_on, work.calendar) if body is not None and body.rules is not None else None


def keep_seat_ends(work: Work) -> None:
    """Keep the last days of seats, but for those whose place is taken already from a later day."""
    query = sa.select(_SEAT.c.code, *(_SEAT.c[name] for name in ("body", "role", "partner", "starts_on", "ends_on")))
    seats = query.where(_SEAT.c.convention == work.convention).order_by(_SEAT.c.starts_on, _SEAT.c.code)
    _keep(
        work, Kind.SEAT_END, lambda: {seat.code: _Term(seat.ends_on, seat.body) for seat in _to_renew(work.connection.execute(seats).all())}
    )


def _to_renew(seats: Iterable[Any]) -> Iterable[Any]:
    """The seats that end and that no other follows: one of the same body, role and partner that begins later, each following one at most."""
    places: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for seat in seats:
        places[seat.body, seat.role, seat.partner].append(seat)
    for place in places.values():
        free = list(place)
        for seat in sorted((seat for seat in place if seat.ends_on is not None), key=lambda seat: (seat.ends_on, seat.code)):
            following = next((other for other in free if other.starts_on > seat.ends_on), None)
            if following is None:
                yield seat
            else:
                free.remove(following)


def _keep(work: Work, kind: Kind, terms: Callable[[], Mapping[str, _Term]], about: str | None = None) -> None:
    """Bring the open deadlines of a kind, or the one about something, in step with their terms.

    The rows are held before the terms are read: whoever changed a term has then committed both.
    """
    mine = (_DEADLINE.c.convention == work.convention) & (_DEADLINE.c.kind == kind) & _DEADLINE.c.settled_at.is_(None)
    mine &= _DEADLINE.c.about.is_not(None) if about is None else _DEADLINE.c.about == about
    rows = work.connection.execute(sa.select(_DEADLINE).where(mine).order_by(_DEADLINE.c.id).with_for_update()).mappings().all()
    wanted = terms()
    for row in rows:
        _keep_one(work, kind, row, wanted.get(row["about"]))
    known = {row["about"] for row in rows}
    _begin(work, kind, {name: term for name, term in wanted.items() if name not in known})


def _keep_one(work: Work, kind: Kind, row: Row, term: _Term | None) -> None:
    """Move, settle or leave an open deadline. One that stays on its day stays where it is on its ladder, which the charter may have changed."""
    if term is None:
        _settle(work, row, UNLESS)
        return
    stays = row["due_on"] == term.due_on
    rung, falls = (row["rung"], _next(work, kind, term.due_on, row["rung"])) if stays else _first(work, kind, term.due_on)
    if _is_over(work, term.due_on, falls):
        _settle(work, row, OVER)
        return
    values: dict[str, Any] = {"due_on": term.due_on, "body": term.body, "due_at": falls, "rung": rung}
    if any(row[name] != value for name, value in values.items()):
        again = {} if stays else {"tries": 0, "not_before": None, "outcome": None, "planned_at": work.now}
        work.connection.execute(_DEADLINE.update().where(_DEADLINE.c.id == row["id"]).values(**values, **again))


def _begin(work: Work, kind: Kind, terms: Mapping[str, _Term]) -> None:
    """Plan what has no deadline yet, unless somebody else has done so in this moment."""
    fixed = {"convention": work.convention, "stage": NATURE[kind].stage, "kind": kind, "tries": 0}
    rows = [
        {**fixed, "about": about, "planned_at": work.now, "body": term.body, "due_on": term.due_on, "due_at": falls, "rung": rung}
        for about, term in terms.items()
        for rung, falls in [_first(work, kind, term.due_on)]
        if not _is_over(work, term.due_on, falls)
    ]
    if rows:
        work.connection.execute(upsert_into(work.connection, _DEADLINE).on_conflict_do_nothing(), rows)


def _settle(work: Work, row: Row, outcome: str) -> None:
    work.connection.execute(_DEADLINE.update().where(_DEADLINE.c.id == row["id"]).values(settled_at=work.now, outcome=outcome))


def _first(work: Work, kind: Kind, due_on: date) -> tuple[int, datetime | None]:
    """Where a deadline begins on its ladder, and when something is first to be done about it."""
    place = place_on(ladder_of(kind, work.charter), due_on, work.today, work.calendar)
    return place.rung, next_moment(work, kind, due_on, place)


def _next(work: Work, kind: Kind, due_on: date, rung: int) -> datetime | None:
    """When something is next to be done about a deadline with so many rungs behind."""
    ladder = ladder_of(kind, work.charter)
    day = ladder[rung].falls_on(due_on, work.calendar) if rung < len(ladder) else None
    return next_moment(work, kind, due_on, Place(rung, day))


def _is_over(work: Work, due_on: date, falls: datetime | None) -> bool:
    return falls is None and due_on < work.today
