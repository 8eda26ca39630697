"""Requests that leave on a later day than they were written: their mail gives the day that whoever is asked then has."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Deadline, table
from notifications.context import Context
from services.asking import Asked, asked_of
from services.bootstrap import App
from services.clock import local_day
from services.contexts import Told
from services.deadline_kinds import ASKED_FOR, Kind, heard_late
from services.reckonings import gives
from services.work import Work, open_work

_DEADLINE = table(Deadline)
_ASKING = frozenset(topic for kind in ASKED_FOR for topic in gives(kind))
_DUE = Prepared(
    sa.select(_DEADLINE.c.kind, _DEADLINE.c.due_on, _DEADLINE.c.told_on).where(
        _DEADLINE.c.action_id == sa.bindparam("action_"),
        _DEADLINE.c.asked_by == sa.bindparam("event_", type_=_DEADLINE.c.asked_by.type),
        _DEADLINE.c.settled_at.is_(None),
    )
)


def as_it_leaves(app: App, connection: sa.Connection, told: Told, timezone: str) -> Told:
    """What is told of a request, with its last day as it runs from the day on which who is asked hears of it, if that is later.

    Costs no question for what is told on the day it was recorded, nor for events that ask nothing.
    """
    event, written = told.event, told.facts["due_on"]
    if written is None or event["topic"] not in _ASKING or told.today <= local_day(event["recorded_at"], timezone):
        return told
    due = _DUE.first(connection, action_=event["action_id"], event_=event["id"])
    if due is None:
        return told
    day = due.due_on if due.told_on is not None else _day_from(open_work(app, connection, event["convention"]), event, due)
    return replace(told, facts=cast("Context", {**told.facts, "due_on": max(written, day)}))


def _day_from(work: Work, event: Mapping[Any, Any], due: Any) -> date:
    """The day to which the sweep will move the deadline."""
    asked: Asked = asked_of(work, [event["id"]])[event["id"]]
    heard_on = asked.told_on or (work.today if asked.pending else asked.asked_on)
    return heard_late(work, Kind(due.kind), asked.asked_on, heard_on) or cast("date", due.due_on)
