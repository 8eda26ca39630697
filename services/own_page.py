"""What a member comes for, in one look: what is asked of them, their actions, seats, absences and proxies. The same few questions, however much there is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.lifecycle import State
from models.meetings import MeetingState
from models.tables import LEAD_OF, Absence, Action, Meeting, Opinion, Proxy, Review, Seat, table
from services.bootstrap import App
from services.directory import Shown, show_person
from services.lookups import VOTING_ROLES, names_of_seats
from services.news import Silence, silences
from services.own_deadlines import Asked, Owner, deadlines_of
from services.standing_in import standing_in
from services.visitors import Visitor
from services.work import Work, open_work

_ABSENCE, _ACTION, _MEETING, _OPINION = table(Absence), table(Action), table(Meeting), table(Opinion)
_PROXY, _REVIEW, _SEAT = table(Proxy), table(Review), table(Seat)
_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
_OVER = (State.WITHDRAWN, State.REJECTED, State.ABANDONED, State.CLOSED)
AT_MOST = 50
"""Lines of one list; the page says how many there are in all."""
Row = Mapping[Any, Any]


class Question(NamedTuple):
    """An opinion that somebody owes. ``ways``: the seats for which they owe it, by how they answer: ``own``, ``deputy`` or ``proxy``."""

    asked: Asked
    ways: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What concerns a member. ``questions``: opinions owed; ``dues``: what their actions wait for from them; both the most urgent first.

    ``led`` and ``proposed``: actions that are not over, ``totals`` how many there are of each. ``who``: their seats and absences. ``replaces``: the absences of
    others, now or later, for which a seat of theirs is named. ``given`` and ``held``: proxies that stand in open reviews. ``meetings``: those of their bodies to come.
    ``names``: the holders of the seats that are named here.
    """

    today: date
    questions: Sequence[Question]
    dues: Sequence[Asked]
    led: Sequence[Row]
    proposed: Sequence[Row]
    totals: Mapping[str, int]
    silence: Mapping[str, Silence]
    who: Shown
    replaces: Sequence[Row]
    given: Sequence[Row]
    held: Sequence[Row]
    meetings: Sequence[Row]
    names: Mapping[str, str]

    def deputies_in(self, body: str) -> list[Row]:
        """The deputies' seats of a body that may answer for them."""
        return [row for row in self.who.deputies if row["body"] == body]

    @property
    def votes(self) -> bool:
        """Whether they vote anywhere, and may therefore name a deputy or give a proxy."""
        return any(seat["role"] in VOTING_ROLES and self.who.phase(seat) == "present" for seat in self.who.seats)


def own_page(app: App, visitor: Visitor) -> OwnPage:
    """What concerns whoever is signed in, today."""
    who = show_person(app, visitor.convention, visitor.code)
    own = [seat.code for seat in visitor.seats]
    with app.db.read() as connection:
        work = open_work(app, connection, visitor.convention)
        asked = sorted(deadlines_of(work, Owner(visitor.person_id, visitor.convention, visitor.code, visitor.seats)), key=_urgency)
        stands_for = {pair.voter for pair in standing_in(connection, visitor.convention, work.today) if pair.deputy in own}
        lead = sa.literal_column(LEAD_OF[connection.dialect.name], sa.String) == visitor.code  # to the letter as in the index
        every = [seat["code"] for seat in who.seats]
        (led, all_led), (proposed, all_proposed) = (_actions(work, which) for which in (lead, _ACTION.c.proposer_seat.in_(every)))
        replaces = _replaced(work, visitor.person_id)
        proxies = _proxies(work, own)
        named = {seat for row in proxies for seat in (row["giver"], row["holder"])} | {row["voter"] for row in replaces}
        named |= {seat for one in asked for seat in one.seats}
        return OwnPage(
            today=work.today,
            questions=[Question(one, _ways(one.seats, own, stands_for)) for one in asked if one.seats],
            dues=[one for one in asked if not one.seats],
            led=led,
            proposed=proposed,
            totals={"led": all_led, "proposed": all_proposed},
            silence={one.number: one for one in silences(connection, visitor.convention, work.timezone).values()},
            who=who,
            replaces=replaces,
            given=[row for row in proxies if row["giver"] in own],
            held=[row for row in proxies if row["holder"] in own],
            meetings=_to_come(work, {seat.body for seat in visitor.seats}),
            names=names_of_seats(connection, visitor.convention, named),
        )


