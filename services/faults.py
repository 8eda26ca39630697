"""A fault, told without the words it carried: an exception's message may quote a person's name or text, its place in the code never does."""

import traceback
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError

from models.errors import Fault

_OURS = frozenset({"cli", "effects", "flows", "models", "notifications", "portal", "routes", "services"})
_PLUMBING = frozenset({"database.py", "journeys.py", "prepared.py"})
"""Where every statement passes: of a fault it says nothing."""
_PLACES = 5
_SQLITE_AWAY = frozenset({5, 6, 7, 8, 10, 13, 14})
"""Busy, locked, out of memory, read-only, input or output failed, full, cannot open: primary codes of SQLite."""
_POSTGRES_AWAY = ("08", "53", "57", "58")
"""No connection, out of resources, interrupted by an operator, system error: classes of PostgreSQL's codes."""


class RunFault(Fault):
    """What went wrong in a run, for operators: the kind of error and where. Data stays in the database."""

    def __init__(self, kind: str, text: str) -> None:
        """``kind`` is the name of the error's class."""
        super().__init__(text)
        self.kind = kind


def told_safely(error: BaseException) -> RunFault:
    """The same fault by its kind and its places in our code, innermost first. Our own faults keep their text, which is made of codes."""
    kind = type(error).__name__
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(file, line) for file, line in frames if file.parent.name in _OURS and file.name not in _PLUMBING]
    places = [f"{file.parent.name}/{file.name}:{line}" for file, line in reversed(ours)]
    text = f" ({error})" if isinstance(error, Fault) else ""
    return RunFault(kind, f"{kind}{text} at {', '.join(places[:_PLACES]) or 'an unknown place'}")


def is_database_away(error: BaseException) -> bool:
    """Whether the database could not work at all, whatever was asked of it: locked, full, gone or not yet back."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_AWAY
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (state.startswith(_POSTGRES_AWAY) if state else isinstance(error, OperationalError))
