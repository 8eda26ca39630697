"""Chat channels: which are in use, and whether a message gets there."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, place
from cli.screen import Column, dump, listing, tell
from cli.words import say, wording
from services.channels import channel_called, channels_in_use, look_behind, reason_in_words, try_channel
from services.charter_store import the_convention

_CHANNEL = Annotated[str, place("channel")]
_DONE, _NOT_SENT = 0, 2
_COLUMNS = (Column.of("kind", "channel"), Column("code"), Column("reference"), Column("service"), Column("host"), Column("problem"))


def list_channels(*, convention: Convention = None, as_json: Json = False) -> None:
    """List the channels in use: whose, which service, which host; never the address."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        found = [(channel, look_behind(app, channel.reference)) for channel in channels_in_use(app, code)]
    rows = [{**asdict(channel), **asdict(behind), "problem": reason_in_words(wording(), behind)} for channel, behind in found]
    listing(rows, *_COLUMNS, as_json=as_json)


def try_one(channel: _CHANNEL, /, *, convention: Convention = None, as_json: Json = False) -> int:
    """Send a message marked as a test, and say what became of it; ends with 2 if it was not taken."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        reference = channel_called(app, code, channel)
        tried = try_channel(app, code, reference)
    if as_json:
        dump({"reference": reference, **asdict(tried)})
    else:
        tell(" ".join(filter(None, (say(f"channels.outcome.{tried.outcome}"), reason_in_words(wording(), tried)))))
    return _DONE if tried.outcome == "sent" else _NOT_SENT


COMMANDS: dict[str, Callable[..., Any]] = {"list": list_channels, "test": try_one}
