"""The first look of a command: all that its own words say is needed, in one journey to PostgreSQL."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from models.commands import Command
from models.journeys import together
from services.asked import Trace, recall, recall_older
from services.charter_store import look_up_rules
from services.lookups import hold_action, look_up_review, look_up_seat, see_version


class Look(NamedTuple):
    """Rows, or None where there is none or nothing was asked: rules, earlier answers, the action (held), the asker's seat, the review."""

    rules: Any
    event: Any
    older: Any
    action: Any
    seat: Any
    review: Any


def look(connection: sa.Connection, command: Command, trace: Trace, *, rules: bool = False) -> Look:
    """Look, and hold the action: nobody else changes it until the transaction ends."""
    convention, number, seat, body = command.convention, command.action, command.actor.seat, command.body
    may_wait = number is not None and connection.dialect.name == "postgresql"
    *found, seen = together(
        connection,
        look_up_rules(convention) if rules else None,
        recall(trace),
        None if rules else recall_older(command),
        hold_action(convention, number) if number is not None else None,
        look_up_seat(convention, seat) if seat is not None else None,
        look_up_review(convention, number, body) if number is not None and body is not None else None,
        see_version(convention, number) if number is not None and may_wait else None,
    )
    looked = Look(*found)
    if looked.rules is not None and looked.rules.older_keys:
        looked = looked._replace(older=together(connection, recall_older(command))[0])
    if seen is not None and looked.action is not None and seen.version != looked.action.version:
        # We waited for somebody who changed the action: all but its row was seen as it stood before. It is ours now, so once more is enough.
        return look(connection, command, trace, rules=rules)
    return looked
