"""In whose place somebody answers: the seats of absent members for which a deputy stands in today, the givers of proxies; by code and in words."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import Charter
from models.prepared import Prepared
from models.tables import Delivery, Person, Seat, table
from notifications.catalogue import ESCALATED, RUNGS
from services.bootstrap import App
from services.holding import holding
from services.standing_in import stand_ins, standing_in
from services.wanted import ASKING
from services.wording import Wording
from services.work import open_work

_DELIVERY, _PERSON, _SEAT = table(Delivery), table(Person), table(Seat)
_SEATED = Prepared(
    sa.select(_SEAT.c.code, _SEAT.c.role, _SEAT.c.body).where(
        _SEAT.c.convention == sa.bindparam("convention_"), _SEAT.c.code == sa.bindparam("seat_")
    )
)
_TOLD_ABOVE = Prepared(
    sa.select(_DELIVERY.c.person_id, _PERSON.c.name)
    .join(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
    .where(_DELIVERY.c.event_id == sa.bindparam("event_"), _DELIVERY.c.message == sa.literal_column(f"'{ESCALATED}'"))
)
Row = Mapping[Any, Any]


def answered_for(app: App, convention: str, deputy: str) -> list[str]:
    """The seats for which a deputy's seat answers today."""
    with app.db.read() as connection:
        today = open_work(app, connection, convention).today
        return [pair.voter for pair in standing_in(connection, convention, today) if pair.deputy == deputy]


def in_place_of(connection: sa.Connection, charter: Charter, words: Wording, about: tuple[Row, Row | None], today: date) -> dict[int, str]:
    """By person, in words, the seats of absent members for which they answer. ``about``: the event of a message, and its review."""
    asked = _asked(*about)
    found: dict[int, list[str]] = {}
    for pair in standing_in(connection, charter.convention.code, today) if asked else ():
        if pair.voter in asked:
            found.setdefault(pair.person_id, []).append(seat_in_words(connection, charter, words, pair.voter))
    return {person: " · ".join(seats) for person, seats in found.items()}


def represented_by(connection: sa.Connection, charter: Charter, words: Wording, review: Row | None, today: date) -> dict[int, str]:
    """By person, in words, the seats whose proxies they may use today in a review."""
    found: dict[int, list[str]] = {}
    for pair in holding(connection, review["id"], today) if review is not None else ():
        found.setdefault(pair.person_id, []).append(seat_in_words(connection, charter, words, pair.giver))
    return {person: " · ".join(seats) for person, seats in found.items()}


def stood_for_above(connection: sa.Connection, convention: str, event: Row, today: date) -> dict[int, str]:
    """By person, the names of those above, told of this rung and away today, for whom they stand in."""
    above = event["topic"] in RUNGS and {*event["payload"].get("to", ())} - {"owner"}
    pairs = stand_ins(connection, convention, today) if above else []
    told = {row.person_id: row.name for row in _TOLD_ABOVE.all(connection, event_=event["id"])} if pairs else {}
    found: dict[int, list[str]] = {}
    for pair in pairs:
        if pair.away in told:
            found.setdefault(pair.person_id, []).append(told[pair.away])
    return {person: " · ".join(dict.fromkeys(names)) for person, names in found.items()}


def _asked(event: Row, review: Row | None) -> Collection[str]:
    """The seats whose opinion a message about this event is about."""
    if event["topic"] in ASKING:
        return review["electorate"] if review is not None else ()
    return (event["payload"].get("voter"),) if event["topic"] == "opinion.recorded" and event["on_behalf_of"] else ()


def seat_in_words(connection: sa.Connection, charter: Charter, words: Wording, code: str) -> str:
    """A seat with its role and body, never with a name."""
    seat = _SEATED.first(connection, convention_=charter.convention.code, seat_=code)
    if seat is None:
        return code
    return words.say(
        "mail.seat", seat=seat.code, role=words.label("role", seat.role), body=name_of(charter, "bodies", seat.body, words.language)
    )


def name_of(charter: Charter, family: str, code: str | None, language: str) -> str:
    """The name of a code of the charter in a language; empty if there is none."""
    return next((entry.name.of(language) for entry in getattr(charter, family) if entry.code == code), "")
