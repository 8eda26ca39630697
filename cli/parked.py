"""Items that failed five times and wait for a person."""

from collections.abc import Callable
from typing import Annotated

from cli.opened import opened
from cli.options import Json, place
from cli.screen import Column, listing, tell
from cli.words import say
from services.parked import drop_parked, list_parked, retry_parked

_ITEM = Annotated[str, place("item")]


def list_items(*, as_json: Json = False) -> None:
    """List what was set aside."""
    with opened() as app:
        rows = list_parked(app)
    listing(
        rows,
        Column("item"),
        Column.of("stage", "stage"),
        Column("action"),
        Column("what"),
        Column("tries"),
        Column("reason"),
        as_json=as_json,
    )


def retry(item: _ITEM, /) -> None:
    """Let an item be tried again."""
    with opened() as app:
        retry_parked(app, item)
    tell(say("cli.retried", item=item))


def drop(item: _ITEM, /) -> None:
    """Give an item up."""
    with opened() as app:
        drop_parked(app, item)
    tell(say("cli.dropped", item=item))


COMMANDS: dict[str, Callable[..., None]] = {"list": list_items, "retry": retry, "drop": drop}
