"""Why not: small named conditions over what is known of an action. Each answers with the problem that stands in the way, or None."""

from models.guards import (
    blockers,
    bodies,
    carrying_out,
    chasing,
    conflicts,
    deliberations,
    early,
    ladders,
    meetings,
    proxies,
    reservations,
    reviews,
    sheets,
    succession,
)
from models.guards.carrying_out import always
from models.guards.table import GUARDS, Guard, sheet_of

__all__ = [
    "GUARDS",
    "Guard",
    "always",
    "blockers",
    "bodies",
    "carrying_out",
    "chasing",
    "conflicts",
    "deliberations",
    "early",
    "ladders",
    "meetings",
    "proxies",
    "reservations",
    "reviews",
    "sheet_of",
    "sheets",
    "succession",
]
