"""The charters of a convention, in force or not any more: each asked for once, and only where somebody wants it."""

from datetime import datetime
from functools import cache, cached_property

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import CharterVersion, table
from services.work import Work

_CHARTER = table(CharterVersion)
_VERSIONS = Prepared(
    sa.select(_CHARTER.c.id, _CHARTER.c.loaded_at)
    .where(_CHARTER.c.convention == sa.bindparam("convention_"))
    .order_by(_CHARTER.c.id.desc())
)


class FormerCharters:
    """Gives them to a transaction at work, and that as it would be under an earlier one."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.charter_of = cache(work.charter_of)

    def at(self, moment: datetime) -> Work | None:
        """The same work under the charter that was in force at this moment, the first one before all of them; None where that still is in force."""
        found = next((charter for charter, loaded_at in self._versions if loaded_at <= moment), self._versions[-1][0])
        return self._work._replace(charter=self.charter_of(found), charter_id=found) if found != self._work.charter_id else None

    @cached_property
    def _versions(self) -> list[tuple[int, datetime]]:
        """The newest first."""
        return [(row.id, row.loaded_at) for row in _VERSIONS.all(self._work.connection, convention_=self._work.convention)]
