"""What guards look at, looked up when they look."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa

from models.charter import ActionSheet, Body
from models.chasing import NOBODY_KNOWN, Overdue, Reach
from models.commands import (
    Command,
    Rectify,
    Supersede,
)
from models.conflicts import Cause
from models.deliberations import Deliberated
from models.facts import Facts, MeetingFacts, ReservationFacts, ReviewFacts, SuccessorFacts
from models.lifecycle import State, Who
from models.meetings.rules import away
from models.prepared import Prepared
from models.proxies import Proxy, Said
from models.review.rules import Role
from models.tables import Action, Attachment, Conflict, Decision, Milestone, Opinion, Person, Report, Review, Seat, table
from services.asker import Asker
from services.blockers import standing_blockers
from services.counting import GIVEN, gather
from services.deadline_kinds import last_extension
from services.deliberations import deliberation_facts
from services.holding import proxies_of
from services.lookups import (
    REVIEW_COLUMNS,
    ask,
    codes,
    look_at_action,
    look_up_review,
    look_up_seat,
    no_action,
    seat_in_office,
    seated_bodies,
    successor_of,
    voting_seats,
)
from services.meetings.facts import meeting_facts
from services.reach import hurried_today, overdue_of, reaches
from services.readers import Somebody
from services.recusals import person_out, recused_seats
from services.reservations import standing_facts
from services.work import Work

EMPTY: Mapping[str, Any] = MappingProxyType({})
_REVIEW, _OPINION, _DECISION, _REPORT = table(Review), table(Opinion), table(Decision), table(Report)
_MILESTONE, _ATTACHMENT, _PERSON = table(Milestone), table(Attachment), table(Person)
_CONFLICT, _SEAT = table(Conflict), table(Seat)
_ID: sa.BindParameter[int] = sa.bindparam("action_")

_REVIEWS = Prepared(sa.select(*REVIEW_COLUMNS).where(_REVIEW.c.action_id == _ID).order_by(_REVIEW.c.id))
_SHEET = Prepared(sa.select(table(Action).c.sheet).where(table(Action).c.id == _ID))
_LEAD = Prepared(sa.select(table(Action).c.sheet["lead_person"].as_string().label("lead")).where(table(Action).c.id == _ID))
_MILESTONES = Prepared(
    sa.select(_MILESTONE.c.position, _MILESTONE.c.reached_on).where(_MILESTONE.c.action_id == _ID).order_by(_MILESTONE.c.position)
)
_FILES = Prepared(sa.select(_ATTACHMENT.c.sha256, _ATTACHMENT.c.size).where(_ATTACHMENT.c.action_id == _ID))
_REPORTED = Prepared(sa.select(_REPORT.c.kind).where(_REPORT.c.action_id == _ID, ~_REPORT.c.superseded).distinct())
_REFERRED = Prepared(sa.select(_DECISION.c.id).where(_DECISION.c.action_id == _ID, _DECISION.c.outcome == "refer").limit(1))


def load_facts(work: Work, command: Command) -> Facts:
    """What is known of the action and of the asker. Raises NotFound for an unknown action or seat."""
    row = ask(work, look_at_action(work.convention, command.action)) if command.action is not None else None
    seat = ask(work, look_up_seat(work.convention, command.actor.seat)) if command.actor.seat is not None else None
    return facts_of(work, command, row, seat)


def facts_about(facts: Facts, command: Command) -> Facts:
    """Facts that were loaded for one command, for another of the same seat about the same action: nothing is looked up twice."""
    return facts.about(command) if isinstance(facts, _StoredFacts) else facts


def facts_of(work: Work, command: Command, row: Any, seat: Any, reviews: Mapping[str, Any] = EMPTY) -> Facts:
    """What is known, once the action and the asker's seat have been looked up, and perhaps the last review of some bodies.

    Raises NotFound where the action or the seat does not exist.
    """
    if row is None and command.action is not None:
        raise no_action(work, command.action, _reader(seat))
    if command.actor.seat is not None:
        seat = seat_in_office(work, command.actor.seat, seat)
    other = command.actor.on_behalf_of
    if other is not None:
        seat_in_office(work, other, ask(work, look_up_seat(work.convention, other)))
    facts = _StoredFacts(work, command, row, seat)
    facts.remember(reviews)
    return facts


def _reader(seat: Any) -> Somebody:
    """Who asks, by the row of their seat: whoever has none is shown no draft."""
    return (
        Somebody() if seat is None else Somebody(seat.person, is_secretary=seat.role == Role.SECRETARY, seat_codes=frozenset({seat.code}))
    )


class _StoredFacts(Asker):
    """Facts read from the database in the transaction at work, each at most once."""

    def __init__(self, work: Work, command: Command, row: Any, seat: Any) -> None:
        self._work, self._command, self._row, self._seat = work, command, row, seat
        self._latest: dict[str | None, Any] = {}
        self._known: dict[str | tuple[str, str | None], Any] = {}
        self.charter, self.today = work.charter, work.today
        self.action_id, self.state, self.version, self.number, self.proposer_seat = None, None, 0, "", ""
        self.superseded_by = row.superseded_by if row is not None else None
        if row is not None:
            self.action_id, self.state, self.version = row.id, State(row.state), row.version
            self.number, self.proposer_seat = row.number, row.proposer_seat
        self.asker_body = seat.body if seat is not None else ""
        self._held = self._at_hand(seat)

    def __getattr__(self, name: str) -> Any:
        """What was not looked up yet."""
        if name not in _LOOK_UP:
            raise AttributeError(name)
        if name in _OF_COMMAND:
            value = _LOOK_UP[name](self)
            setattr(self, name, value)
            return value
        if name not in self._known:
            self._known[name] = _LOOK_UP[name](self)
        return self._known[name]

    def about(self, command: Command) -> "_StoredFacts":
        """The facts for another command of the same seat about the same action; what either looks up, both know."""
        other = _StoredFacts(self._work, command, self._row, self._seat)
        other._latest, other._known = self._latest, self._known
        return other

    def may(self, who: frozenset[Who]) -> bool:
        """Who leads the action, and who stands in for whom, is looked up only where nothing else will do."""
        return bool(who & self._held) or any(whether(self) for capacity, whether in _LOOK_WHETHER.items() if capacity in who)

    def all_capacities(self) -> frozenset[Who]:
        """In what capacities the asker asks."""
        return self._held | {capacity for capacity, whether in _LOOK_WHETHER.items() if capacity not in self._held and whether(self)}

    def latest(self, body: str | None) -> ReviewFacts | None:
        if body is not None and body not in self._latest:
            self.remember({body: ask(self._work, look_up_review(self._work.convention, self.number, body))})
        row = self._latest.get(body)
        return cast("ReviewFacts", self._once(("latest", body), lambda: _review(row))) if row is not None else None

    def examining(self, body: str | None) -> Body | None:
        review = self.latest(body)
        return self._work.charter_of(review.charter_id if review else None).body(body) if body else None

    def last_day(self, body: str | None) -> date | None:
        review, rules = self.latest(body), self.rules(body)
        return last_extension(self._work, review.opened_on, rules) if review and rules else None

    def settled(self, body: str | None) -> bool:
        review, rules = self.latest(body), self.rules(body)
        if review is None or rules is None or not rules.early_closing:
            return False
        return gather(self._work, review.id).is_settled()

    def voters(self, body: str | None) -> frozenset[str]:
        return frozenset(one.seat for one in voting_seats(self._work, body, self.today)) if body else frozenset()

    def recused(self, body: str | None) -> Mapping[str, Cause]:
        return recused_seats(self._work, self._latest[body]) if self.latest(body) is not None else {}

    def reach(self, body: str | None) -> Reach:
        review = self.latest(body)
        if review is None:
            return NOBODY_KNOWN
        known: Mapping[int, Reach] = self._once(("reach", None), lambda: reaches(self._work, self.of_action(_REVIEWS)))
        return known[review.id]

    def asker_out(self, body: str | None) -> Cause | None:
        if self.latest(body) is None or self._seat is None:
            return None
        return person_out(self._work, self._latest[body], self._seat.code)

    def proxies(self, body: str | None) -> tuple[Proxy, ...]:
        review = self.latest(body)
        return self._once(("proxies", body), lambda: proxies_of(self._work.connection, review.id)) if review is not None else ()

    def said(self, body: str | None) -> Mapping[str, Said]:
        review = self.latest(body)
        if review is None or not review.answered:
            return {}
        rows = self._once(("said", body), lambda: GIVEN.all(self._work.connection, review_=review.id))
        return {row.seat: Said(row.value, row.holder) for row in rows}

    def meeting(self, number: str | None) -> MeetingFacts | None:
        if number is None:
            return None
        return cast("MeetingFacts | None", self._once(("meeting", number), lambda: meeting_facts(self._work, number)))

    def in_office(self, seat: str) -> bool:
        if self._seat is not None and self._seat.code == seat:
            return True  # or they could ask for nothing
        row = self._once(("seat", seat), lambda: ask(self._work, look_up_seat(self._work.convention, seat)))
        return row is not None and row.starts_on <= self.today and (row.ends_on is None or row.ends_on >= self.today)

    def _once(self, what: tuple[str, str | None], look: Callable[[], Any]) -> Any:
        """What was looked up before is not looked up again."""
        if what not in self._known:
            self._known[what] = look()
        return self._known[what]

    def remember(self, reviews: Mapping[str, Any]) -> None:
        """Keep the last reviews that were looked up, by body."""
        self._latest.update(reviews)

    def of_action(self, statement: Prepared) -> list[Any]:
        """The rows of this action."""
        return statement.all(self._work.connection, action_=self.action_id)

    def reservations_standing(self) -> tuple[ReservationFacts, ...]:
        """The reservations of the action that are neither lifted nor lapsed."""
        return standing_facts(self._work.connection, self.action_id) if self.action_id is not None else ()

    def blockers_standing(self) -> Mapping[int, str]:
        """The blockers of the action that were not lifted."""
        return standing_blockers(self._work.connection, self.action_id) if self.action_id is not None else {}

    def deliberated(self) -> Mapping[str, Deliberated]:
        """What the partners' authorities decided about the action."""
        return deliberation_facts(self._work.connection, self.action_id) if self.action_id is not None else {}

    def successor_named(self) -> SuccessorFacts | None:
        """The action that would take this one's place."""
        named = self._command.successor if isinstance(self._command, Supersede) else ""
        return successor_of(self._work, named, _reader(self._seat)) if named else None

    def overdue_now(self) -> tuple[Overdue, ...]:
        """What it owes whose last day is past."""
        return overdue_of(self._work, self.action_id) if self.action_id is not None else ()

    def hurried_already(self) -> bool:
        """Whether its owners were asked for anything today."""
        return self.action_id is not None and hurried_today(self._work, self.action_id)

    def sheet_now(self) -> ActionSheet | None:
        """Its sheet."""
        return ActionSheet.model_validate(self.of_action(_SHEET)[0].sheet) if self._row is not None else None

    def fact_named(self) -> dict[str, str | int | None] | None:
        """What the command would put right."""
        return _fact(self._work, self, self._command) if isinstance(self._command, Rectify) else None

    def seated_today(self) -> frozenset[str]:
        """The bodies that can examine something."""
        return seated_bodies(self._work)

    def people_known(self) -> frozenset[str]:
        """The persons of the convention."""
        return frozenset(codes(self._work, _PERSON))


