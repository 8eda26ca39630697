"""What is known of an action at the moment somebody asks for something: what guards look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from models.charter import ActionSheet, Body, BodyKind, Charter, ReviewRules
from models.chasing import NOBODY_KNOWN, Overdue, Reach
from models.conflicts import Cause
from models.deliberations import Deliberated
from models.lifecycle import State, Who
from models.meetings import MeetingState
from models.meetings.rules import Called
from models.proxies import Proxy, Said


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A review as the guards see it: who is asked, who has answered, by when, under which charter (None: the one in force).

    ``attended``: whether it is examined in a meeting; ``away``: who does not attend it.
    """

    id: int
    body: str
    round: int
    opened_on: date
    due_on: date
    open: bool
    electorate: tuple[str, ...]
    answered: frozenset[str]
    charter_id: int | None = None
    away: frozenset[str] = frozenset()
    attended: bool = False


@dataclass(frozen=True, slots=True)
class SuccessorFacts:
    """An action that is to take the place of another: its number, its state, and the actions that it gives way to itself, one after the other."""

    number: str
    state: State
    gives_way_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """A meeting: its number, body, state and day, the actions on its agenda, and who attended its opening, as called out."""

    number: str
    body: str
    state: MeetingState
    actions: frozenset[str]
    called: Called
    held_on: date
    second: bool = False


@dataclass(frozen=True, slots=True)
class ConflictFacts:
    """A conflict of interest that stands: the seat through which it was declared, and by which event."""

    seat: str
    event: UUID


@dataclass(frozen=True, slots=True)
class ReservationFacts:
    """A reservation that stands: its number, the body and the seat whose it is, and the step that it stands in the way of, if any."""

    number: int
    body: str
    seat: str
    blocks: str | None = None


class Facts:
    """Everything a guard may look at; whoever knows it may look it up only when asked. ``action_id`` None: the action does not exist yet."""

    charter: Charter
    today: date
    action_id: int | None
    number: str
    state: State | None
    version: int
    sheet: ActionSheet | None
    proposer_seat: str
    asker_body: str
    reviews: tuple[ReviewFacts, ...]
    seated: frozenset[str]
    people: frozenset[str]
    capacities: frozenset[Who]
    referred: bool
    milestones_open: tuple[int, ...]
    milestones: int
    attachments: Mapping[str, int]
    final_results: bool
    final_lessons: bool
    fact: Mapping[str, str | int | None] | None
    conflict: ConflictFacts | None
    reservations: tuple[ReservationFacts, ...]
    blockers: Mapping[int, str]
    deliberations: Mapping[str, Deliberated]
    successor: SuccessorFacts | None
    superseded_by: str | None
    overdue: tuple[Overdue, ...]
    hurried_today: bool

    def may(self, who: frozenset[Who]) -> bool:
        """Whether somebody asks in one of these capacities."""
        return bool(who & self.capacities)

    def latest(self, body: str | None) -> ReviewFacts | None:
        """The last round of a body's review of this action."""
        rounds = [review for review in self.reviews if review.body == body]
        return max(rounds, key=lambda review: review.round, default=None)

    def examining(self, body: str | None) -> Body | None:
        """A body, by the charter under which its review was opened, if there is one; else by the charter in force."""
        return self.charter.body(body) if body else None

    def rules(self, body: str | None) -> ReviewRules | None:
        """How a body examines, by the same charter."""
        found = self.examining(body)
        return found.rules if found else None

    def last_day(self, body: str | None) -> date | None:
        """The day until which the body's open review may be extended; None where its rules allow no extension."""
        raise NotImplementedError

    def settled(self, body: str | None) -> bool:
        """Whether the body's rules let its open review close early, and no answer still to come could change its result."""
        raise NotImplementedError

    def recused(self, body: str | None) -> Mapping[str, Cause]:
        """The seats that take no part in the body's last review, and why."""
        raise NotImplementedError

    def awaited(self, body: str | None) -> tuple[str, ...]:
        """The seats that the body's last review still waits for: they take part, attend where it is examined in a meeting, and have not answered."""
        review = self.latest(body)
        if review is None:
            return ()
        apart = {*self.recused(body), *review.answered, *review.away}
        return tuple(seat for seat in review.electorate if seat not in apart)

    def reach(self, body: str | None) -> Reach:
        """Whom of these a chase would not reach today, and who was asked today already."""
        raise NotImplementedError

    def asker_out(self, body: str | None) -> Cause | None:
        """Why the asker's person takes no part in the body's examination; None if they do, or if the system asks."""
        raise NotImplementedError

    def voters(self, body: str | None) -> frozenset[str]:
        """The seats that vote in a body today."""
        raise NotImplementedError

    def reservation(self, number: int | None) -> ReservationFacts | None:
        """The reservation of this number, if it stands."""
        return next((standing for standing in self.reservations if standing.number == number), None)

    def proxies(self, body: str | None) -> tuple[Proxy, ...]:
        """The proxies given in the body's last review and not taken back; also those that are over."""
        raise NotImplementedError

    def said(self, body: str | None) -> Mapping[str, Said]:
        """The answers that stand in the body's last review, by seat."""
        raise NotImplementedError

    def in_office(self, seat: str) -> bool:
        """Whether somebody holds a seat today."""
        raise NotImplementedError

    def meeting(self, number: str | None) -> MeetingFacts | None:
        """The meeting of this number, if there is one."""
        raise NotImplementedError

    def open_consultations(self) -> tuple[str, ...]:
        """Groups whose opinion is still awaited."""
        return tuple(review.body for review in self.reviews if review.open and self._kind(review.body) is BodyKind.THEMATIC)

    def _kind(self, body: str) -> BodyKind | None:
        found = self.charter.body(body)
        return found.kind if found else None


