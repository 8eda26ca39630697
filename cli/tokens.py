"""Tokens of the API: made for a person by an operator, listed and revoked."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, listing, tell, text_of
from cli.words import label, say
from models.commands import Via
from models.errors import NotFound, Problem
from models.scopes import Scope
from services.charter_store import the_convention
from services.people import person_id_of
from services.tokens import list_tokens, make, revoke

_WHO = Annotated[str, place("token_of")]
_MAYBE_WHO = Annotated[str | None, place("token_of")]
_ID = Annotated[str, place("token")]
_NAME = Annotated[str, option("token_name", "--name")]
_SCOPES = Annotated[list[Scope], option("token_scope", "--scope")]
_DAYS = Annotated[int, option("token_days", "--days")]


def create(who: _WHO, /, *, name: _NAME, scope: _SCOPES, days: _DAYS = 90, convention: Convention = None, as_json: Json = False) -> None:
    """Make a token; what it does counts as done at the command line, which does not know who is there."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        made = make(app, person_id_of(app, code, who), name=name, scopes=scope, days=days, via=Via.CLI)
    if as_json:
        dump({"token": made.shown, **made.held._asdict()})
        return
    tell(say("token.made", name=made.held.name, person=made.held.person, moment=text_of(made.held.expires_at)))
    tell(made.shown)
    tell(say("token.secret"))


def list_all(who: _MAYBE_WHO = None, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """List the tokens that stand, of a person or of everybody; never their secrets."""
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        person = person_id_of(app, code, who) if who is not None else None
        found = list_tokens(app, person_id=person, convention=code)
    rows = [
        {**one._asdict(), "scopes": [*one.scopes] if as_json else ", ".join(label("scope", each) for each in one.scopes)} for one in found
    ]
    listing(
        rows,
        *(Column(name) for name in ("id", "person", "name", "scopes")),
        Column.of("made_via", "via"),
        Column("expires_at"),
        Column("used_on"),
        as_json=as_json,
    )


def end(token: _ID, /, *, as_json: Json = False) -> None:
    """Revoke a token for good."""
    with opened() as app:
        held = revoke(app, _id_in(token))
    if as_json:
        dump({"revoked": held.id})
    else:
        tell(say("token.ended", name=held.name, person=held.person))


def _id_in(token: str) -> UUID:
    try:
        return UUID(token.strip())
    except ValueError:
        raise NotFound(Problem("token_unknown", {"token": token})) from None


COMMANDS: dict[str, Callable[..., Any]] = {"create": create, "list": list_all, "revoke": end}
