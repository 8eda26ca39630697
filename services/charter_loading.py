"""Putting a charter in force, and with it what only a charter can move."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from models.charter import Charter
from models.database import Database
from models.errors import Refused
from models.tables import CharterVersion, table
from services.body_deadlines import keep_all
from services.charter_store import charter_in_force, codes_in_use, conventions, rules_in_force
from services.charters import digest, orphans, read_charter
from services.replanning import replan
from services.work import work_at

_CHARTER = table(CharterVersion)


def load_charter(db: Database, path: Path, at: datetime) -> tuple[Charter, bool]:
    """Read, check and put in force; the same charter again changes nothing. Returns it and whether it is new.

    Refuses every mistake of the file, and a change that would orphan what is stored, with the list. ``at``: the business's moment.
    Whatever the charter says, the deadlines that belong to no action are as it and the stored rows would have them afterwards.
    """
    charter = read_charter(path)
    with db.write() as connection:
        mine = charter.convention.code
        present = charter_in_force(connection, mine) if mine in conventions(connection) else None
        new = present is None or digest(present) != digest(charter)
        if new:
            Refused.unless_empty(orphans(present, charter, codes_in_use(connection, mine)))
            _write(connection, charter, path, at)
        rules = rules_in_force(connection, mine)
        work = work_at(connection, rules, at - rules.ahead)
        if new:
            replan(work)
        keep_all(work)
    return charter, new


def _write(connection: sa.Connection, charter: Charter, path: Path, at: datetime) -> None:
    connection.execute(
        _CHARTER.insert().values(
            convention=charter.convention.code,
            digest=digest(charter),
            source=path.read_text(encoding="utf-8"),
            document=charter.model_dump(mode="json"),
            loaded_at=at,
        )
    )
