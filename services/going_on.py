"""Letting a restored home go on, without telling anybody twice."""

from dataclasses import dataclass

import sqlalchemy as sa

from models.errors import Refused
from models.events import Stage
from models.tables import Delivery, WebhookDelivery, table
from models.telling.reasons import Reason
from services.bootstrap import App
from services.hold import Held, held, let_go
from services.stages import react_quietly
from services.wakes import UNSENT, WAITING, all_unpublished, work
from services.webhooks.due import DEAD
from services.webhooks.due import WAITING as WAITING_POSTS
from services.webhooks.owing import RESTORED, owe_nothing

_DELIVERY, _POST = table(Delivery), table(WebhookDelivery)


@dataclass(frozen=True, slots=True)
class GoneOn:
    """What was done when a home was let go on: automatic steps caught up, messages made uncertain, messages left to be sent."""

    steps: int
    uncertain: int
    waiting: int


def go_on(app: App, *, send: bool) -> GoneOn:
    """Let a restored home go on: it catches up in silence with everything that is due, then lives as before.

    What was written before or during this becomes *uncertain*, also what waits for a better hour: it may have left from the first home, so a
    person decides on each. With ``send`` it leaves instead, each at its hour, but for what was on its way at the moment of the backup; that is
    for a home which was stopped, backed up and moved.

    Refuses a home that is not held, and ``send`` where the backup was taken while the first home was at work.
    """
    with app.db.read() as connection:
        if not _still_held(connection).at_rest and send:
            raise Refused.because("home_was_at_work")
    steps = _catch_up(app)
    with app.db.write() as connection:
        _still_held(connection)
        said = {"state": "uncertain", "reason": Reason.RESTORED, "settled_at": app.clock.wall(), "claimed_until": None}
        uncertain = connection.execute(_DELIVERY.update().where(_doubtful(send=send)).values(**said)).rowcount
        _lose_posts(app, connection, send=send)
        waiting = connection.execute(sa.select(sa.func.count()).where(_DELIVERY.c.state.in_((*UNSENT, *WAITING)))).scalar_one()
        let_go(connection)
    return GoneOn(steps, uncertain, waiting)


def _lose_posts(app: App, connection: sa.Connection, *, send: bool) -> None:
    """Programs are told nothing of what the first home may have told them, nor of what followed here; a person may have it posted."""
    if send:
        return
    wall = app.clock.wall()
    said = {"state": DEAD, "reason": RESTORED, "settled_at": wall, "claimed_until": None}
    connection.execute(_POST.update().where(WAITING_POSTS).values(**said))
    owe_nothing(connection, all_unpublished(connection), wall, app.ids)


def _doubtful(*, send: bool) -> sa.ColumnElement[bool]:
    """What may have left from the first home; with a digest, whatever waits to be told in it."""
    if not send:
        return _DELIVERY.c.state.in_((*UNSENT, *WAITING))
    half_sent = sa.select(_DELIVERY.c.id).where(_DELIVERY.c.state == "sending").correlate(None)
    return (_DELIVERY.c.state == "sending") | ((_DELIVERY.c.state == "held") & _DELIVERY.c.folded_into.in_(half_sent))


def _still_held(connection: sa.Connection) -> Held:
    found = held(connection)
    if found is None:
        raise Refused.because("home_not_held")
    return found


def _catch_up(app: App) -> int:
    """Every step that is due, of every stage, until none is; returns how many."""
    steps = 0
    while due := set(work(app.db, app.clock.now(), app.clock.wall())) & set(Stage):
        steps += sum(react_quietly(app, stage) for stage in Stage if stage in due)
    return steps
