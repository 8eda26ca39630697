"""What was sent, what waits, what was lost."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from cli.opened import opened
from cli.options import Json, Limit, OfAction, option, place
from cli.screen import Column, listing, tell
from cli.words import say, wording
from models.errors import NotFound, Problem, Refused
from services import queries
from services.deliveries import resend

_STATE = Annotated[str | None, option("delivery_state", "--state")]
_DELIVERY = Annotated[str, place("delivery")]
_COLUMNS = (
    Column("created_at"),
    Column("action"),
    Column("message"),
    Column("person"),
    Column("channel"),
    Column.of("state", "delivery"),
    Column("attempts"),
    Column("answer"),
    Column("id"),
)


def list_deliveries(*, state: _STATE = None, action: OfAction = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List the newest deliveries."""
    known = wording().labels("delivery")
    if state is not None and state not in known:
        raise Refused.because("validation.choice", "--state", given=state, known=", ".join(known))
    with opened() as app:
        rows = queries.list_deliveries(app, state=state, action=action, limit=limit)
    listing(rows, *_COLUMNS, as_json=as_json)


def resend_delivery(delivery: _DELIVERY, /) -> None:
    """Send a lost or uncertain delivery again."""
    try:
        chosen = UUID(delivery)
    except ValueError:
        raise NotFound(Problem("delivery_unknown", {"delivery": delivery})) from None
    with opened() as app:
        resend(app, chosen)
    tell(say("cli.resent", delivery=delivery))


COMMANDS: dict[str, Callable[..., None]] = {"": list_deliveries, "resend": resend_delivery}
