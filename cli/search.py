"""Searching: the same words, results and order as the portal's; and making the index anew."""

from dataclasses import asdict
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, table, tell, warn
from cli.words import label, say, wording
from models.errors import Refused
from models.lifecycle import State
from services.charter_store import the_convention
from services.readers import OPERATOR
from services.search.find import KINDS, Wanted, search_all
from services.search.index import rebuild
from services.search.results import Result

_WORD = Annotated[str, place("search_words")]
_KIND = Annotated[str, option("search_kind", "--kind")]
_STATE = Annotated[str, option("search_state", "--state")]
_AXIS = Annotated[str, option("search_axis", "--axis")]
_THEME = Annotated[str, option("search_theme", "--theme")]
_BODY = Annotated[str, option("search_body", "--body")]
_YEAR = Annotated[str, option("search_year", "--year")]
_LIMIT = Annotated[int, option("search_limit", "--limit")]
_REBUILD = Annotated[bool, option("search_rebuild", "--rebuild")]


def search(  # noqa: PLR0913  # each is an option of the command
    *words: _WORD,
    kind: _KIND = "",
    state: _STATE = "",
    axis: _AXIS = "",
    theme: _THEME = "",
    body: _BODY = "",
    year: _YEAR = "",
    limit: _LIMIT = 50,
    rebuild_: _REBUILD = False,
    convention: Convention = None,
    as_json: Json = False,
) -> None:
    """Look for words; with ``--rebuild`` make the index anew first, and do no more if no word is given."""
    _check(kind, KINDS, "search_kind_unknown")
    _check(state, tuple(State), "search_state_unknown")
    wanted = Wanted(" ".join(words), kind, state, axis, theme, body, year)
    with opened() as app:
        if rebuild_:
            done = rebuild(app)
            warn(say("search.rebuilt", count=done))
            if wanted.empty:
                return
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        found = [*search_all(app, OPERATOR, code, wanted, wording().language, limit + 1)]
    _show(found[:limit], more=len(found) > limit, as_json=as_json)


def _show(found: list[Result], *, more: bool, as_json: bool) -> None:
    if as_json:
        dump({"results": [_for_programs(each) for each in found], "more": more})
        return
    table([_shown(each) for each in found], *_COLUMNS)
    if more:
        tell(say("search.of", count=len(found)))


def _check(given: str, known: tuple[str, ...], code: str) -> None:
    if given and given not in known:
        raise Refused.because(code, given=given, known=", ".join(known))


def _for_programs(found: Result) -> dict[str, Any]:
    """A result with its excerpt as plain text, and the parts of it that were looked for."""
    marks = [piece.text for piece in (*found.head, *found.excerpt) if piece.found]
    return asdict(found) | {"head": _text(found.head), "excerpt": _text(found.excerpt), "marks": marks}


def _shown(found: Result) -> dict[str, Any]:
    return {"number": found.number, "found": label("found", found.kind), "shown": _text(found.head), "excerpt": _text(found.excerpt)}


def _text(pieces: Any) -> str:
    return "".join(piece.text for piece in pieces)


_COLUMNS = (Column("number"), Column("found"), Column("shown"), Column("excerpt"))
