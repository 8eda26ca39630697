"""What an assumption means: the action, meeting or person, seat, body and day that it names, looked up once before time passes."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from models.assumptions import About, Act, Assumption
from models.charter import ActionSheet, Language, OpinionValue
from models.contradictions import nearest
from models.errors import NotFound, Problem, Refused
from models.folding import folded
from models.forecasts import Supposition
from models.numbers import whole
from models.tables import Deadline, Person, Reservation, Review, Seat, table
from services.deadline_kinds import Kind, asked_due
from services.lookups import ask, find_action, look_up_seat, seat_in_office
from services.meetings.lookups import find_meeting
from services.wording import Wording
from services.work import Work

_DEADLINE, _PERSON, _RESERVATION, _REVIEW, _SEAT = table(Deadline), table(Person), table(Reservation), table(Review), table(Seat)
_MOST = 100


class Meant(NamedTuple):
    """An assumption with what it names. ``code``: the number of the action or meeting, or the person's code. ``day``: when it is carried out, or to which a date moves."""

    assumption: Assumption
    code: str
    day: date
    body: str | None = None
    seat: str | None = None
    value: str | None = None
    number: int = 0

    @property
    def act(self) -> Act:
        """What is assumed."""
        return self.assumption.act

    @property
    def supposition(self) -> Supposition:
        """The same, as a forecast shows it."""
        asked = self.assumption
        deputy = (asked.detail(0) or "").upper() or None if self.act is Act.ABSENT else None
        who = self.seat or deputy or (self.body if self.act is Act.REVIEW_END else None)
        value = self.value if self.act is Act.OPINION else None
        return Supposition(
            asked.typed, self.code, self.act.value, asked.day if asked.last and asked.day else self.day, asked.last, who, value, self.number
        )


@cache
def act_names() -> Mapping[str, Act]:
    """What acts are called besides their codes, in every language, in small letters without accents."""
    return {folded(text).replace(" ", "-"): Act(code) for language in Language for code, text in Wording(language).labels("assume").items()}


@cache
def _opinions() -> Mapping[str, OpinionValue]:
    named = {
        folded(text): OpinionValue(code)
        for language in Language
        for code, text in Wording(language).labels("opinion").items()
        if code in tuple(OpinionValue)
    }
    return {**named, **{value.value: value for value in OpinionValue}}


def meant_by(work: Work, assumption: Assumption, until: date) -> Meant:
    """Look up what an assumption names.

    Raises Refused or NotFound, led by the assumption as it was typed, with the nearest known name: for what does not exist, a day that is past or
    (but for a date that moves) after ``until``, and a number of days where no day is due.
    """
    try:
        found = _SUBJECT[assumption.shape.about](work, assumption)
        if assumption.act in _DETAILS:
            found = _DETAILS[assumption.act](work, found)
        return found._replace(day=_day(work, found, until))
    except Refused as refused:
        raise named(refused, assumption) from None


def named(refused: Refused, assumption: Assumption, day: date | None = None) -> Refused:
    """The same refusal, led by the assumption as it was typed, and the day that it came to, if that was not."""
    where = f"{assumption.typed} ({day.isoformat()})" if day is not None and assumption.later is not None else assumption.typed
    return type(refused)(*(Problem(each.code, each.params, where) for each in refused.problems))


def find_person(work: Work, given: str) -> str:
    """The code of a person, by it or by one of their seats. Raises NotFound with the nearest codes."""
    mine = (_PERSON.c.convention == work.convention) & (_PERSON.c.code == given.strip().lower())
    held = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == work.convention, _SEAT.c.code == given.strip().upper())
    query = sa.select(_PERSON.c.code).where(mine | (_PERSON.c.convention == work.convention) & _PERSON.c.id.in_(held))
    found: str | None = work.connection.execute(query).scalar()
    if found is None:
        rows = work.connection.execute(sa.select(_PERSON.c.code).where(_PERSON.c.convention == work.convention))
        near = get_close_matches(given.strip().lower(), rows.scalars().all(), cutoff=0.4)
        raise NotFound(Problem("person_unknown", {"person": given.strip(), "near": ", ".join(near) or "-"}))
    return found


def find_body(work: Work, given: str) -> str:
    """The code of a body. Refuses an unknown one, with the nearest."""
    bodies = work.charter.codes()["bodies"]
    if given.strip().lower() not in bodies:
        raise Refused.because("forecast.body", given=given.strip(), known=nearest(given.strip().lower(), bodies))
    return given.strip().lower()


def _action(work: Work, assumption: Assumption) -> Meant:
    return Meant(assumption, find_action(work, assumption.subject).number, work.today)


def _meeting(work: Work, assumption: Assumption) -> Meant:
    row = find_meeting(work, assumption.subject)
    return Meant(assumption, row.number, work.today, body=row.body)


def _person(work: Work, assumption: Assumption) -> Meant:
    return Meant(assumption, find_person(work, assumption.subject), work.today)


_SUBJECT: Mapping[About, Callable[[Work, Assumption], Meant]] = {About.ACTION: _action, About.MEETING: _meeting, About.PERSON: _person}


