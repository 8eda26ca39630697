"""Who would act in an assumption, and how things stand when they do."""

from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet, BodyKind, ReviewRules
from models.errors import Refused
from models.lifecycle import State
from models.review.rules import Role
from models.tables import Person, Review, Seat, table
from services.lookups import find_action, in_office
from services.work import Work

_PERSON, _REVIEW, _SEAT = table(Person), table(Review), table(Seat)


class Scene:
    """An action as it stands at a virtual moment, and the seats that may act on it."""

    def __init__(self, work: Work, number: str) -> None:
        """Look at the action of this number. Raises NotFound if there is none."""
        self._work = work
        self._action: Any = find_action(work, number)

    @property
    def state(self) -> State:
        """Where the action is in its life."""
        return State(self._action.state)

    @property
    def sheet(self) -> ActionSheet:
        """Its sheet."""
        return ActionSheet.model_validate(self._action.sheet)

    @property
    def committee(self) -> str:
        """The committee before which it is: the technical one only while that examines it."""
        kind = BodyKind.TECHNICAL if self.state is State.TECHNICAL_REVIEW else BodyKind.STEERING
        return self._work.charter.body_of_kind(kind).code

    def is_open(self, body: str) -> bool:
        """Whether a body is examining it."""
        return self._open_review(body) is not None

    def rules(self, body: str) -> ReviewRules | None:
        """The rules by which a body examines it, or would."""
        review = self._open_review(body)
        known = self._work.charter_of(review.charter_id if review is not None else None).body(body)
        return known.rules if known is not None else None

    def pilot(self) -> str:
        """A seat of the person who leads it; where they hold none, that of the technical committee's secretary."""
        person = sa.select(_PERSON.c.id).where(_PERSON.c.convention == self._work.convention, _PERSON.c.code == self.sheet.lead_person)
        return self._first(_SEAT.c.person_id.in_(person)) or self.clerk()

    def clerk(self, body: str | None = None) -> str:
        """The seat of the secretary of a body; of the technical committee where a group has none, or none is named. Refuses if nobody holds it."""
        return secretary_of(self._work, body)

    def _first(self, which: sa.ColumnElement[bool]) -> str | None:
        return first_seat(self._work, which)

    def _open_review(self, body: str) -> Any:
        mine = (_REVIEW.c.action_id == self._action.id) & (_REVIEW.c.body == body) & _REVIEW.c.closed_on.is_(None)
        return self._work.connection.execute(sa.select(_REVIEW).where(mine)).first()


def secretary_of(work: Work, body: str | None) -> str:
    """The seat of the secretary of a body; of the technical committee where a group has none, or none is named. Refuses if nobody holds it."""
    technical = work.charter.body_of_kind(BodyKind.TECHNICAL).code
    found = (body and first_seat(work, _clerks(body))) or first_seat(work, _clerks(technical))
    if found is None:
        raise Refused.because("assume.no_secretary", body=body or technical)
    return found


def _clerks(body: str) -> sa.ColumnElement[bool]:
    return (_SEAT.c.body == body) & (_SEAT.c.role == Role.SECRETARY)


def first_seat(work: Work, which: sa.ColumnElement[bool]) -> str | None:
    """The first by code of the seats in office today that are meant."""
    mine = (_SEAT.c.convention == work.convention) & in_office(work.today) & which
    found: str | None = work.connection.execute(sa.select(sa.func.min(_SEAT.c.code)).where(mine)).scalar()
    return found
