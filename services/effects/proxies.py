"""Giving a proxy in a review, and taking it back."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, GiveProxy, RevokeProxy
from models.facts import Facts
from models.prepared import Prepared, insert
from models.proxies import of_giver
from models.tables import Proxy, table
from services.effects.change import Change, known, reasons
from services.work import Work

_PROXY = table(Proxy)
_GIVE = insert(_PROXY, "action_id", "review_id", "giver", "holder", "given_on", "until", "revoked_on", "event_id")
_REVOKE = Prepared(_PROXY.update().where(_PROXY.c.event_id == sa.bindparam("event_", type_=_PROXY.c.event_id.type)), "revoked_on")


def give(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Note that a seat may give the opinion of another in a review."""
    asked, action_id, review = cast("GiveProxy", command), known(facts), facts.latest(command.body)
    if review is None:
        message = "there is no review to be represented in"
        raise LookupError(message)
    seats = {"giver": asked.giver, "holder": asked.holder}
    days = {"given_on": asked.occurred_on, "until": asked.until, "revoked_on": None}
    _GIVE.run(work.connection, action_id=action_id, review_id=review.id, **seats, **days, event_id=event)
    until = {"until": asked.until.isoformat()} if asked.until else {}
    return Change({"review": review.id, **seats, **until, **reasons(work, action_id, command)})


def revoke(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note that a proxy was taken back before it was used."""
    asked, review = cast("RevokeProxy", command), facts.latest(command.body)
    standing = of_giver(facts.proxies(command.body), asked.giver, facts.today)
    if review is None or standing is None:
        message = "there is no proxy to take back"
        raise LookupError(message)
    _REVOKE.run(work.connection, event_=standing.event, revoked_on=asked.occurred_on)
    payload = {"review": review.id, "giver": standing.giver, "holder": standing.holder, "revokes": str(standing.event)}
    return Change(payload | reasons(work, known(facts), command))
