"""Loading what the guards look at, and only that."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet, BodyKind
from models.commands import Command, RecordOpinion, Rectify
from models.errors import NotFound, Problem
from models.facts import Facts, ReviewFacts
from models.lifecycle import State, Who
from models.tables import Action, Attachment, Decision, Milestone, Opinion, Person, Report, Review, Seat, table
from services.work import Work

_ACTION, _SEAT, _PERSON, _REVIEW = table(Action), table(Seat), table(Person), table(Review)
_OPINION, _DECISION, _REPORT = table(Opinion), table(Decision), table(Report)
_MILESTONE, _ATTACHMENT = table(Milestone), table(Attachment)
VOTING_ROLES = ("chair", "member")


def find_action(work: Work, number: str) -> sa.Row[Any]:
    """The row of an action by its number, whatever its case. Raises NotFound with near matches."""
    wanted = number.strip().upper()
    mine = _ACTION.c.convention == work.convention
    row = work.connection.execute(sa.select(_ACTION).where(mine, _ACTION.c.number == wanted)).first()
    if row is None:
        known = work.connection.execute(sa.select(_ACTION.c.number).where(mine)).scalars().all()
        near = get_close_matches(wanted, known, n=3, cutoff=0.5)
        raise NotFound(Problem("action_unknown", {"number": number.strip(), "near": ", ".join(near) or "-"}))
    return row


def in_office(day: date) -> sa.ColumnElement[bool]:
    """Seats held on a day."""
    return (_SEAT.c.starts_on <= day) & (_SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= day))


def voting_seats(work: Work, body: str, day: date) -> list[str]:
    """The electorate of a body on a day: codes of its voting seats, in order."""
    mine = (_SEAT.c.convention == work.convention) & (_SEAT.c.body == body) & _SEAT.c.role.in_(VOTING_ROLES) & in_office(day)
    return list(work.connection.execute(sa.select(_SEAT.c.code).where(mine).order_by(_SEAT.c.code)).scalars())


def load_facts(work: Work, command: Command) -> Facts:
    """What is known of the action and of the asker. Raises NotFound for an unknown action or seat."""
    facts = Facts(charter=work.charter, today=work.today)
    if command.action is not None:
        facts = _with_action(work, facts, find_action(work, command.action))
    return replace(
        facts,
        capacities=_capacities(work, facts, command),
        people=frozenset(_codes(work, _PERSON)),
        seated=frozenset(_seated(work)),
        fact=_fact(work, facts, command) if isinstance(command, Rectify) else None,
    )


def _with_action(work: Work, facts: Facts, row: sa.Row[Any]) -> Facts:
    connection = work.connection
    milestones = connection.execute(
        sa.select(_MILESTONE.c.position, _MILESTONE.c.reached_on).where(_MILESTONE.c.action_id == row.id).order_by(_MILESTONE.c.position)
    ).all()
    files = connection.execute(sa.select(_ATTACHMENT.c.sha256, _ATTACHMENT.c.size).where(_ATTACHMENT.c.action_id == row.id)).all()
    final = set(
        connection.execute(sa.select(_REPORT.c.kind).where(_REPORT.c.action_id == row.id, ~_REPORT.c.superseded).distinct()).scalars()
    )
    referred = connection.execute(
        sa.select(_DECISION.c.id).where(_DECISION.c.action_id == row.id, _DECISION.c.outcome == "refer").limit(1)
    ).first()
    return replace(
        facts,
        action_id=row.id,
        number=row.number,
        state=State(row.state),
        version=row.version,
        sheet=ActionSheet.model_validate(row.sheet),
        proposer_seat=row.proposer_seat,
        reviews=tuple(_reviews(work, row.id)),
        referred=referred is not None,
        milestones=len(milestones),
        milestones_open=tuple(m.position for m in milestones if m.reached_on is None),
        attachments={file.sha256: file.size for file in files},
        final_results="final_results" in final,
        final_lessons="final_lessons" in final,
    )


def _reviews(work: Work, action_id: int) -> Iterable[ReviewFacts]:
    answered: dict[int, set[str]] = {}
    given = (
        sa.select(_OPINION.c.review_id, _OPINION.c.seat)
        .join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id)
        .where(_REVIEW.c.action_id == action_id, ~_OPINION.c.superseded)
    )
    for opinion in work.connection.execute(given):
        answered.setdefault(opinion.review_id, set()).add(opinion.seat)
    for row in work.connection.execute(sa.select(_REVIEW).where(_REVIEW.c.action_id == action_id).order_by(_REVIEW.c.id)):
        yield ReviewFacts(
            id=row.id,
            body=row.body,
            round=row.round,
            opened_on=row.opened_on,
            due_on=row.due_on,
            open=row.closed_on is None,
            electorate=tuple(row.electorate),
            answered=frozenset(answered.get(row.id, ())),
        )


def _codes(work: Work, rows: sa.Table) -> Iterable[str]:
    return work.connection.execute(sa.select(rows.c.code).where(rows.c.convention == work.convention)).scalars()


def _seated(work: Work) -> Iterable[str]:
    voting = (_SEAT.c.convention == work.convention) & _SEAT.c.role.in_(VOTING_ROLES) & in_office(work.today)
    return work.connection.execute(sa.select(_SEAT.c.body).where(voting).distinct()).scalars()


def find_seat(work: Work, code: str) -> sa.Row[Any]:
    """A seat with its person's code. Raises NotFound with near matches, or says that the seat is not held today."""
    query = sa.select(_SEAT, _PERSON.c.code.label("person")).join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    row = work.connection.execute(query.where(_SEAT.c.convention == work.convention, _SEAT.c.code == code.strip().upper())).first()
    if row is None:
        near = get_close_matches(code.strip().upper(), list(_codes(work, _SEAT)), n=3, cutoff=0.4)
        raise NotFound(Problem("seat_unknown", {"seat": code.strip(), "near": ", ".join(near) or "-"}))
    if not (row.starts_on <= work.today and (row.ends_on is None or row.ends_on >= work.today)):
        raise NotFound(Problem("seat_not_in_office", {"seat": row.code, "day": work.today.isoformat()}))
    return row


