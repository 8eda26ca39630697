"""Where things wait: how long reviews take body by body, how fast they are answered, and how long actions stay in each state.

Read from the log and from the reviews that it wrote, in a fixed number of questions, however long the log. Never about a single person.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from models.charter import Charter
from models.errors import NotFound, Problem, Refused
from models.lifecycle import TRANSITIONS, State
from models.prepared import Prepared
from models.spells import Seen, Spell, Times, Trend, Window, goes_on, seen, times, trend
from models.tables import Action, Event, Opinion, Review, table
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.clock import local_day

_ACTION, _EVENT, _OPINION, _REVIEW = table(Action), table(Event), table(Opinion), table(Review)
FEWEST_SEATS = 3
"""Answer times are told of a body where so many different seats have answered, so that they are nobody's own."""
WAITING_STATES = tuple(state for state in State if any(move.state is state is not move.target for move in TRANSITIONS.values()))
"""The states that an action can leave for another, in the order of a life."""
_A_DAY = timedelta(days=1)
_MINE: sa.BindParameter[str] = sa.bindparam("convention_")
_REVIEWS = Prepared(
    sa.select(_REVIEW.c.body, _REVIEW.c.action_id, _REVIEW.c.opened_on, _REVIEW.c.closed_on, _REVIEW.c.due_on)
    .where(_REVIEW.c.convention == _MINE)
    .order_by(_REVIEW.c.id)
)
_ANSWERS = Prepared(
    sa.select(_REVIEW.c.body, _OPINION.c.seat, _REVIEW.c.opened_on, sa.func.min(_OPINION.c.given_on).label("given_on"))
    .join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id)
    .where(_REVIEW.c.convention == _MINE)
    .group_by(_REVIEW.c.id, _REVIEW.c.body, _REVIEW.c.opened_on, _OPINION.c.seat)
)
"""The first answer of each seat in each review; that it was changed later makes it no slower."""
_MOVES = Prepared(
    sa.select(_EVENT.c.action_id, _EVENT.c.occurred_on, _EVENT.c.after)
    .where(_EVENT.c.convention == _MINE, _EVENT.c.before.is_distinct_from(_EVENT.c.after))
    .order_by(_EVENT.c.action_id, _EVENT.c.seq)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has waited longest at the end of the window: an action, since when, and for how many days."""

    action: str
    title: str
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class Answers:
    """From the opening of a review to the first answer of each seat that gave one. ``times`` None: too few ``seats`` answered to tell."""

    seats: int
    times: Times | None


@dataclass(frozen=True, slots=True)
class OfBody:
    """The reviews of a body: how long they take, how fast they are answered, whether they grow longer, and the oldest that is open."""

    body: str
    reviews: Times
    answers: Answers
    trend: Trend
    oldest: Waiting | None


@dataclass(frozen=True, slots=True)
class InState:
    """How long actions stay in a state, whether they stay longer, and which has been there longest."""

    state: State
    times: Times
    trend: Trend
    oldest: Waiting | None


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """The report of a convention: bodies in the order of the charter, and those that it no longer has; states in the order of a life.

    ``states`` is empty where one body is asked about.
    """

    convention: str
    window: Window
    bodies: Sequence[OfBody]
    states: Sequence[InState]


def bottlenecks(
    app: App, *, convention: str | None = None, body: str | None = None, since: date | None = None, until: date | None = None
) -> Bottlenecks:
    """The report over what had not ended before ``since``, as things stood at the end of ``until`` (today, if none is given).

    Days are calendar days. Raises NotFound for a body that the charter does not have and that examined nothing; refuses days in the wrong order.
    """
    with app.db.read() as connection:
        code = the_convention(connection, convention)
        charter = charter_in_force(connection, code)
        window = _window(since, until, local_day(app.clock.now(), charter.convention.timezone))
        reviews, answers = _by_body(_REVIEWS.all(connection, convention_=code)), _by_body(_ANSWERS.all(connection, convention_=code))
        bodies = _bodies(charter, reviews, body)
        stays = {} if body else _stays(_MOVES.all(connection, convention_=code))
        oldest = {name: _oldest(((row.action_id, _review(row)) for row in reviews[name]), window) for name in bodies}
        oldest |= {state: _oldest(stays.get(state, ()), window) for state in WAITING_STATES}
        named = _named(connection, {action for action, _ in filter(None, oldest.values())})
    waiting = {name: _waiting(found, named, window.until) for name, found in oldest.items()}
    of_bodies = [_of_body(name, reviews[name], answers[name], window, waiting[name]) for name in bodies]
    in_states = [_in_state(state, stays[state], window, waiting[state]) for state in WAITING_STATES if state in stays]
    return Bottlenecks(code, window, of_bodies, in_states)


def _window(since: date | None, until: date | None, today: date) -> Window:
    """A day to come would say of what is open now how old it will be: it is refused."""
    last = until or today
    if last > today:
        raise Refused.because("bottlenecks.to_come", day=last.isoformat())
    if since is not None and since > last:
        raise Refused.because("bottlenecks.backwards", day=since.isoformat(), until=last.isoformat())
    return Window(since, last)


def _by_body(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.body].append(row)
    return found


def _bodies(charter: Charter, reviews: Mapping[str, Any], body: str | None) -> list[str]:
    """Every body that could examine, or the one that is named."""
    known = list(dict.fromkeys((*(entry.code for entry in charter.bodies), *sorted(reviews))))
    if body is None:
        return known
    if body not in known:
        raise NotFound(Problem("body_unknown", {"body": body, "known": ", ".join(known)}))
    return [body]


def _review(row: Any) -> Spell:
    """Members may answer until the end of the last day: a review that closes by itself closes on the next, and is not late then."""
    return Spell(row.opened_on, row.closed_on, row.due_on + _A_DAY)


def _stays(moves: Iterable[Any]) -> Mapping[str, list[tuple[int, Spell]]]:
    """Every stay of an action in a state, from its moves in the order of its log."""
    found: dict[str, list[tuple[int, Spell]]] = defaultdict(list)
    last: Any = None
    for move in moves:
        if last is not None:
            found[last.after].append(
                (last.action_id, Spell(last.occurred_on, move.occurred_on if last.action_id == move.action_id else None))
            )
        last = move
    if last is not None:
        found[last.after].append((last.action_id, Spell(last.occurred_on)))
    return found


def _oldest(spells: Iterable[tuple[int, Spell]], window: Window) -> tuple[int, date] | None:
    """The action that has waited longest at the end of the window, and since when; of several, the first that began."""
    found = min(((spell.begun, action) for action, spell in spells if goes_on(spell, window.until)), default=None)
    return None if found is None else (found[1], found[0])


def _named(connection: sa.Connection, actions: Collection[int]) -> Mapping[int, Any]:
    query = sa.select(_ACTION.c.id, _ACTION.c.number, _ACTION.c.sheet["title"].as_string().label("title"))
    return {row.id: row for row in connection.execute(query.where(_ACTION.c.id.in_(actions)))}


def _waiting(found: tuple[int, date] | None, named: Mapping[int, Any], until: date) -> Waiting | None:
    if found is None:
        return None
    action, since = found
    return Waiting(named[action].number, named[action].title, since, (until - since).days)


def _of_body(name: str, reviews: Sequence[Any], answers: Sequence[Any], window: Window, oldest: Waiting | None) -> OfBody:
    examined = seen(map(_review, reviews), window)
    return OfBody(name, times(examined), _answers(answers, window), trend(examined), oldest)


def _answers(rows: Sequence[Any], window: Window) -> Answers:
    """Of the answers that were given in the window; one that was kept before the body was asked came at once."""
    given = [row for row in rows if row.given_on <= window.until and (window.since is None or row.given_on >= window.since)]
    seats = len({row.seat for row in given})
    told: list[Seen] = seen((Spell(row.opened_on, max(row.given_on, row.opened_on)) for row in given), window)
    return Answers(seats, times(told) if seats >= FEWEST_SEATS else None)


def _in_state(state: State, stays: Sequence[tuple[int, Spell]], window: Window, oldest: Waiting | None) -> InState:
    stayed = seen((spell for _, spell in stays), window)
    return InState(state, times(stayed), trend(stayed), oldest)
