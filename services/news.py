"""What counts as news of an action, of what day the newest is, and of which actions there is none: read from the log, which is all that says it."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from models.events import Topic
from models.lifecycle import State
from models.prepared import Prepared, among
from models.tables import Action, Event, table
from services.clock import local_day

_ACTION, _EVENT = table(Action), table(Event)
NEWS = (Topic.ACTION_STARTED, Topic.ACTION_REGISTERED, Topic.ACTION_RESUMED, Topic.PROGRESS_REPORTED)
"""The events from which on an action is not without news."""
BEGUN = (Topic.ACTION_STARTED, Topic.ACTION_REGISTERED)
"""The events with which work on an action begins."""


def begun_on(connection: sa.Connection, action_id: int, timezone: str) -> date | None:
    """The day on which work on an action began here; None where the log does not say so yet."""
    return last_day_of(connection, action_id, BEGUN, timezone)


def last_day_of(connection: sa.Connection, action_id: int, topics: tuple[Topic, ...], timezone: str) -> date | None:
    """The newest day of these events of an action (see ``day_of``), in whatever order they were recorded; None where there is none."""
    return max((day_of(row._asdict(), timezone) for row in _events(topics).all(connection, action_=action_id)), default=None)


def day_of(event: Mapping[Any, Any], timezone: str) -> date:
    """The day from which delays run after an event: an action that is registered under way lives here from the day of its recording."""
    if event["topic"] != Topic.ACTION_REGISTERED:
        return cast("date", event["occurred_on"])
    return local_day(event["recorded_at"], timezone)


@lru_cache
def _events(topics: tuple[Topic, ...]) -> Prepared:
    mine = (_EVENT.c.action_id == sa.bindparam("action_")) & among(_EVENT.c.topic, topics)
    return Prepared(sa.select(_EVENT.c.topic, _EVENT.c.occurred_on, _EVENT.c.recorded_at).where(mine))


class Silence(NamedTuple):
    """An action of which there has been no news for too long: its number and title, the day of the newest news, and when that was noted last."""

    number: str
    title: str
    since: date
    noted_on: date

    def days(self, today: date) -> int:
        """For how many days there has been no news."""
        return (today - self.since).days


def silences(connection: sa.Connection, convention: str, timezone: str, *, action_id: int | None = None) -> dict[int, Silence]:
    """The actions at work (or this one, if it is) that were noted to be without news and have given none since; by id, in the order of their numbers."""
    if action_id is None:
        rows = _SILENT.all(connection, convention_=convention)
    else:
        rows = _SILENT_ONE.all(connection, convention_=convention, action_=action_id)
    return {row.id: Silence(row.number, row.title, _heard_on(row, timezone), row.noted_on) for row in rows}


def _heard_on(row: Any, timezone: str) -> date:
    """The newest day of news; an action that is registered under way gives some on that of its recording."""
    registered = None if row.registered_at is None else local_day(row.registered_at, timezone)
    return max(day for day in (row.heard_on, registered) if day is not None)


def _silent(*among_these: sa.ColumnElement[bool]) -> Prepared:
    noting = (_EVENT.c.convention == sa.bindparam("convention_")) & (_EVENT.c.topic == sa.literal_column(f"'{Topic.ACTION_NEGLECTED}'"))
    last = sa.func.max(_EVENT.c.seq), sa.func.max(_EVENT.c.occurred_on)
    noted = (
        sa.select(_EVENT.c.action_id, last[0].label("seq"), last[1].label("noted_on"))
        .where(noting, *among_these)
        .group_by(_EVENT.c.action_id)
        .subquery()
    )
    news = _EVENT.alias("news")
    registered = news.c.topic == Topic.ACTION_REGISTERED
    query = (
        sa.select(_ACTION.c.id, _ACTION.c.number, _ACTION.c.sheet["title"].as_string().label("title"), noted.c.noted_on)
        .add_columns(sa.func.max(sa.case((~registered, news.c.occurred_on))).label("heard_on"))
        .add_columns(sa.func.max(sa.case((registered, news.c.recorded_at))).label("registered_at"))
        .join(noted, noted.c.action_id == _ACTION.c.id)
        .join(news, (news.c.action_id == noted.c.action_id) & among(news.c.topic, NEWS))
        .where(_ACTION.c.state == State.IN_PROGRESS)
        .group_by(_ACTION.c.id, noted.c.seq, noted.c.noted_on)
        .having(sa.func.max(news.c.seq) < noted.c.seq)
        .order_by(_ACTION.c.id)
    )
    return Prepared(query)


_SILENT, _SILENT_ONE = _silent(), _silent(_EVENT.c.action_id == sa.bindparam("action_"))