def _review(row: Any) -> ReviewFacts:
    return ReviewFacts(
        id=row.id,
        body=row.body,
        round=row.round,
        opened_on=row.opened_on,
        due_on=row.due_on,
        open=row.closed_on is None,
        electorate=tuple(row.electorate),
        charter_id=row.charter_id,
        answered=frozenset(row.answered.split(",")) if row.answered else frozenset(),
        away=away(row.attendance),
        attended=row.attendance is not None,
    )


_LOOK_WHETHER: Mapping[Who, Callable[[_StoredFacts], bool]] = {
    Who.LEAD: _StoredFacts.leads,
    Who.VOTER: _StoredFacts.stands_in,
    Who.RESERVER: _StoredFacts.reserved,
    Who.CONCERNED: _StoredFacts.is_concerned,
    Who.BODY_SECRETARY: _StoredFacts.serves_body,
}
_OF_COMMAND = frozenset({"capacities", "fact", "conflict", "successor"})
"""What depends on the command, and not on the action alone."""
_LOOK_UP: Mapping[str, Callable[[_StoredFacts], Any]] = {
    "capacities": _StoredFacts.all_capacities,
    "sheet": _StoredFacts.sheet_now,
    "lead": lambda facts: facts.of_action(_LEAD)[0].lead,
    "reviews": lambda facts: tuple(_review(row) for row in facts.of_action(_REVIEWS)),
    "seated": _StoredFacts.seated_today,
    "people": _StoredFacts.people_known,
    "referred": lambda facts: bool(facts.of_action(_REFERRED)),
    "milestones": lambda facts: len(facts.of_action(_MILESTONES)),
    "milestones_open": lambda facts: tuple(row.position for row in facts.of_action(_MILESTONES) if row.reached_on is None),
    "attachments": lambda facts: {file.sha256: file.size for file in facts.of_action(_FILES)},
    "final_results": lambda facts: "final_results" in {row.kind for row in facts.of_action(_REPORTED)},
    "final_lessons": lambda facts: "final_lessons" in {row.kind for row in facts.of_action(_REPORTED)},
    "fact": _StoredFacts.fact_named,
    "successor": _StoredFacts.successor_named,
    "conflict": _StoredFacts.conflict_standing,
    "reservations": _StoredFacts.reservations_standing,
    "blockers": _StoredFacts.blockers_standing,
    "deliberations": _StoredFacts.deliberated,
    "overdue": _StoredFacts.overdue_now,
    "hurried_today": _StoredFacts.hurried_already,
}


