"""Who holds the link of a mail, for their own choices: what they are told, and of what no more. It opens nothing else."""

from typing import NamedTuple

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.tables import Action, Delivery, Event, Person, table
from notifications.kinds import KIND_OF, Kind
from services.bootstrap import App
from services.invitations import LASTS
from services.links import delivery_in, is_void, secret_of, that_bore

_ACTION, _DELIVERY, _EVENT, _PERSON = table(Action), table(Delivery), table(Event), table(Person)


class Bearer(NamedTuple):
    """The person of a mail, and what the mail was: its kind, its action (None where it was about none)."""

    person_id: int
    name: str
    language: str
    convention: str
    kind: Kind
    action_id: int | None
    number: str | None
    title: str | None


def bearer_of(app: App, token: str) -> Bearer:
    """Who holds a link. Raises NotFound for one that this home did not make; refuses one that was revoked or is too old."""
    named = delivery_in(secret_of(app.db), token)
    with app.db.read() as connection:
        query = (
            sa.select(
                *(_DELIVERY.c[name] for name in ("id", "link_id", "person_id", "message", "created_at")),
                *(_PERSON.c[name] for name in ("name", "language", "convention", "links_from")),
                _ACTION.c.id.label("action_id"),
                _ACTION.c.number,
                _ACTION.c.sheet["title"].as_string().label("title"),
            )
            .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
            .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
            .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
            .where(that_bore(named))
        )
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(Problem("link_unknown"))
    if is_void(row, named):
        raise Refused.because("link_revoked")
    if app.clock.wall() - row["created_at"] > LASTS:
        raise Refused.because("link_too_old")
    own = {name: row[name] for name in Bearer._fields if name != "kind"}
    return Bearer(**own, kind=KIND_OF[row["message"]])
