"""Calendars that people subscribe to: where they are read, and the calendar itself as a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, place
from cli.screen import dump, tell, text_of
from cli.words import say
from models.errors import Refused
from services.bootstrap import App
from services.charter_store import the_convention
from services.feed_addresses import Address, Whose, address_of, renew, revoke, whose_calendar
from services.feeds import calendar_of

_WHO = Annotated[str, place("calendar_of")]
_FILE = Annotated[Path, place("calendar_file")]


def show(who: _WHO, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Show where the calendar of a person or of a body is read, since when, and when it last was."""
    with _found(who, convention) as (app, whose):
        _tell(who, address_of(app, whose), as_json=as_json)


def make_anew(who: _WHO, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Give a calendar an address; the one before is revoked."""
    with _found(who, convention) as (app, whose):
        address = renew(app, whose)
    if not as_json:
        tell(say("calendar.renewed", of=who))
    _tell(who, address, as_json=as_json)


def make_void(who: _WHO, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Revoke the address of a calendar."""
    with _found(who, convention) as (app, whose):
        had = revoke(app, whose)
    if as_json:
        dump({"of": who, "revoked": had})
    else:
        tell(say("calendar.revoked" if had else "calendar.none", of=who))


def export(who: _WHO, file: _FILE, /, *, convention: Convention = None) -> None:
    """Write a calendar to a file, as it is now. Refuses a file that cannot be written."""
    with _found(who, convention) as (app, whose):
        content = calendar_of(app, whose)
    try:
        file.expanduser().write_bytes(content)
    except OSError as error:
        raise Refused.because("calendar_unwritable", str(file), why=error.strerror or type(error).__name__) from None
    tell(say("calendar.written", file=str(file)))


@contextmanager
def _found(who: str, convention: str | None) -> Iterator[tuple[App, Whose]]:
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        yield app, whose_calendar(app, code, who)


def _tell(who: str, address: Address | None, *, as_json: bool) -> None:
    if as_json:
        dump({"of": who, "address": address and address._asdict()})
    elif address is None:
        tell(say("calendar.none", of=who))
        tell(say("cli.next", command=f"passerelle calendar renew {who}"))
    else:
        tell(say("calendar.address", of=who, url=address.url))
        tell(say("calendar.made", moment=text_of(address.made_at)))
        tell(say("calendar.read", moment=text_of(address.read_at)) if address.read_at else say("calendar.unread"))
        tell(say("calendar.secret"))


COMMANDS: dict[str, Callable[..., Any]] = {"show": show, "renew": make_anew, "revoke": make_void, "export": export}
