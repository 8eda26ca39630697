"""The deadlines that belong to no action: meetings to convene, seats that end, the end of the convention."""

from typing import Annotated

from cli.opened import opened
from cli.options import Convention, Json, option
from cli.screen import Column, listing, text_of
from cli.words import say_day, wording
from services.body_terms import list_terms
from services.reckonings import in_words, next_in_words

_BODY = Annotated[str | None, option("body", "--body")]
_LIST = (
    Column("due_on"),
    Column.of("kind", "deadline"),
    Column("about"),
    Column("body"),
    Column("how", lambda how: in_words(how, wording())),
    Column("ahead", lambda ahead: next_in_words(ahead, wording())),
    Column("reminded", lambda days: text_of([say_day(day) for day in days])),
)


def list_all(*, body: _BODY = None, convention: Convention = None, as_json: Json = False) -> None:
    """List what falls due without belonging to an action, the first day first."""
    with opened() as app:
        listing(list_terms(app, convention=convention, body=body), *_LIST, as_json=as_json)