@dataclass(frozen=True)
class KnownFacts(Facts):
    """Facts that are all known beforehand."""

    charter: Charter
    today: date
    action_id: int | None = None
    number: str = ""
    state: State | None = None
    version: int = 0
    sheet: ActionSheet | None = None
    proposer_seat: str = ""
    asker_body: str = ""
    reviews: tuple[ReviewFacts, ...] = ()
    seated: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    capacities: frozenset[Who] = frozenset()
    referred: bool = False
    milestones_open: tuple[int, ...] = ()
    milestones: int = 0
    attachments: Mapping[str, int] = field(default_factory=dict)
    final_results: bool = False
    final_lessons: bool = False
    fact: Mapping[str, str | int | None] | None = None
    older: Charter | None = None
    decided: frozenset[str] = frozenset()
    until_at_most: date | None = None
    conflict: ConflictFacts | None = None
    reservations: tuple[ReservationFacts, ...] = ()
    blockers: Mapping[int, str] = field(default_factory=dict)
    deliberations: Mapping[str, Deliberated] = field(default_factory=dict)
    successor: SuccessorFacts | None = None
    superseded_by: str | None = None
    out: Mapping[str, Cause] = field(default_factory=dict)
    asker: Cause | None = None
    given: tuple[Proxy, ...] = ()
    answers: Mapping[str, Said] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    voting: frozenset[str] = frozenset()
    meetings: tuple[MeetingFacts, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    hurried_today: bool = False
    reached: Reach = NOBODY_KNOWN

    def examining(self, body: str | None) -> Body | None:
        """By the older charter, if there is one."""
        return (self.older or self.charter).body(body) if body else None

    def last_day(self, body: str | None) -> date | None:
        """The day that is known."""
        return self.until_at_most if body else None

    def settled(self, body: str | None) -> bool:
        """Whether the body is among those whose result can no longer change."""
        return body in self.decided

    def voters(self, body: str | None) -> frozenset[str]:
        """The same seats, whatever the body."""
        return self.voting if body else frozenset()

    def recused(self, body: str | None) -> Mapping[str, Cause]:
        """The same seats, whatever the body."""
        return self.out if body else {}

    def reach(self, body: str | None) -> Reach:
        """The same, whatever the body."""
        return self.reached if body else NOBODY_KNOWN

    def asker_out(self, body: str | None) -> Cause | None:
        """What is known of the asker."""
        return self.asker if body else None

    def proxies(self, body: str | None) -> tuple[Proxy, ...]:
        """The same proxies, whatever the body."""
        return self.given if body else ()

    def said(self, body: str | None) -> Mapping[str, Said]:
        """The same answers, whatever the body."""
        return self.answers if body else {}

    def meeting(self, number: str | None) -> MeetingFacts | None:
        """Among those that are known."""
        return next((known for known in self.meetings if known.number == number), None)

    def in_office(self, seat: str) -> bool:
        """Whether the seat is not among those that nobody holds any more."""
        return seat not in self.gone
