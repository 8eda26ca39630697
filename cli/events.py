"""The log of events."""

from typing import Annotated

from cli.opened import opened
from cli.options import Json, Limit, OfAction, option
from cli.screen import Column, listing
from models.errors import Refused
from models.events import Topic
from services import queries

_TOPIC = Annotated[str | None, option("topic", "--topic")]
_COLUMNS = (
    Column("recorded_at"),
    Column("action"),
    Column("seq"),
    Column.of("topic", "topic"),
    Column("body"),
    Column("actor"),
    Column.of("via", "via"),
    Column.of("reaction", "reaction"),
    Column("id"),
)


def list_events(*, action: OfAction = None, topic: _TOPIC = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List the newest events of the log."""
    if topic is not None and topic not in tuple(Topic):
        raise Refused.because("validation.choice", "--topic", given=topic, known=", ".join(Topic))
    with opened() as app:
        rows = queries.list_events(app, action=action, topic=topic, limit=limit)
    listing(rows, *_COLUMNS, as_json=as_json)
