"""Recording what a partner's own authority decided."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, RecordDeliberation
from models.facts import Facts
from models.prepared import Prepared, insert
from models.tables import Deliberation, table
from services.effects.change import Change, known, reasons
from services.work import Work, keep_words

_DELIBERATION = table(Deliberation)
_OF_PARTNER = (_DELIBERATION.c.action_id == sa.bindparam("action_")) & (_DELIBERATION.c.partner == sa.bindparam("partner_"))
_SUPERSEDE = Prepared(_DELIBERATION.update().where(_OF_PARTNER), "superseded")
_RECORD = insert(_DELIBERATION, "action_id", "partner", "outcome", "decided_on", "reference", "document", "event_id", "superseded")


def record(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Keep a deliberation; what the same partner decided before is superseded, and kept."""
    asked, action_id = cast("RecordDeliberation", command), known(facts)
    if asked.partner in facts.deliberations:
        _SUPERSEDE.run(work.connection, action_=action_id, partner_=asked.partner, superseded=True)
    told = {"partner": asked.partner, "outcome": asked.deliberation, "document": asked.document}
    said = {"decided_on": asked.decided_on, "reference": asked.reference, "event_id": event, "superseded": False}
    _RECORD.run(work.connection, action_id=action_id, **told, **said)
    _, named = keep_words(work, action_id, "reference", command.actor.seat, asked.reference)
    return Change({**told, "decided_on": asked.decided_on.isoformat(), **named, **reasons(work, action_id, command)})
