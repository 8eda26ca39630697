"""Giving a proxy to a colleague without the link of a mail: in one review, or in every open one that a meeting is to examine."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.commands import Actor, Command, GiveProxy, RevokeProxy, Via
from models.errors import Problem, Refused
from models.lifecycle import Verb
from models.meetings import MeetingState
from models.tables import Action, AgendaItem, Event, Meeting, Proxy, Review, table
from services.asked import event_named
from services.bootstrap import App
from services.dispatch import Outcome, execute, handle
from services.lookups import VOTING_ROLES, names_of_seats
from services.owing import owed_by
from services.seating import once_more
from services.validation import refused_in_words
from services.visitors import Visitor
from services.work import Work, open_work

_ACTION, _EVENT, _ITEM, _MEETING = table(Action), table(Event), table(AgendaItem), table(Meeting)
_PROXY, _REVIEW = table(Proxy), table(Review)


class Examined(NamedTuple):
    """An open review in which the seat ``giver`` is awaited and may be represented by one of ``others``; ``represented``: it is already."""

    number: str
    title: str
    body: str
    due_on: date
    giver: str
    others: Sequence[str]
    represented: bool

    @property
    def code(self) -> str:
        """What a form calls it."""
        return f"{self.number}.{self.body}"


class Sitting(NamedTuple):
    """A meeting to come that is to examine some of these reviews."""

    number: str
    body: str
    held_on: date
    examined: Sequence[Examined]

    @property
    def left(self) -> Sequence[Examined]:
        """Those in which they are not represented yet."""
        return [one for one in self.examined if not one.represented]


@dataclass(frozen=True, slots=True)
class Offered:
    """In what somebody may be represented: ``reviews``, the most urgent first, and the ``meetings`` that examine some of them. ``names``: the colleagues."""

    reviews: Sequence[Examined]
    meetings: Sequence[Sitting]
    names: Mapping[str, str]

    def meant(self, what: str) -> Sequence[Examined]:
        """The reviews that a form means: one of them, or those of a meeting."""
        sitting = next((one for one in self.meetings if one.number == what), None)
        return sitting.examined if sitting else [one for one in self.reviews if one.code == what]


class Wish(NamedTuple):
    """What somebody asks for: in what, by whom, and until when if not to the end."""

    what: str
    holder: str
    until: date | None
    key: str


def offered_to(app: App, visitor: Visitor) -> Offered:
    """In what somebody may be represented today. Whether a colleague may hold one more proxy, the rules say when it is given."""
    with app.db.read() as connection:
        return _offered(open_work(app, connection, visitor.convention), visitor)


@once_more
def give_mandate(app: App, visitor: Visitor, wish: Wish) -> list[Outcome]:
    """Give a proxy for a review, or for all those of a meeting: in all of them or in none. Sent twice, it is given once.

    Refuses, with every reason and the action that it is about, what the rules of a review do not allow.
    """
    with app.db.write() as connection:
        work = open_work(app, connection, visitor.convention)
        meant = _chosen(work, _offered(work, visitor), wish)
        if not meant:
            raise Refused.because("mandate_nothing_left", "what")
        if wish.holder not in {seat for one in meant for seat in one.others}:
            raise Refused.because("mandate_holder_elsewhere" if wish.holder else "proxy_holder_not_chosen", "holder")
        outcomes, problems = [], list[Problem]()
        for one in meant:
            try:
                outcomes.append(handle(work, _command(work, one, wish)))
            except Refused as refused:
                problems += [Problem(problem.code, problem.params, "holder") for problem in refused.problems]
        Refused.unless_empty(problem for n, problem in enumerate(problems) if problem not in problems[:n])
    return outcomes


def _chosen(work: Work, offered: Offered, wish: Wish) -> list[Examined]:
    """Where a wish is to be carried out, in the order of the actions: where it was already, else where somebody is not represented yet, if at all."""
    meant = offered.meant(wish.what)
    named = {event_named(_key(wish, one)): one for one in meant}
    known = work.connection.execute(sa.select(_EVENT.c.id).where(_EVENT.c.id.in_([*named]))).scalars()
    given = [named[event] for event in known]
    left = [one for one in meant if not one.represented]
    return sorted(given or left or meant, key=lambda one: one.number)


def take_mandate_back(app: App, visitor: Visitor, number: str, body: str, giver: str) -> Outcome:
    """Take back a proxy of one's own that was not used. Refuses a seat that is another's."""
    if giver not in {seat.code for seat in visitor.seats}:
        raise Refused.because("seat_not_yours", "giver", seat=giver or "-")
    with app.db.read() as connection:
        today = open_work(app, connection, visitor.convention).today
    with refused_in_words():
        command = RevokeProxy(
            verb=Verb.REVOKE_PROXY, giver=giver, **_about(visitor.convention, number, body, giver, today), key=app.ids().hex
        )
    return execute(app, command)


def _command(work: Work, one: Examined, wish: Wish) -> Command:
    about = _about(work.convention, one.number, one.body, one.giver, work.today)
    with refused_in_words():
        return GiveProxy(verb=Verb.GIVE_PROXY, giver=one.giver, holder=wish.holder, until=wish.until, **about, key=_key(wish, one))


def _key(wish: Wish, one: Examined) -> str:
    return f"{wish.key}:{one.code}"


def _about(convention: str, number: str, body: str, giver: str, day: date) -> dict[str, Any]:
    return {"convention": convention, "action": number, "actor": Actor(seat=giver, via=Via.PORTAL), "occurred_on": day, "body": body}


def _offered(work: Work, visitor: Visitor) -> Offered:
    own = {seat.code for seat in visitor.seats if seat.role in VOTING_ROLES}
    standing = _represented(work, own)
    reviews = [one for row in owed_by(work, visitor, own) for one in _examined(work, row, own, standing)]
    others = {seat for one in reviews for seat in one.others}
    return Offered(reviews, _sittings(work, reviews), names_of_seats(work.connection, work.convention, others))


def _represented(work: Work, own: Collection[str]) -> set[tuple[int, str]]:
    """By review, which of these seats have given a proxy that stands."""
    lasts = _PROXY.c.revoked_on.is_(None) & (_PROXY.c.until.is_(None) | (_PROXY.c.until >= work.today))
    query = (
        sa.select(_PROXY.c.review_id, _PROXY.c.giver)
        .join(_REVIEW, _REVIEW.c.id == _PROXY.c.review_id)
        .where(_REVIEW.c.convention == work.convention, _REVIEW.c.closed_on.is_(None), _PROXY.c.giver.in_(own), lasts)
    )
    return {(row.review_id, row.giver) for row in work.connection.execute(query)}


def _examined(work: Work, row: Mapping[Any, Any], own: Collection[str], standing: Collection[tuple[int, str]]) -> list[Examined]:
    """A review in which one of these seats is awaited, if its rules know proxies."""
    body = work.charter_of(row["charter_id"]).body(row["body"])
    if body is None or body.rules is None or body.rules.proxies_per_holder == 0 or body.rules.ballot == "secret":
        return []
    others = [seat for seat in row["electorate"] if seat not in own]
    about = (row["number"], row["title"], row["body"], row["due_on"])
    return [Examined(*about, seat, others, (row["id"], seat) in standing) for seat in row["seats"] if seat in own]


def _sittings(work: Work, reviews: Sequence[Examined]) -> list[Sitting]:
    """The meetings to come on whose agenda these reviews are, the next one first."""
    query = (
        sa.select(_MEETING.c.number, _MEETING.c.body, _MEETING.c.held_on, _ACTION.c.number.label("action"))
        .join(_ITEM, _ITEM.c.meeting_id == _MEETING.c.id)
        .join(_ACTION, _ACTION.c.id == _ITEM.c.action_id)
        .where(_MEETING.c.convention == work.convention, _MEETING.c.held_on >= work.today)
        .where(_MEETING.c.state.in_((MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.OPEN)))
        .where(_ACTION.c.number.in_({one.number for one in reviews}))
        .order_by(_MEETING.c.held_on, _MEETING.c.id, _ITEM.c.position)
    )
    found: dict[str, Sitting] = {}
    for row in work.connection.execute(query) if reviews else ():
        its = [one for one in reviews if (one.number, one.body) == (row.action, row.body)]
        known = found.get(row.number, Sitting(row.number, row.body, row.held_on, ()))
        found[row.number] = known._replace(examined=[*known.examined, *its])
    return [one for one in found.values() if one.examined]
