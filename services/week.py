"""The letter of the week to the operators: what was asked and chased, what left, whom nothing reached, what failed, what has waited longest."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.tables import Action, Deadline, Delivery, Event, Fanout, Review, table
from notifications.channels import OPERATORS
from notifications.dates import short_date
from services.bootstrap import App
from services.charter_store import conventions
from services.chases import CHASES
from services.news import silences
from services.operators import tell_operators
from services.reaching import FAILED, in_capacity, named, unreached, vacant_seats
from services.stages import count_parked
from services.wakes import UNSENT, WAITING
from services.wording import Wording
from services.work import Work, open_work

_ACTION, _DEADLINE, _DELIVERY = table(Action), table(Deadline), table(Delivery)
_EVENT, _FANOUT, _REVIEW = table(Event), table(Fanout), table(Review)
_KIND = "week"
_DAYS = timedelta(days=7)


class Week(NamedTuple):
    """A week of a convention, by its first day, a Monday, in its time zone."""

    monday: date
    timezone: str

    @property
    def name(self) -> str:
        """As the standard of dates has it: ``2027-W14``."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.monday + _DAYS - timedelta(days=1)

    def within(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """The condition that a moment lies in the week."""
        first, end = (datetime.combine(day, time(), ZoneInfo(self.timezone)) for day in (self.monday, self.monday + _DAYS))
        return (column >= first) & (column < end)


def tell_week(app: App) -> int:
    """Write the letter about the last week that is over, once for each convention and week; returns how many messages are new.

    A convention that had no event yet when the week ended gets none; a quiet week is told as one.
    """
    with app.db.read() as connection:
        known = conventions(connection)
    return sum(_tell(app, code) for code in known)


def _tell(app: App, convention: str) -> int:
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        week = Week(work.today - timedelta(days=work.today.weekday()) - _DAYS, work.timezone)
        key = f"{convention}:{week.name}"
        told = sa.select(_DELIVERY.c.id).where(_DELIVERY.c.unique_key == f"{_KIND}:{key}:{OPERATORS}")
        if connection.execute(told).first() is not None or not _had_begun(work, week):
            return 0
        details = week_in_words(work, week, Wording(app.settings.language))
    with app.db.write() as connection:
        work = open_work(app, connection, convention)
        return tell_operators(work, _KIND, key=key, details=details, channel=work.charter.channels.get(OPERATORS))


def _had_begun(work: Work, week: Week) -> bool:
    first = sa.select(_EVENT.c.recorded_at).where(_EVENT.c.convention == work.convention).order_by(_EVENT.c.position).limit(1)
    begun: datetime | None = work.connection.execute(first).scalar()
    return begun is not None and begun.astimezone(ZoneInfo(week.timezone)).date() <= week.sunday


def week_in_words(work: Work, week: Week, words: Wording) -> dict[str, Any]:
    """The figures of a week, as the letter has them: counts, labels and codes, never a person."""
    mine = _EVENT.c.convention == work.convention, week.within(_EVENT.c.recorded_at)
    messages = _messages(work, mine)
    recent = _DELIVERY.c.event_id.in_(sa.select(_EVENT.c.id).where(*mine))
    return {
        "week": week.name,
        "first": short_date(week.monday, words.language),
        "last": short_date(week.sunday, words.language),
        "done": _counted(words, "topic", _chased(work, mine)),
        "left": _counted(words, "deadline", _left(work)),
        "sent": messages["sent"],
        "leaving": sum(messages[state] for state in UNSENT),
        "held": sum(messages[state] for state in WAITING),
        "failed": messages["failed"],
        "parked": count_parked(work.connection, work.now),
        "unowned": named(_unowned(work, mine, words)),
        "vacant": named(vacant_seats(work)),
        "unreachable": named(unreached(work, recent)),
        "oldest": "\u00a0; ".join(_oldest(work, words)) or "-",
    }


def _counted(words: Wording, vocabulary: str, counts: Mapping[str, int]) -> str:
    """``point d'avancement (3), jalon (1)``: the most frequent first."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{words.label(vocabulary, code)} ({number})" for code, number in ranked) or "-"


def _chased(work: Work, mine: tuple[sa.ColumnElement[bool], ...]) -> dict[str, int]:
    query = sa.select(_EVENT.c.topic, sa.func.count()).where(*mine, _EVENT.c.topic.in_(CHASES)).group_by(_EVENT.c.topic)
    return dict(work.connection.execute(query).tuples().all())


def _left(work: Work) -> dict[str, int]:
    """What has fallen due and no stage has dealt with."""
    fallen = (_DEADLINE.c.convention == work.convention) & _DEADLINE.c.settled_at.is_(None) & (_DEADLINE.c.due_at <= work.now)
    query = sa.select(_DEADLINE.c.kind, sa.func.count()).where(fallen).group_by(_DEADLINE.c.kind)
    return dict(work.connection.execute(query).tuples().all())


def _messages(work: Work, mine: tuple[sa.ColumnElement[bool], ...]) -> Counter[str]:
    """What became of the messages about the events of the week, by state; ``failed`` by what ``reaching`` calls so."""
    became = sa.case((FAILED, "failed"), else_=_DELIVERY.c.state)
    query = sa.select(became, sa.func.count()).join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id).where(*mine).group_by(became)
    return Counter(dict(work.connection.execute(query).tuples().all()))


def _unowned(work: Work, mine: tuple[sa.ColumnElement[bool], ...], words: Wording) -> list[str]:
    """The capacities in which nobody was found, each with its actions."""
    query = (
        sa.select(_FANOUT.c.unowned, _ACTION.c.number)
        .join(_EVENT, _EVENT.c.id == _FANOUT.c.event_id)
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .where(*mine)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for unowned, number in work.connection.execute(query):
        for capacity in unowned or ():
            found[capacity].add(number)
    return [in_capacity(words.label("audience", capacity), named(sorted(numbers))) for capacity, numbers in sorted(found.items())]


def _oldest(work: Work, words: Wording) -> Iterator[str]:
    """What has waited longest: the open review that is most overdue, and the action that has been silent longest."""
    late = (_REVIEW.c.convention == work.convention) & _REVIEW.c.closed_on.is_(None) & (_REVIEW.c.due_on < work.today)
    query = sa.select(_ACTION.c.number, _REVIEW.c.body, _REVIEW.c.due_on).join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
    review = work.connection.execute(query.where(late).order_by(_REVIEW.c.due_on, _REVIEW.c.id).limit(1)).first()
    if review is not None:
        yield words.say("week.oldest_review", number=review.number, body=review.body, day=short_date(review.due_on, words.language))
    silent = silences(work.connection, work.convention, work.timezone).values()
    if silent:
        longest = min(silent, key=lambda one: (one.since, one.number))
        yield words.say("week.oldest_silence", number=longest.number, day=short_date(longest.since, words.language))
