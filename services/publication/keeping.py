"""Keeps the editions that are being read: one question to the database says whether anything may have changed, and only then is it read anew."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from models.errors import NotFound, Problem
from models.prepared import Prepared
from models.tables import CharterVersion, Event, MeetingEvent, table
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.publication.edition import Edition
from services.publication.reading import read

_CHARTER, _EVENT, _MEETING_EVENT = table(CharterVersion), table(Event), table(MeetingEvent)
_STAMP = Prepared(
    sa.select(
        sa.select(sa.func.max(_CHARTER.c.id)).scalar_subquery().label("charters"),
        sa.select(sa.func.max(_EVENT.c.position)).scalar_subquery().label("events"),
        sa.select(sa.func.max(_MEETING_EVENT.c.position)).scalar_subquery().label("meetings"),
    )
)
_FIRST_LOADED = sa.select(_CHARTER.c.convention).group_by(_CHARTER.c.convention).order_by(sa.func.min(_CHARTER.c.id))
_AT_MOST = 60.0
"""Seconds after which an edition is read anew in any case: names of persons, which are hidden in texts, change without a trace in a log."""
_LONG, _RESTS = 1.0, 10
"""An edition that took longer to read than so many seconds is kept for so many times that, whatever happens meanwhile; but the first of a process, which
takes longer than those that follow."""


@dataclass(frozen=True, slots=True)
class _Kept:
    edition: Edition
    stamp: Any
    read_at: float
    took: float


class Editions:
    """The editions of a home, for one process. Whoever asks while one is being read waits for it instead of reading it too."""

    def __init__(self, app: App) -> None:
        """Nothing has been read yet."""
        self._app, self._lock = app, threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._public: tuple[Any, tuple[str, ...]] = (None, ())
        self._looked_at: float | None = None

    def public(self) -> tuple[str, ...]:
        """The conventions of which anything is public, in the order in which they came here."""
        return self._conventions(self._stamp())

    def open(self) -> bool:
        """Whether anything was public when that was looked at last, at most a minute ago: what other pages lead to."""
        now = self._app.clock.ticks()
        if self._looked_at is None or now - self._looked_at >= _AT_MOST:
            with suppress(DBAPIError):  # what cannot be asked now is as it was: pages that say so lead to it as before
                self.public()
            self._looked_at = now
        return bool(self._public[1])

    def of(self, convention: str | None = None) -> Edition:
        """The present edition of a convention, of the first public one unless it is named. Raises NotFound where nothing is public."""
        stamp = self._stamp()
        known = self._conventions(stamp)
        code = convention if convention is not None else next(iter(known), None)
        if code is None or code not in known:
            raise NotFound(Problem("page_unknown"))
        kept = self._kept.get(code)
        if kept is None or not self._serves(kept, stamp):
            with self._lock:
                kept = self._kept.get(code)
                if kept is None or not self._serves(kept, stamp):
                    kept = self._kept[code] = self._read(code, stamp, kept, first=code == known[0])
        return kept.edition

    def besides(self, edition: Edition) -> list[Edition]:
        """The editions of the other public conventions."""
        return [self.of(code) for code in self._public[1] if code != edition.code]

    def _stamp(self) -> Any:
        with self._app.db.read() as connection:
            return tuple(_STAMP.first(connection))

    def _conventions(self, stamp: Any) -> tuple[str, ...]:
        charters = stamp[0]
        if self._public[0] != charters:
            with self._app.db.read() as connection:
                codes = connection.execute(_FIRST_LOADED).scalars().all()
                self._public = (charters, tuple(code for code in codes if charter_in_force(connection, code).publication is not None))
        return self._public[1]

    def _serves(self, kept: _Kept, stamp: Any) -> bool:
        age = self._app.clock.ticks() - kept.read_at
        if kept.stamp[0] != stamp[0]:  # another charter may hide what this edition shows
            return False
        if kept.took > _LONG and age < _RESTS * kept.took:
            return True
        return bool(kept.stamp == stamp) and age < _AT_MOST

    def _read(self, code: str, stamp: Any, before: _Kept | None, *, first: bool) -> _Kept:
        begun = self._app.clock.ticks()
        with self._app.db.read() as connection:
            content = read(connection, charter_in_force(connection, code))
        done = self._app.clock.ticks()
        if before is None:
            return _Kept(Edition(content, _later(self._app.clock.wall(), None), first), stamp, done, 0.0)
        last = before.edition
        same = (last.content, last.first) == (content, first)
        edition = last if same else Edition(content, _later(self._app.clock.wall(), last), first)
        return _Kept(edition, stamp, done, done - begun)


def _later(moment: datetime, last: Edition | None) -> datetime:
    """A moment, in a later second than the last edition has: HTTP tells editions apart by whole seconds."""
    now = moment.replace(microsecond=0)
    return max(now, last.since + timedelta(seconds=1)) if last else now
