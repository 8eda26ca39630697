"""Which errors people can mend: those become refusals with a remedy, all others are faults of ours."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from models.errors import Problem, Refused
from services.prefect_api import PrefectSecretRefused, PrefectUnreachable

_LONGEST = 200
_WHAT_AILS = {
    sqlite3.SQLITE_BUSY: "database_locked",
    sqlite3.SQLITE_LOCKED: "database_locked",
    sqlite3.SQLITE_FULL: "database_full",
    "53100": "database_full",  # PostgreSQL: disk_full
    "55P03": "database_locked",  # PostgreSQL: lock_not_available
}
"""What the database said of itself, where people need another remedy than for one that is away."""


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """What stands in the way, if it is for people to mend; nothing for a fault."""
    if isinstance(error, Refused):
        return error.problems
    if isinstance(error, OperationalError | InterfaceError):
        return (Problem(_WHAT_AILS.get(_code(error), "database_unreachable"), {"why": _reason(error)}),)
    if isinstance(error, PrefectUnreachable):
        return (Problem("prefect_unreachable"),)
    if isinstance(error, PrefectSecretRefused):
        return (Problem("prefect_secret_refused"),)
    return ()


def _code(error: DBAPIError) -> int | str | None:
    """SQLite's primary code, or PostgreSQL's."""
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    return getattr(error.orig, "sqlstate", None) if code is None else code & 0xFF


def _reason(error: DBAPIError) -> str:
    """The driver's first line; it names hosts and users, never a password."""
    return str(error.orig).strip().partition("\n")[0][:_LONGEST]
