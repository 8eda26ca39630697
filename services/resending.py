"""Sending again what was lost or is in doubt, one message or many, because a person decided so."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.prepared import Prepared
from models.tables import Action, Delivery, Event, table
from models.telling.reasons import Reason
from notifications.catalogue import DIGESTS
from services.bootstrap import App

_ACTION, _DELIVERY, _EVENT = table(Action), table(Delivery), table(Event)
LOST_STATES = ("dead", "uncertain", "suppressed")
_NO_ADDRESS = (Reason.ADDRESS_SUPPRESSED, Reason.FELL_BACK)
_RESENDABLE = _DELIVERY.c.state.in_(("dead", "uncertain")) | ((_DELIVERY.c.state == "suppressed") & _DELIVERY.c.reason.in_(_NO_ADDRESS))

_LINK = Prepared(_DELIVERY.update().where(_DELIVERY.c.id == sa.bindparam("delivery_")), "link_id")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which deliveries: of a state, and where named of a message, of an action, of a convention.

    ``ids``: of these only; without them, those that went another way instead are left out.
    """

    states: Sequence[str] = ("dead",)
    message: str | None = None
    action: str | None = None
    convention: str | None = None
    ids: Sequence[UUID] | None = None


def resend(app: App, delivery: UUID, *, convention: str | None = None) -> None:
    """Let a delivery that is lost or uncertain go out again. Refuses one that is on its way, arrived or was called off.

    Raises NotFound for one that does not exist, or is of another convention than the one that is named.
    """
    mine = _DELIVERY.c.id == delivery
    if convention is not None:
        mine &= _DELIVERY.c.convention == convention
    with app.db.write() as connection:
        row = connection.execute(sa.select(_DELIVERY.c.state).where(mine)).first()
        if row is None:
            raise NotFound(Problem("delivery_unknown", {"delivery": str(delivery)}))
        if not _send_again(app, connection, mine):
            raise Refused.because("delivery_not_resendable", delivery_state=row.state)


def resend_all(app: App, chosen: Chosen, *, dry_run: bool = False) -> int:
    """Let all of these go out again that may; returns how many. With ``dry_run`` only count them."""
    which = _of(chosen)
    if dry_run:
        with app.db.read() as connection:
            alone = which & _RESENDABLE & ~_told_in(which)
            return connection.execute(sa.select(sa.func.count()).select_from(_DELIVERY).where(alone)).scalar_one()
    with app.db.write() as connection:
        return _send_again(app, connection, which)


def _of(chosen: Chosen) -> sa.ColumnElement[bool]:
    which: sa.ColumnElement[bool] = _DELIVERY.c.state.in_(chosen.states)
    for column, value in ((_DELIVERY.c.message, chosen.message), (_DELIVERY.c.convention, chosen.convention)):
        if value is not None:
            which &= column == value
    if chosen.ids is None:
        which &= _DELIVERY.c.reason.is_distinct_from(Reason.FELL_BACK)
    else:
        which &= _DELIVERY.c.id.in_(chosen.ids)
    if chosen.action is not None:
        about = sa.select(_EVENT.c.id).join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        which &= _DELIVERY.c.event_id.in_(about.where(_ACTION.c.number == chosen.action.strip().upper()))
    return which


def _told_in(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """What a digest among these, which goes out again, tells."""
    digests = sa.select(_DELIVERY.c.id).where(which, _RESENDABLE, _DELIVERY.c.message.in_(DIGESTS)).correlate(None)
    return _DELIVERY.c.folded_into.is_not(None) & _DELIVERY.c.folded_into.in_(digests)


def _send_again(app: App, connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """A digest brings along what it tells; what is sent again by itself is in no digest any more. Their former links are over."""
    wall = app.clock.wall()
    again = {"reason": None, "claimed_until": None, "settled_at": None, "created_at": wall}
    _link_anew(app, connection, which | _told_in(which))
    connection.execute(_DELIVERY.update().where(_told_in(which), _RESENDABLE).values(**again, state="held"))
    leaving = {"state": "ready", "not_before": wall, "folded_into": None}
    return connection.execute(_DELIVERY.update().where(which, _RESENDABLE).values(**again, **leaving)).rowcount


def _link_anew(app: App, connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Give each of these that may go out again a fresh link: it is as new as the mail, and must not renew one that was revoked or is too old."""
    lost = connection.execute(sa.select(_DELIVERY.c.id).where(which, _RESENDABLE).with_for_update()).scalars().all()
    _LINK.run_all(connection, [{"delivery_": one, "link_id": app.ids()} for one in lost])