def _seat(work: Work, found: Meant) -> Meant:
    """The seat, its body, and what it answers: in favour, unless something else is said."""
    given = found.assumption.details[0]
    row = seat_in_office(work, given, ask(work, look_up_seat(work.convention, given)))
    value, known = found.assumption.detail(1) or OpinionValue.FAVOURABLE.value, _opinions()
    if folded(value) not in known:
        raise Refused.because("assume.opinion", given=value, known=nearest(value, [each.value for each in OpinionValue]))
    return found._replace(seat=row.code, body=row.body, value=known[folded(value)].value)


def _body(work: Work, found: Meant) -> Meant:
    return found._replace(body=find_body(work, found.assumption.details[0]))


def _percent(_work: Work, found: Meant) -> Meant:
    given = found.assumption.detail(0)
    number = whole(given) if given is not None else 0
    if number is None or number > _MOST:
        raise Refused.because("assume.percent", given=given or "")
    return found._replace(number=number, value=given)


def _milestone(work: Work, found: Meant) -> Meant:
    known = len(ActionSheet.model_validate(find_action(work, found.code).sheet).milestones)
    number = whole(found.assumption.details[0])
    if not number or number > known:
        raise Refused.because("assume.milestone", given=found.assumption.details[0], number=found.code, count=known)
    return found._replace(number=number)


def _reservation(work: Work, found: Meant) -> Meant:
    mine = (
        (_RESERVATION.c.action_id == find_action(work, found.code).id)
        & _RESERVATION.c.lifted_on.is_(None)
        & _RESERVATION.c.lapsed_on.is_(None)
    )
    query = sa.select(_RESERVATION.c.number, _REVIEW.c.body).join(_REVIEW, _REVIEW.c.id == _RESERVATION.c.review_id).where(mine)
    known = {row.number: row.body for row in work.connection.execute(query.order_by(_RESERVATION.c.number))}
    number = whole(found.assumption.details[0])
    if number is None or number not in known:
        raise Refused.because(
            "assume.reservation", given=found.assumption.details[0], number=found.code, known=", ".join(map(str, known)) or "-"
        )
    return found._replace(number=number, body=known[number])


_DETAILS: Mapping[Act, Callable[[Work, Meant], Meant]] = {
    Act.OPINION: _seat,
    Act.PROGRESS: _percent,
    Act.REACHED: _milestone,
    Act.MILESTONE: _milestone,
    Act.LIFT: _reservation,
    Act.REVIEW_END: _body,
}


def _day(work: Work, found: Meant, until: date) -> date:
    """The day that is typed, or that is so many days after the one that is due now."""
    asked = found.assumption
    day = cast("date", asked.day) if asked.later is None else _due(work, found) + timedelta(days=asked.later)
    if (asked.last or day) < work.today:
        raise Refused.because("assume.past", day=(asked.last or day).isoformat(), today=work.today.isoformat())
    if day > until and not asked.shape.moves:
        raise Refused.because("assume.beyond", day=day.isoformat(), until=until.isoformat())
    return day


def _due(work: Work, found: Meant) -> date:
    day: date | None = _DUE[found.act](work, found)
    if day is None:
        raise Refused.because("assume.nothing_due", number=found.code)
    return day


def _review_due(work: Work, found: Meant) -> date | None:
    mine = (_REVIEW.c.action_id == find_action(work, found.code).id) & (_REVIEW.c.body == found.body) & _REVIEW.c.closed_on.is_(None)
    return work.connection.execute(sa.select(_REVIEW.c.due_on).where(mine)).scalar()


def _milestone_due(work: Work, found: Meant) -> date | None:
    return ActionSheet.model_validate(find_action(work, found.code).sheet).milestones[found.number - 1].due_on


def _meeting_due(work: Work, found: Meant) -> Any:
    return find_meeting(work, found.code).held_on


def _deadline(kind: Kind) -> Callable[[Work, Meant], date | None]:
    def due(work: Work, found: Meant) -> date | None:
        mine = (_DEADLINE.c.action_id == find_action(work, found.code).id) & (_DEADLINE.c.kind == kind) & _DEADLINE.c.settled_at.is_(None)
        if found.number and kind is Kind.RESERVATION:
            mine &= _DEADLINE.c.subject == found.number
        return work.connection.execute(sa.select(sa.func.min(_DEADLINE.c.due_on)).where(mine)).scalar()

    return due


def _answer_due(work: Work, found: Meant) -> date | None:
    """The last day to answer the request that is open, or else the next one; nobody answers a request that has not come."""
    open_until, asked_on = (_deadline(kind)(work, found) for kind in (Kind.PROGRESS_REPORT, Kind.PROGRESS))
    if open_until is not None or asked_on is None:
        return open_until
    answer = asked_due(work, Kind.PROGRESS_REPORT, asked_on)
    return None if answer is None else answer.due_on


_DUE: Mapping[Act, Callable[[Work, Meant], Any]] = {
    Act.OPINION: _review_due,
    Act.REVIEW_END: _review_due,
    Act.REACHED: _milestone_due,
    Act.MILESTONE: _milestone_due,
    Act.MEETING_DAY: _meeting_due,
    Act.PROGRESS: _answer_due,
    Act.FINAL_REPORT: _deadline(Kind.FINAL_REPORT),
    Act.LIFT: _deadline(Kind.RESERVATION),
}