def _capacities(work: Work, facts: Facts, command: Command) -> frozenset[Who]:
    if command.actor.seat is None:
        return frozenset({Who.SYSTEM})
    seat = find_seat(work, command.actor.seat)
    if command.actor.on_behalf_of is not None:
        find_seat(work, command.actor.on_behalf_of)
    held = {
        Who.SECRETARY: seat.role == "secretary",
        Who.MEMBER: seat.role in VOTING_ROLES,
        Who.BODY_SECRETARY: seat.role == "secretary" and _serves(work, seat.body, command.body),
        Who.VOTER: isinstance(command, RecordOpinion) and command.voter == seat.code,
        Who.PROPOSER: facts.proposer_seat == seat.code,
        Who.LEAD: facts.sheet is not None and facts.sheet.lead_person == seat.person,
    }
    return frozenset(who for who, yes in held.items() if yes)


def _serves(work: Work, secretariat: str, body: str | None) -> bool:
    """A secretary serves the own body; the technical committee's also serves the thematic groups, which may have none."""
    if secretariat == body:
        return True
    concerned = work.charter.body(body) if body else None
    own = work.charter.body(secretariat)
    return concerned is not None and own is not None and concerned.kind is BodyKind.THEMATIC and own.kind is BodyKind.TECHNICAL


def has_facts(work: Work, facts: Facts) -> bool:
    """Whether an opinion, a decision or a report of the action stands: something that could be rectified."""
    mine = facts.action_id
    opinion = sa.select(_OPINION.c.id).join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id).where(_REVIEW.c.action_id == mine)
    others = [sa.select(rows.c.id).where(rows.c.action_id == mine) for rows in (_DECISION, _REPORT)]
    return work.connection.execute(sa.union_all(opinion, *others).limit(1)).first() is not None


def _fact(work: Work, facts: Facts, command: Rectify) -> dict[str, str | int | None] | None:
    """The fact that an event recorded, with the fields that may be rectified; None if it is not one, or no longer stands."""
    mine = facts.action_id
    opinion = sa.select(_OPINION, _REVIEW.c.body).join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id).where(_REVIEW.c.action_id == mine)
    for rows, query, fields in (
        (_OPINION, opinion, {"opinion": "value", "body": "body"}),
        (_DECISION, sa.select(_DECISION).where(_DECISION.c.action_id == mine), {"reference": "reference"}),
        (_REPORT, sa.select(_REPORT).where(_REPORT.c.action_id == mine), {"percent": "percent"}),
    ):
        row = work.connection.execute(query.where(rows.c.event_id == command.event, ~rows.c.superseded)).mappings().first()
        if row is not None:
            return {"kind": rows.name, **{name: row[column] for name, column in fields.items()}}
    return None
