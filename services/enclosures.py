"""The files of an action that go with a mail: all of them or none, and the mail says which."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.errors import Fault, NotFound
from models.prepared import Prepared
from models.tables import Action, Event, table
from models.tables import Attachment as Attached
from notifications.context import FileFacts
from notifications.message import Attachment
from notifications.text import one_line
from services import attachments
from services.settings import Settings

_ACTION, _ATTACHED, _EVENT = table(Action), table(Attached), table(Event)
_FILES = Prepared(
    sa.select(_ACTION.c.number, *(_ATTACHED.c[name] for name in ("file_name", "media_type", "size", "sha256")))
    .join(_ACTION, _ACTION.c.id == _ATTACHED.c.action_id)
    .join(_EVENT, _EVENT.c.action_id == _ACTION.c.id)
    .where(_EVENT.c.id == sa.bindparam("event_"))
    .order_by(_ATTACHED.c.id)
)
ENCLOSING = frozenset({"opinion-requested"})
"""The messages with which files go: they ask people to judge an action."""
_LOG = logging.getLogger(__name__)


class Enclosed(NamedTuple):
    """The files that go with a message, and what it says of those that there are."""

    files: tuple[Attachment, ...] = ()
    facts: FileFacts | None = None


def enclosed_with(settings: Settings, connection: sa.Connection, charter: Charter, event_id: UUID) -> Enclosed:
    """What goes with a message about an event: the files of its action, where the charter lets them and all are as they were attached."""
    rows = _FILES.all(connection, event_=event_id)
    if not rows:
        return Enclosed()
    limit, files = charter.telling.attach_up_to_bytes, list[Attachment]()
    how = "kept" if limit == 0 else "large" if sum(row.size for row in rows) > limit else "sent"
    if how == "sent":
        files = _read(settings, rows)
        how = "sent" if files else "faulty"
    where = "" if files else f"{settings.base_url}/actions/{rows[0].number}"
    return Enclosed(tuple(files), {"count": len(rows), "how": how, "where": where})


def _read(settings: Settings, rows: Sequence[Any]) -> list[Attachment]:
    """The files, or none if one of them is missing or altered; operators find it in the log, as ``passerelle doctor`` does."""
    try:
        return [Attachment(one_line(row.file_name), row.media_type, attachments.read(settings, row.sha256)) for row in rows]
    except (NotFound, Fault, OSError) as error:
        _LOG.warning("the files of %s do not go with its mails: %s", rows[0].number, error)
        return []
