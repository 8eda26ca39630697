"""Deliberations as they are read: what the partners' authorities decided about an action, and which of them it waits for."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet, Charter
from models.deliberations import Deliberated, DeliberationOutcome, awaited
from models.errors import Refused
from models.prepared import Prepared
from models.tables import Action, Attachment, Deliberation, table

_ACTION, _DELIBERATION, _ATTACHMENT = table(Action), table(Deliberation), table(Attachment)
_STANDING = Prepared(
    sa.select(*(_DELIBERATION.c[name] for name in ("partner", "outcome", "decided_on", "reference", "document")))
    .where(_DELIBERATION.c.action_id == sa.bindparam("action_"), ~_DELIBERATION.c.superseded)
    .order_by(_DELIBERATION.c.id)
)
Row = Mapping[str, Any]


def deliberation_facts(connection: sa.Connection, action_id: int) -> Mapping[str, Deliberated]:
    """What each partner's authority decided last, by partner."""
    return {
        row.partner: Deliberated(DeliberationOutcome(row.outcome), row.decided_on, row.reference, row.document)
        for row in _STANDING.all(connection, action_=action_id)
    }


def deliberations_of(connection: sa.Connection, action_id: int) -> Sequence[Row]:
    """Every deliberation about an action in the order of recording, superseded ones too, with the name of its document."""
    columns = [column for column in _DELIBERATION.columns if column.name not in ("id", "action_id")]
    proof = (_ATTACHMENT.c.action_id == _DELIBERATION.c.action_id) & (_ATTACHMENT.c.sha256 == _DELIBERATION.c.document)
    query = (
        sa.select(*columns, _ATTACHMENT.c.file_name)
        .outerjoin(_ATTACHMENT, proof)
        .where(_DELIBERATION.c.action_id == action_id)
        .order_by(_DELIBERATION.c.id)
    )
    return [{**row} for row in connection.execute(query).mappings()]


def awaited_authorities(connection: sa.Connection, charter: Charter, action_id: int, sheet: ActionSheet) -> list[str]:
    """The partners whose authority has not adopted yet what the charter wants it to decide before work starts."""
    concerned = charter.authorities_over(sheet)
    return awaited(concerned, deliberation_facts(connection, action_id)) if concerned else []


def document_named(connection: sa.Connection, convention: str, number: str, name: str) -> str:
    """The SHA-256 of the file attached to an action that somebody means by its name or its SHA-256.

    Refuses a name that no file has, or several.
    """
    query = (
        sa.select(_ATTACHMENT.c.sha256, _ATTACHMENT.c.file_name)
        .join(_ACTION, _ACTION.c.id == _ATTACHMENT.c.action_id)
        .where(_ACTION.c.convention == convention, _ACTION.c.number == number.strip().upper())
        .order_by(_ATTACHMENT.c.id)
    )
    files = connection.execute(query).all()
    found = [file.sha256 for file in files if name in (file.file_name, file.sha256)]
    if len(found) != 1:
        known = ", ".join(file.file_name for file in files)
        raise Refused.because("document_unknown", "document", document=name, count=len(found), known=known or "-")
    return str(found[0])
