"""What the API answers about reviews, decisions, meetings and deadlines, and how the installation stands."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import Field

from portal.api.answers import Answer, Reason


class ElectorAnswer(Answer):
    """A seat that is asked in a review; its opinion is left out while it is hidden."""

    seat: str
    holder: str | None
    partner: str
    weight: int
    chair: bool
    recused: bool
    presence: str | None
    represented_by: str | None
    answered: bool
    asked: Sequence[datetime]
    opinion: str | None
    given_on: date | None
    by_proxy: str | None
    recorded_by: str | None
    words: str | None


class ReviewDecision(Answer):
    """A decision that a review led to."""

    number: str
    outcome: str
    decided_on: date


class ReviewFile(Answer):
    """The file of a review. ``verdict``: the result and its figures in words; ``lacks``: what is missing for a result."""

    body: str
    round: int
    opened_on: date
    due_on: date
    closed_on: date | None
    closed_early: bool
    complete: bool
    hidden: bool
    rules_in_force: bool
    result: str | None
    verdict: str | None
    lacks: Sequence[Reason]
    electorate: Sequence[ElectorAnswer]
    vacant: dict[str, int]
    decisions: Sequence[ReviewDecision]


class ReviewFiles(Answer):
    """The files of an action's reviews, the oldest first."""

    items: Sequence[ReviewFile]


class DecisionLine(Answer):
    """A decision in the register, as it now stands."""

    number: str
    revision: int
    body: str
    outcome: str
    decided_on: date
    reference: str | None
    round: int | None
    words: str | None
    action: str
    title: str
    taken_up: str | None


class DecisionList(Answer):
    """A slice of the register. ``next``: what to ask for after it."""

    items: Sequence[DecisionLine]
    next: str | None


class MeetingLine(Answer):
    """A meeting in a list."""

    number: str
    body: str
    state: str
    held_on: date
    starts_at: str
    second_of: str | None
    item_count: int = Field(validation_alias="items")


class MeetingList(Answer):
    """A slice of meetings. ``next``: what to ask for after it."""

    items: Sequence[MeetingLine]
    next: str | None


class AgendaAnswer(Answer):
    """An item of an agenda, and what was decided about it."""

    position: int
    action: str | None
    title: str | None
    follows: str | None
    state: str | None
    awaits: str | None
    due_on: date | None
    decision: str | None
    outcome: str | None
    older_rules: bool


class AttendanceAnswer(Answer):
    """How a seat attended a meeting."""

    seat: str
    holder: str | None
    presence: str
    represented_by: str | None


class QuorumAnswer(Answer):
    """A quorum with its figures; ``partner``: that of a partner alone."""

    partner: str | None
    seats: int
    there: int
    needed: int


class ConvenedAnswer(Answer):
    """How many were convened, and how many of the mails have left."""

    total: int
    sent: int


class LoggedAnswer(Answer):
    """A line of the log of a meeting."""

    seq: int
    topic: str
    occurred_on: date
    recorded_at: datetime
    actor: str
    via: str
    after: str


class MeetingAnswer(Answer):
    """One meeting in full. ``acts``: the verbs that its state allows the reader, as the secretary of its body."""

    number: str
    body: str
    state: str
    version: int
    held_on: date
    starts_at: str
    timezone: str
    place: str | None
    link: str | None
    second_of: str | None
    second: str | None
    convene_by: date | None
    convened_on: date | None
    convened: ConvenedAnswer
    urgency: str | None
    reason: str | None
    quorum: Sequence[QuorumAnswer]
    agenda: Sequence[AgendaAnswer]
    attendance: Sequence[AttendanceAnswer]
    log: Sequence[LoggedAnswer]
    acts: Sequence[str]


class OwnDeadline(Answer):
    """A deadline of one's own: what is to be done, of which action, until when."""

    kind: str
    action: str
    title: str
    what: str
    body: str | None
    subject: int | None
    due_on: date
    seats: Sequence[str]


class OwnDeadlines(Answer):
    """All of them, the first to fall first."""

    items: Sequence[OwnDeadline]


class EventCounts(Answer):
    """Events by what is still owed to them."""

    total: int
    unpublished: int
    unreacted: int
    parked: int


class StatusAnswer(Answer):
    """How the installation stands. ``ready``: every process answers and nothing waits that should not."""

    ready: bool
    prefect: bool
    processes: dict[str, bool]
    actions: dict[str, int]
    deliveries: dict[str, int]
    events: EventCounts
    reviews_open: int
    oldest_backlog_seconds: float
    last_sweep_at: datetime | None
    sending_stopped_at: datetime | None


class ProblemItem(Answer):
    """One reason: its code, a sentence, and where it is met: in the body (a JSON pointer), in a parameter or in a header."""

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class ProblemAnswer(Answer):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: Sequence[ProblemItem]
