"""The first proposals: each provision of the charter, through the proposal flow, once in the life of a home.

The database says which provisions are still to be proposed, so a crash at any moment neither loses nor doubles one: a further run is asked
for only when the one before has ended and its action is still not there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet, BodyKind
from models.tables import Action, Seat, table
from services.bootstrap import App
from services.lookups import in_office
from services.prefect_api import PrefectApi, RunView
from services.work import Work, open_work

_ACTION, _SEAT = table(Action), table(Seat)
PROPOSE = "proposal/propose"
_TRIES = 3

Pause = Callable[[], None]
"""Waits a moment, or raises to give up waiting."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What became of the provisions: titles proposed in this start, and why some were not (title, reason in codes).

    ``unable``: nobody could act, since the technical committee has no secretary in office.
    """

    proposed: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    unable: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is left to propose."""
        return not (self.refused or self.unable)


def propose_provisions(app: App, api: PrefectApi, convention: str, pause: Pause) -> Seeded:
    """Propose what is not there yet, one by one in the charter's order, so that numbers follow it.

    Nothing is proposed without a secretary of the technical committee to act. Raises PrefectFault when Prefect does not follow, and whatever ``pause`` raises.
    """
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        sheets, seat = _missing(work), _acting_seat(work)
    if seat is None:
        return Seeded(unable=bool(sheets))
    ended = {sheet.title: _propose(app, api, convention, sheet, seat, pause) for sheet in sheets}
    left = {sheet.title for sheet in _still_missing(app, convention)}
    refused = tuple((title, run.message or run.outcome) for title, run in ended.items() if title in left)
    return Seeded(tuple(title for title in ended if title not in left), refused)


def _propose(app: App, api: PrefectApi, convention: str, sheet: ActionSheet, seat: str, pause: Pause) -> RunView:
    """A run that crashed or failed before it had proposed anything is followed by another; a refusal is an answer."""
    for _ in range(_TRIES):
        run = _wait(api, _begin(api, convention, sheet, seat), pause)
        if run.state == "COMPLETED" or sheet not in _still_missing(app, convention):
            break
    return run


def _still_missing(app: App, convention: str) -> tuple[ActionSheet, ...]:
    with app.db.read() as connection:
        return _missing(open_work(app, connection, convention))


def _missing(work: Work) -> tuple[ActionSheet, ...]:
    sheets = work.connection.execute(sa.select(_ACTION.c.sheet).where(_ACTION.c.convention == work.convention)).scalars()
    there = {sheet["title"] for sheet in sheets}
    return tuple(sheet for sheet in work.charter.provisions if sheet.title not in there)


def _acting_seat(work: Work) -> str | None:
    """The technical committee's secretary: its office receives proposals."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.body == technical) & (_SEAT.c.role == "secretary") & in_office(work.today)
    return work.connection.execute(sa.select(_SEAT.c.code).where(mine).order_by(_SEAT.c.code)).scalars().first()


def _begin(api: PrefectApi, convention: str, sheet: ActionSheet, seat: str) -> RunView:
    """A run that has not ended: the one asked for in an earlier start, or a new one after those that came to nothing."""
    name = hashlib.sha256(sheet.title.encode()).hexdigest()[:16]
    form: dict[str, Any] = {"seat": seat, **sheet.model_dump(mode="json", exclude_none=True)}
    attempts = (api.create_run(PROPOSE, {"form": form}, f"provision:{convention}:{name}:{attempt}") for attempt in count(1))
    return next(run for run in attempts if not run.finished)


def _wait(api: PrefectApi, run: RunView, pause: Pause) -> RunView:
    while not run.finished:
        pause()
        run = api.run(run.id)
    return run
