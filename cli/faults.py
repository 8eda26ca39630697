"""Which errors people can mend: those become refusals with a remedy, all others are faults of ours."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from models.errors import Problem, Refused
from services.prefect_api import PrefectSecretRefused, PrefectUnreachable

_LONGEST = 200


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """What stands in the way, if it is for people to mend; nothing for a fault."""
    if isinstance(error, Refused):
        return error.problems
    if isinstance(error, OperationalError | InterfaceError):
        return (Problem("database_unreachable", {"why": _reason(error)}),)
    if isinstance(error, PrefectUnreachable):
        return (Problem("prefect_unreachable"),)
    if isinstance(error, PrefectSecretRefused):
        return (Problem("prefect_secret_refused"),)
    return ()


def _reason(error: DBAPIError) -> str:
    """The driver's first line; it names hosts and users, never a password."""
    return str(error.orig).strip().partition("\n")[0][:_LONGEST]
