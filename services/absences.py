"""When somebody is away, and which deputy's seat answers meanwhile: noted, corrected, taken back, by themselves or by a secretary.

The row says which seat noted it last; of one that is taken back the log of the process does.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.prepared import Prepared, among
from models.tables import Absence, Seat, table
from services.bootstrap import App
from services.lookups import VOTING_ROLES
from services.people_fields import Line, check_order
from services.seating import Given, Row, change, has_begun, person_row
from services.standing_in import DEPUTY
from services.work import Work, open_work

_LOG = logging.getLogger("passerelle.absences")
_ABSENCE, _SEAT = table(Absence), table(Seat)
_FIELDS = ("starts_on", "ends_on", "deputy_id")


def note_absence(app: App, convention: str, person: str, given: Given, *, by: str | None = None) -> None:
    """Note that somebody is away from the first to the last day, and perhaps the deputy's seat that answers meanwhile.

    ``by``: the seat that notes it; None: nobody in particular.
    """
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        holder = person_row(connection, convention, person)
        values = _read(work, holder, Line(0, given), None)
        same = [_ABSENCE.c[name].is_(None) if value is None else _ABSENCE.c[name] == value for name, value in values.items()]
        if connection.execute(sa.select(_ABSENCE.c.id).where(_ABSENCE.c.person_id == holder["id"], *same)).first() is None:
            noted = {"noted_by": by, "noted_at": work.wall}
            connection.execute(_ABSENCE.insert().values(convention=convention, person_id=holder["id"], **values, **noted))


def change_absence(app: App, convention: str, person: str, absence: int, given: Given, seen: str, *, by: str | None = None) -> None:
    """Correct an absence that has not begun; of one that has, only the last day may change."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        holder = person_row(connection, convention, person)
        known = _absence(connection, holder, absence)
        if known is None:
            raise NotFound(Problem("people.absence_unknown"))
        if known["ends_on"] < work.today:
            raise Refused.because("people.absence_over", "ends_on", last=known["ends_on"].isoformat())
        if change(connection, _ABSENCE, known, _read(work, holder, Line(0, given), known), seen):
            connection.execute(_ABSENCE.update().where(_ABSENCE.c.id == absence).values(noted_by=by, noted_at=work.wall))


def take_back_absence(app: App, convention: str, person: str, absence: int, *, by: str | None = None) -> None:
    """Take back an absence that has not begun; one that is gone already stays gone."""
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        holder = person_row(connection, convention, person)
        known = _absence(connection, holder, absence)
        if known is not None and has_begun(work, known):
            raise Refused.because("people.absence_begun")
        if known is not None:
            connection.execute(_ABSENCE.delete().where(_ABSENCE.c.id == known["id"]))
            _LOG.info("the absence %s was taken back by %s", absence, by or "-")


def deputies_for(work: Work, person_id: int) -> Sequence[Row]:
    """The deputies' seats that may answer for somebody: of the bodies in which they vote, today or later, held by others."""
    found = _DEPUTIES.all(work.connection, person_=person_id, convention_=work.convention, today_=work.today)
    return [row._asdict() for row in found]


_WHO, _TODAY = sa.bindparam("person_", type_=sa.Integer), sa.bindparam("today_", type_=_SEAT.c.ends_on.type)
_LASTING = _SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= _TODAY)
_VOTING = sa.select(_SEAT.c.body).where(_SEAT.c.person_id == _WHO, among(_SEAT.c.role, VOTING_ROLES), _LASTING)
_OTHERS = (_SEAT.c.role == sa.literal_column(f"'{DEPUTY}'")) & (_SEAT.c.person_id != _WHO)
_DEPUTIES = Prepared(
    sa.select(_SEAT)
    .where(_SEAT.c.convention == sa.bindparam("convention_"), _OTHERS, _LASTING, _SEAT.c.body.in_(_VOTING))
    .order_by(_SEAT.c.code)
)


def _absence(connection: sa.Connection, holder: Row, absence: int) -> Row | None:
    mine = (_ABSENCE.c.person_id == holder["id"]) & (_ABSENCE.c.id == absence)
    return connection.execute(sa.select(_ABSENCE).where(mine)).mappings().first()


def _read(work: Work, holder: Row, line: Line, known: Row | None) -> dict[str, date | int | None]:
    """The absence that a form asks for; refuses every mistake at once."""
    begun = known is not None and has_begun(work, known)
    first = known["starts_on"] if known is not None and begun else line.day("starts_on")
    last = line.day("ends_on")
    seats = {seat["code"]: seat for seat in deputies_for(work, holder["id"])}
    chosen = "" if begun or not line.cells["deputy"] else line.choice("deputy", seats)
    if first and last:
        check_order(line, first, last)
        earliest = work.today - timedelta(days=1) if begun else work.today
        if last < earliest and last >= first:
            line.refuse("ends_on", "absence_over", last=last.isoformat())
        _check_seated(line, seats.get(chosen), first, last)
    deputy = known["deputy_id"] if known is not None and begun else seats[chosen]["id"] if chosen in seats else None
    if first and last and not line.problems:
        _check_others(work, holder, line, known, (first, last, deputy))
    Refused.unless_empty(line.problems)
    return {"starts_on": first, "ends_on": last, "deputy_id": deputy}


def _check_seated(line: Line, seat: Row | None, first: date, last: date) -> None:
    """The deputy's seat is held for the whole absence."""
    if seat is not None and not (seat["starts_on"] <= first and (seat["ends_on"] is None or seat["ends_on"] >= last)):
        line.refuse("deputy", "deputy_not_seated", seat=seat["code"], first=first.isoformat(), last=last.isoformat())


def _check_others(work: Work, holder: Row, line: Line, known: Row | None, wanted: tuple[date, date, int | None]) -> None:
    """On no day do two deputies answer for the same seat."""
    first, last, deputy = wanted
    others: Iterable[Row] = work.connection.execute(
        sa.select(_ABSENCE, _SEAT.c.body)
        .outerjoin(_SEAT, _SEAT.c.id == _ABSENCE.c.deputy_id)
        .where(_ABSENCE.c.person_id == holder["id"], _ABSENCE.c.starts_on <= last, _ABSENCE.c.ends_on >= first)
        .order_by(_ABSENCE.c.starts_on)
    ).mappings()
    body = work.connection.execute(sa.select(_SEAT.c.body).where(_SEAT.c.id == deputy)).scalar() if deputy is not None else None
    for other in others:
        itself = other["id"] == (known["id"] if known is not None else None) or (known is None and _same(other, wanted))
        if not itself and (body is None or other["body"] in (None, body)):
            line.refuse("starts_on", "absences_overlap", first=other["starts_on"].isoformat(), last=other["ends_on"].isoformat())
            return


def _same(row: Row, wanted: tuple[date, date, int | None]) -> bool:
    return tuple(row[name] for name in _FIELDS) == wanted
