"""Whose a text is: what the seats of a person wrote, what others typed in for them, and what they wrote for those whom they answered for."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem
from models.events import Topic
from models.tables import Event, MeetingWords, Opinion, Person, Review, Seat, Words, table
from services.standing_in import DEPUTY
from services.work import Work

_EVENT, _OPINION, _PERSON, _REVIEW, _SEAT = table(Event), table(Opinion), table(Person), table(Review), table(Seat)
_SAID, _WORDS = table(MeetingWords), table(Words)


def find_somebody(work: Work, who: str) -> Any:
    """A person, named by code, or else by one of their seats. Raises NotFound for an unknown one, with near matches."""
    wanted = who.strip()
    mine = _PERSON.c.convention == work.convention
    seats = sa.select(_SEAT.c.person_id).where(_SEAT.c.convention == work.convention, _SEAT.c.code == wanted.upper())
    called = work.connection.execute(sa.select(_PERSON).where(mine, _PERSON.c.code == wanted.lower())).first()
    person = called or work.connection.execute(sa.select(_PERSON).where(mine, _PERSON.c.id.in_(seats))).first()
    if person is None:
        known = work.connection.execute(sa.select(_PERSON.c.code).where(mine)).scalars().all()
        near = get_close_matches(wanted.lower(), known, n=3, cutoff=0.5)
        raise NotFound(Problem("person_unknown", {"person": wanted, "near": ", ".join(near) or "-"}))
    return person


def seats_ever(work: Work, person_id: int) -> tuple[str, ...]:
    """Every seat that somebody holds or held, by code: a seat never passes to another person."""
    held = sa.select(_SEAT.c.code).where(_SEAT.c.person_id == person_id).order_by(_SEAT.c.code)
    return tuple(work.connection.execute(held).scalars())


def written_by(work: Work, person_id: int, seats: Collection[str]) -> sa.ColumnElement[bool]:
    """Of the texts about actions, those of a person; what others typed in for them counts as theirs."""
    heard = sa.select(_OPINION.c.words_id).join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id)
    spoken = heard.where(_REVIEW.c.convention == work.convention, _OPINION.c.seat.in_(seats), _OPINION.c.words_id.is_not(None))
    theirs = _WORDS.c.author_seat.in_(seats) | _WORDS.c.id.in_(spoken) | _WORDS.c.id.in_(_said_for_others(work, person_id))
    return (_WORDS.c.convention == work.convention) & theirs


def written_of_meetings(work: Work, seats: Collection[str]) -> sa.ColumnElement[bool]:
    """Of the texts about meetings, those that these seats wrote."""
    return (_SAID.c.convention == work.convention) & _SAID.c.author_seat.in_(seats)


def _said_for_others(work: Work, person_id: int) -> list[UUID]:
    """The reasons that the person wrote for the seats of others: of absent members as a deputy, of whoever gave them a proxy."""
    held = sa.select(_SEAT.c.code).where(_SEAT.c.person_id == person_id)
    acted = (_EVENT.c.convention == work.convention) & (_EVENT.c.topic == Topic.OPINION_RECORDED) & _EVENT.c.on_behalf_of.is_not(None)
    by_them = _EVENT.c.actor.in_(held.where(_SEAT.c.role == DEPUTY)) | _EVENT.c.payload["holder"].as_string().in_(held)
    payloads = work.connection.execute(sa.select(_EVENT.c.payload).where(acted, by_them)).scalars()
    return [UUID(payload["reason_id"]) for payload in payloads if "reason_id" in payload]