_OF_ACTION = _REVIEW.c.action_id == _ID
_FACTS: Mapping[str, tuple[sa.Table, sa.Select[Any], Mapping[str, str]]] = {
    "opinion": (
        _OPINION,
        sa.select(_OPINION, _REVIEW.c.body).join(_REVIEW, _REVIEW.c.id == _OPINION.c.review_id).where(_OF_ACTION),
        {"opinion": "value", "body": "body"},
    ),
    "decision": (_DECISION, sa.select(_DECISION).where(_DECISION.c.action_id == _ID), {"reference": "reference", "body": "body"}),
    "report": (_REPORT, sa.select(_REPORT).where(_REPORT.c.action_id == _ID), {"percent": "percent"}),
}
"""What may be rectified of an action: where it lies, and the fields that may be."""
_FACT = {
    kind: Prepared(query.where(rows.c.event_id == sa.bindparam("event_", type_=rows.c.event_id.type), ~rows.c.superseded))
    for kind, (rows, query, _) in _FACTS.items()
}
_ANY_FACT = Prepared(
    sa.union_all(*(query.with_only_columns(rows.c.id) for rows, query, _ in _FACTS.values())).limit(sa.literal_column("1"))
)


def has_facts(work: Work, facts: Facts) -> bool:
    """Whether an opinion, a decision or a report of the action stands: something that could be rectified."""
    return _ANY_FACT.first(work.connection, action_=facts.action_id) is not None


def _fact(work: Work, facts: Facts, command: Rectify) -> dict[str, str | int | None] | None:
    """The fact that an event recorded, by its ``kind`` and ``id``, with the fields that may be rectified; None if it is not one, or no longer stands."""
    for kind, (_, _, fields) in _FACTS.items():
        row = _FACT[kind].first(work.connection, action_=facts.action_id, event_=command.event)
        if row is not None:
            return {"kind": kind, "id": row.id, **{name: getattr(row, column) for name, column in fields.items()}}
    return None
