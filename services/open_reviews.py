"""The open reviews that other rules would treat differently: each keeps the rules of the charter that it was opened under (E15, E31)."""

from typing import Any

import sqlalchemy as sa

from models.charter import Body, Charter
from models.tables import Action, Review, table
from services.charter_store import charter_version, conventions

_REVIEW, _ACTION = table(Review), table(Action)
Row = dict[str, Any]


def treated_differently(connection: sa.Connection, charter: Charter) -> list[Row]:
    """The open reviews of a charter's convention whose own rules are not those of ``charter``, by action: with the keys that differ.

    A review of the release before has no charter of its own: it goes by the one in force.
    """
    convention = charter.convention.code
    if convention not in conventions(connection):
        return []
    query = (
        sa.select(_ACTION.c.number.label("action"), _REVIEW.c.body, _REVIEW.c.round, _REVIEW.c.due_on, _REVIEW.c.charter_id)
        .join(_ACTION, _ACTION.c.id == _REVIEW.c.action_id)
        .where(_REVIEW.c.convention == convention, _REVIEW.c.closed_on.is_(None), _REVIEW.c.charter_id.is_not(None))
        .order_by(_ACTION.c.id, _REVIEW.c.body)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    own = {charter_id: charter_version(connection, charter_id) for charter_id in {row["charter_id"] for row in rows}}
    for row in rows:
        row["keys"] = _differing(own[row.pop("charter_id")].body(row["body"]), charter.body(row["body"]))
    return [row for row in rows if row["keys"]]


def _differing(before: Body | None, now: Body | None) -> list[str]:
    """Which keys of a body decide otherwise on a review: those of its rules, and its composition."""
    if before is None or now is None or before.rules is None or now.rules is None:
        return []
    was, will_be = before.rules.model_dump(), now.rules.model_dump()
    keys = [f"rules.{key}" for key, value in was.items() if will_be[key] != value]
    return [*keys, *(["seats"] if before.seats != now.seats else [])]