def _urgency(asked: Asked) -> tuple[date, str]:
    return asked.due_on, asked.number


def _ways(seats: Sequence[str], own: Collection[str], stands_for: Collection[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for seat in seats:
        found.setdefault("own" if seat in own else "deputy" if seat in stands_for else "proxy", []).append(seat)
    return found


def _actions(work: Work, which: sa.ColumnElement[bool]) -> tuple[list[Row], int]:
    """The first actions of a kind that are not over, by number, and how many there are."""
    mine = (_ACTION.c.convention == work.convention) & which & _ACTION.c.state.not_in(_OVER)
    query = sa.select(_ACTION.c.number, _TITLE, _ACTION.c.state).where(mine).order_by(_ACTION.c.id).limit(AT_MOST)
    rows = [*work.connection.execute(query).mappings()]
    if len(rows) < AT_MOST:
        return rows, len(rows)
    return rows, work.connection.execute(sa.select(sa.func.count()).select_from(_ACTION).where(mine)).scalar_one()


def _replaced(work: Work, person_id: int) -> list[Row]:
    """For whom somebody stands in, today or later: the seat that they answer for, theirs, and the days."""
    deputy, voter = _SEAT.alias("deputy"), _SEAT.alias("voter")
    theirs = (voter.c.person_id == _ABSENCE.c.person_id) & (voter.c.body == deputy.c.body) & voter.c.role.in_(VOTING_ROLES)
    lasts = voter.c.ends_on.is_(None) | (voter.c.ends_on >= _ABSENCE.c.starts_on)
    query = (
        sa.select(voter.c.code.label("voter"), deputy.c.code.label("deputy"), deputy.c.body, _ABSENCE.c.starts_on, _ABSENCE.c.ends_on)
        .select_from(_ABSENCE)
        .join(deputy, deputy.c.id == _ABSENCE.c.deputy_id)
        .join(voter, theirs & lasts)
        .where(_ABSENCE.c.convention == work.convention, deputy.c.person_id == person_id, _ABSENCE.c.ends_on >= work.today)
        .order_by(_ABSENCE.c.starts_on, voter.c.code)
    )
    return [*work.connection.execute(query).mappings()]


def _proxies(work: Work, seats: Collection[str]) -> list[Row]:
    """The proxies of open reviews that one of these seats gave or holds, and whether each was used."""
    used = sa.exists().where(
        _OPINION.c.review_id == _PROXY.c.review_id,
        _OPINION.c.seat == _PROXY.c.giver,
        _OPINION.c.holder == _PROXY.c.holder,
        ~_OPINION.c.superseded,
    )
    query = (
        sa.select(
            _ACTION.c.number, _TITLE, _REVIEW.c.body, _REVIEW.c.due_on, _PROXY.c.giver, _PROXY.c.holder, _PROXY.c.until, used.label("used")
        )
        .join(_REVIEW, _REVIEW.c.id == _PROXY.c.review_id)
        .join(_ACTION, _ACTION.c.id == _PROXY.c.action_id)
        .where(_REVIEW.c.convention == work.convention, _REVIEW.c.closed_on.is_(None), _PROXY.c.revoked_on.is_(None))
        .where(_PROXY.c.until.is_(None) | (_PROXY.c.until >= work.today))
        .where(_PROXY.c.giver.in_(seats) | _PROXY.c.holder.in_(seats))
        .order_by(_REVIEW.c.due_on, _ACTION.c.number, _PROXY.c.giver)
    )
    return [*work.connection.execute(query).mappings()]


def _to_come(work: Work, bodies: Collection[str]) -> list[Row]:
    """The next meetings of these bodies, the nearest first."""
    live = (MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.OPEN)
    query = (
        sa.select(*(_MEETING.c[name] for name in ("number", "body", "state", "held_on", "starts_at")))
        .where(_MEETING.c.convention == work.convention, _MEETING.c.body.in_(bodies), _MEETING.c.held_on >= work.today)
        .where(_MEETING.c.state.in_(live))
        .order_by(_MEETING.c.held_on, _MEETING.c.starts_at, _MEETING.c.id)
        .limit(AT_MOST)
    )
    return [*work.connection.execute(query).mappings()]
