"""The stop of all messages: while it stands nothing leaves but what operators are told, and nothing is lost; also after a restart."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.errors import Refused
from models.prepared import Prepared
from models.tables import Delivery, Home, table
from services.bootstrap import App

_DELIVERY, _HOME = table(Delivery), table(Home)
STOPPED = "messages are stopped"
"""Why a run that had messages to send ended."""
_LONGEST = 200
_STANDING = Prepared(sa.select(_HOME.c.stopped_at, _HOME.c.stopped_why))
_TO_OPERATORS: sa.ColumnElement[str] = sa.literal_column("'operator'")


@dataclass(frozen=True, slots=True)
class Stop:
    """Since when no message leaves, and why, in an operator's words."""

    at: datetime
    because: str


def stop(app: App, because: str) -> None:
    """Let no message leave until ``start``. Stopped already, it stands since then, for the new reason. Refuses an empty or long reason."""
    words = " ".join(because.split())
    if not words or len(words) > _LONGEST:
        raise Refused.because("stop_needs_reason", "--because", limit=_LONGEST)
    since = sa.func.coalesce(_HOME.c.stopped_at, sa.bindparam("since", app.clock.wall(), type_=_HOME.c.stopped_at.type))
    with app.db.write() as connection:
        connection.execute(_HOME.update().values(stopped_at=since, stopped_why=words))


def start(app: App) -> None:
    """Let messages leave again, beginning with what waited. Refused where nothing was stopped."""
    with app.db.write() as connection:
        standing = _HOME.c.stopped_at.is_not(None)
        if not connection.execute(_HOME.update().where(standing).values(stopped_at=None, stopped_why=None)).rowcount:
            raise Refused.because("not_stopped")


def standing_stop(connection: sa.Connection) -> Stop | None:
    """The stop that stands, if one does."""
    row = _STANDING.first(connection)
    return Stop(row.stopped_at, row.stopped_why) if row is not None and row.stopped_at is not None else None


def is_stopped(app: App) -> bool:
    """Whether messages are stopped now."""
    with app.db.read() as connection:
        return standing_stop(connection) is not None


def may_leave() -> sa.ColumnElement[bool]:
    """Deliveries that no stop holds back."""
    return (_DELIVERY.c.because == _TO_OPERATORS) | nothing_stopped()


def nothing_stopped() -> sa.ColumnElement[bool]:
    """That no stop stands."""
    return ~sa.select(_HOME.c.id).where(_HOME.c.stopped_at.is_not(None)).correlate(None).exists()
