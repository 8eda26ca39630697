"""What was sent, what waits, what was lost."""

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from cli.opened import opened
from cli.options import Convention, Json, Limit, OfAction, option, place
from cli.screen import Column, listing, tell
from cli.words import say, wording
from models.errors import NotFound, Problem, Refused
from services import queries
from services.charter_store import the_convention
from services.resending import Chosen, resend, resend_all
from services.stopping import start, stop
from services.suppression import unsuppress

_STATE = Annotated[str | None, option("delivery_state", "--state")]
_DELIVERY = Annotated[str | None, place("delivery")]
_EVERY = Annotated[bool, option("every", "--all")]
_LOST = Annotated[Literal["dead", "uncertain", "suppressed"], option("lost_state", "--state")]
_MESSAGE = Annotated[str | None, option("message", "--message")]
_DRY = Annotated[bool, option("resend_dry", "--dry-run")]
_BECAUSE = Annotated[str, option("because", "--because")]
_PERSON = Annotated[str, place("person")]
_COLUMNS = (
    Column("created_at"),
    Column("action"),
    Column("message"),
    Column("person"),
    Column("channel"),
    Column.of("state", "delivery"),
    Column.of("reason", "delivery_reason"),
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


def resend_deliveries(  # a command has that many options
    delivery: _DELIVERY = None,
    /,
    *,
    every: _EVERY = False,
    state: _LOST = "dead",
    message: _MESSAGE = None,
    action: OfAction = None,
    dry_run: _DRY = False,
) -> None:
    """Send a lost or uncertain delivery again, or all those that the options name."""
    if every == (delivery is not None):
        raise Refused.because("resend_what")
    if delivery is not None:
        _resend_one(delivery)
        return
    with opened() as app:
        count = resend_all(app, Chosen((state,), message, action), dry_run=dry_run)
    tell(say("sent_again.would" if dry_run else "sent_again.done", count=count))


def _resend_one(delivery: str) -> None:
    try:
        chosen = UUID(delivery)
    except ValueError:
        raise NotFound(Problem("delivery_unknown", {"delivery": delivery})) from None
    with opened() as app:
        resend(app, chosen)
    tell(say("cli.resent", delivery=delivery))


def stop_all(*, because: _BECAUSE) -> None:
    """Stop all messages."""
    with opened() as app:
        stop(app, because)
    tell(say("stopping.done"))


def start_again() -> None:
    """Let messages leave again."""
    with opened() as app:
        start(app)
    tell(say("stopping.over"))


def unsuppress_address(person: _PERSON, /, *, convention: Convention = None) -> None:
    """Send again to the address of a person."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        unsuppress(app, code, person)
    tell(say("stopping.unsuppressed", person=person))


COMMANDS: dict[str, Callable[..., None]] = {
    "": list_deliveries,
    "resend": resend_deliveries,
    "stop": stop_all,
    "start": start_again,
    "unsuppress": unsuppress_address,
}
