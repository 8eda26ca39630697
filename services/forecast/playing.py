"""Letting time pass in a scratch copy, with what is assumed, and gathering what left meanwhile."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.deadlines import end_of_day
from models.errors import Refused
from models.events import Topic
from models.forecasts import Forecast, ForecastLine, Silence, in_order
from models.tables import Delivery, Event, table
from services.bootstrap import App
from services.forecast.acts import carry_out
from services.forecast.lines import lines_sent
from services.forecast.meant import Meant, named
from services.forecast.secrets import Secret, Silent, secrets_of, veil
from services.timelapse.driver import Driver, Script
from services.timelapse.scratch import Scratch
from services.wakes import UNSENT
from services.work import open_work

_DELIVERY, _EVENT = table(Delivery), table(Event)
_NOON = time(12)


class Plan(NamedTuple):
    """What was asked for, found in the copy: the forecast without its lines, and what is assumed."""

    draft: Forecast
    meant: tuple[Meant, ...]


class Beginning(NamedTuple):
    """When time began to pass, where the log ended then, and the votes that nobody may know."""

    moment: datetime
    position: int
    secrets: tuple[Secret, ...]


class Told(NamedTuple):
    """What left until the end, as far as it may be told."""

    lines: Sequence[ForecastLine]
    silences: tuple[Silence, ...]


def begin(scratch: Scratch, plan: Plan, ahead: timedelta) -> Beginning:
    """Note the beginning, and put other votes in the place of those that nobody may know.

    ``ahead``: by how much the home's clock is ahead of the wall's, as in a rehearsal: in the copy they are one, so that what the wall's said is put on.
    """
    app = scratch.app
    if ahead:
        _on_one_clock(app, ahead)
    with app.db.read() as connection:
        secrets = tuple(secrets_of(open_work(app, connection, plan.draft.convention)))
        position = connection.execute(sa.select(sa.func.max(_EVENT.c.position))).scalar() or 0
    veil(app.db, secrets)
    return Beginning(scratch.time(), position, secrets)


def play(scratch: Scratch, plan: Plan, beginning: Beginning, meant: Iterable[Meant] = ()) -> Told:
    """Let time pass to the end, with what is assumed. Raises Refused for what the rules would refuse on its day."""
    app, script = scratch.app, Script()
    for number, each in enumerate(meant):
        script.at(moment_of(plan, each, beginning), partial(_act, plan.draft.convention, beginning, number, each))
    Driver(scratch, script).run_until(end_of_day(plan.draft.until, plan.draft.timezone))
    with app.db.read() as connection:
        work = open_work(app, connection, plan.draft.convention)
        silent = Silent(work, beginning.secrets, beginning.position)
        every = lines_sent(work, beginning.moment)
        return Told(in_order(line for position, line in every if silent.told(position, line)), silent.silences)


def moment_of(plan: Plan, meant: Meant, beginning: Beginning) -> datetime:
    """When an assumption is carried out: dates move at once, acts wait for noon of their day, and are done at once where that is past."""
    noon = datetime.combine(meant.day, _NOON, ZoneInfo(plan.draft.timezone)).astimezone(UTC)
    return beginning.moment if meant.assumption.shape.moves else max(noon, beginning.moment)


def _on_one_clock(app: App, ahead: timedelta) -> None:
    """Put the moments of messages by the wall's clock on the home's: those at which they were written and settled, and may be tried again.

    What has left did so when the home's clock was ahead as it was at its event, which may be less than today.
    """
    unsent = _DELIVERY.c.state.in_(UNSENT)
    then = sa.func.coalesce(_EVENT.c.ahead, int(ahead.total_seconds()))
    by = sa.case((unsent, int(ahead.total_seconds())), else_=then)
    written = sa.select(_DELIVERY, by.label("by")).outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    with app.db.write() as connection:
        for name, which in (("created_at", sa.true()), ("settled_at", sa.true()), ("not_before", unsent)):
            column = _DELIVERY.c[name]
            rows = connection.execute(written.where(column.is_not(None), which)).mappings().all()
            moved = [{"delivery_": row["id"], "moment_": row[name] + timedelta(seconds=row["by"])} for row in rows]
            if moved:
                mine = _DELIVERY.c.id == sa.bindparam("delivery_")
                connection.execute(_DELIVERY.update().where(mine).values({name: sa.bindparam("moment_")}), moved)


def _act(convention: str, beginning: Beginning, number: int, meant: Meant, app: App) -> None:
    try:
        _check_silence(app, beginning, meant)
    except Refused as refused:
        raise named(refused, meant.assumption, meant.day) from None
    carry_out(app, convention, number, meant)


def _check_silence(app: App, beginning: Beginning, meant: Meant) -> None:
    """Refuse an act on an action of which nothing may be told any more: whether the rules allow it would tell."""
    closed = (_EVENT.c.topic == Topic.REVIEW_CLOSED) & (_EVENT.c.position > beginning.position)
    with app.db.read() as connection:
        for secret in beginning.secrets:
            mine = (_EVENT.c.action_id == secret.action_id) & (_EVENT.c.body == secret.body)
            if secret.number == meant.code and connection.execute(sa.select(_EVENT.c.id).where(closed, mine)).first() is not None:
                raise Refused.because("assume.silent", body=secret.body)
