"""Bodies examining actions: reviews, opinions, reservations, decisions."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.columns import document

_IN_REVIEW = sa.text("closed_on IS NULL")
_STANDING = sa.text("lifted_on IS NULL AND lapsed_on IS NULL")


class Review(SQLModel, table=True):
    """One body examining one action, one round; ``electorate`` is frozen at opening: the voting seats of that day, by code.

    ``frozen`` holds what else was true of them (``models.review.electorate``), ``charter_id`` by whose rules they were asked; both are None
    for a review that the release before opened, which counts the seats as they are now, under the charter in force.
    ``urn`` holds the votes of an open secret ballot, counted by choice: nothing in it says whose they are, nor when they came. It is emptied
    at closing, when the verdict has the figures. ``recused``: once a review is closed, the seats that took no part, and why; None if all did.
    ``attendance``: in which meeting it was examined, whether that was a second convocation, how each seat attended, and who held whose proxy;
    None in a written procedure.
    """

    __table_args__ = (
        sa.UniqueConstraint("action_id", "body", "round"),
        sa.Index("review_open", "convention", "body", "due_on", sqlite_where=_IN_REVIEW, postgresql_where=_IN_REVIEW),
    )
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    body: str
    round: int
    opened_on: date
    due_on: date
    closed_on: date | None = None
    electorate: list[str] = document()
    frozen: dict[str, Any] | None = document(default=None, nullable=True)
    charter_id: int | None = None
    verdict: dict[str, Any] | None = document(default=None, nullable=True)
    urn: dict[str, int] | None = document(default=None, nullable=True)
    recused: dict[str, str] | None = document(default=None, nullable=True)
    attendance: dict[str, Any] | None = document(default=None, nullable=True)


class Opinion(SQLModel, table=True):
    """An opinion; a later one of the same seat supersedes it, and both are kept. ``value`` "secret": the seat voted, its choice is in no row.

    ``holder``: the seat that gave it by proxy; None: the seat itself, its deputy, or a secretary for it.
    """

    id: int | None = Field(default=None, primary_key=True)
    review_id: int = Field(foreign_key="review.id", index=True)
    seat: str
    value: str
    words_id: UUID | None = None
    given_on: date
    event_id: UUID
    superseded: bool = False
    holder: str | None = None


class EarlyOpinion(SQLModel, table=True):
    """An opinion that came before its body was asked: kept until the review opens, which then counts it as ``Opinion`` (``review_id``)."""

    __tablename__ = "early_opinion"
    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id", index=True)
    body: str
    seat: str
    value: str
    words_id: UUID | None = None
    given_on: date
    event_id: UUID
    review_id: int | None = Field(default=None, foreign_key="review.id")
    superseded: bool = False


class Reservation(SQLModel, table=True):
    """What a seat asked for when a review closed on its favourable opinion with reservations; its words are those of that opinion.

    Numbered by action. ``blocks``: the step that it stands in the way of, by the rules of its review. It stands until somebody lifts it, or
    until it lapses: its opinion was put right, or the body is asked anew.
    """

    __table_args__ = (
        sa.UniqueConstraint("action_id", "number"),
        sa.Index("reservation_stands", "action_id", sqlite_where=_STANDING, postgresql_where=_STANDING),
        sa.Index("reservation_of_review", "review_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    action_id: int = Field(foreign_key="action.id")
    number: int
    review_id: int = Field(foreign_key="review.id")
    seat: str
    raised_on: date
    due_on: date | None = None
    blocks: str | None = None
    lifted_on: date | None = None
    words_id: UUID | None = None
    lapsed_on: date | None = None


class Decision(SQLModel, table=True):
    """What a body decided, numbered per body and year; a rectified one is superseded, and both are kept."""

    __table_args__ = (sa.UniqueConstraint("convention", "number", "revision"),)
    id: int | None = Field(default=None, primary_key=True)
    convention: str
    action_id: int = Field(foreign_key="action.id", index=True)
    review_id: int | None = Field(default=None, foreign_key="review.id")
    body: str
    number: str
    revision: int
    outcome: str
    decided_on: date
    words_id: UUID | None = None
    reference: str | None = None
    event_id: UUID
    superseded: bool = False
