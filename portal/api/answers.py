"""What the API answers about actions, and about who asks: the fields of each answer, which the description documents one by one."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What all answers are: rows of ours, of which only the fields that are named here go out."""

    model_config = ConfigDict(from_attributes=True, extra="ignore", frozen=True)


class Named(Answer):
    """A code of the charter and its name in the reader's language."""

    code: str
    name: str


class CharterAnswer(Answer):
    """The convention and its vocabulary: what the codes in forms and answers stand for."""

    convention: str
    name: str
    timezone: str
    languages: Sequence[str]
    axes: Sequence[Named]
    objectives: Sequence[Named]
    themes: Sequence[Named]
    sites: Sequence[Named]
    partners: Sequence[Named]
    bodies: Sequence[Named]


class SeatAnswer(Answer):
    """A seat that somebody holds today."""

    code: str
    body: str
    role: str


class Me(Answer):
    """In whose name a token acts today, and what it may be used for."""

    person: str
    name: str
    language: str
    convention: str
    seats: Sequence[SeatAnswer]
    token: str
    scopes: Sequence[str]
    expires_at: datetime


class ActionLine(Answer):
    """An action in a list."""

    number: str
    title: str
    state: str
    stage: str
    version: int
    axis: str | None
    themes: Sequence[str]
    lead_person: str | None
    created_at: datetime


class ActionList(Answer):
    """A slice of actions. ``next``: what to ask for after it. ``waiting``: actions whose words are still to be indexed, if words are looked for."""

    items: Sequence[ActionLine]
    next: str | None
    waiting: int


class MilestoneAnswer(Answer):
    """A dated step of an action."""

    position: int
    title: str
    due_on: date
    reached_on: date | None


class MilestonePlanned(Answer):
    """A dated step as the sheet has it."""

    title: str
    due_on: date


class Sheet(Answer):
    """The sheet of an action."""

    title: str
    axis: str | None
    objective: str | None
    themes: Sequence[str]
    sites: Sequence[str]
    context: str | None
    description: str | None
    lead_body: str | None
    lead_person: str | None
    partners: Sequence[str]
    starts_on: date | None
    ends_on: date | None
    budget_euros: Decimal | None
    milestones: Sequence[MilestonePlanned]
    indicators: str | None
    report_every_months: int | None = None


class OpinionAnswer(Answer):
    """An opinion that its reader may see."""

    seat: str
    value: str
    words: str | None
    given_on: date
    holder: str | None
    event_id: UUID


class ProxyAnswer(Answer):
    """A proxy that was given in a review and not taken back."""

    giver: str
    held_by: str
    given_on: date
    until: date | None
    used: bool


class ReviewAnswer(Answer):
    """The review of one body, one round. ``hidden``: its opinions are not shown to this reader yet."""

    body: str
    round: int
    opened_on: date
    due_on: date
    closed_on: date | None
    result: str | None
    hidden: bool
    electorate: Sequence[str]
    answered: Sequence[str]
    awaited: Sequence[str]
    recused: dict[str, str]
    opinions: Sequence[OpinionAnswer]
    proxies: Sequence[ProxyAnswer]


class ConflictAnswer(Answer):
    """A conflict of interest; its kind and words are for secretaries and for the person concerned."""

    seat: str
    declared_on: date
    withdrawn_on: date | None
    kind: str | None
    words: str | None


class ReservationAnswer(Answer):
    """A reservation, and how it stands."""

    number: int
    body: str
    seat: str
    raised_on: date
    due_on: date | None
    blocks: str | None
    standing: str
    words: str | None
    met: str | None
    lifted_on: date | None


class BlockerAnswer(Answer):
    """What stands in the way of an action, and whom it asks for help."""

    number: int
    body: str
    seat: str
    since: date
    raised_on: date
    standing: str
    words: str | None
    how: str | None
    lifted_on: date | None


class DeliberationAnswer(Answer):
    """What a partner's own authority decided."""

    partner: str
    outcome: str
    decided_on: date
    reference: str
    document: str
    event_id: UUID


class EarlyAnswer(Answer):
    """An opinion that came before its body was asked."""

    body: str
    seat: str
    value: str
    words: str | None
    given_on: date


class OnAgenda(Answer):
    """A meeting on whose agenda an action is."""

    number: str
    body: str
    state: str
    held_on: date
    starts_at: str
    follows: str | None


class DecisionOfAction(Answer):
    """What a body decided about an action."""

    number: str
    revision: int
    body: str
    outcome: str
    decided_on: date
    reference: str | None
    words: str | None
    event_id: UUID


class ReportAnswer(Answer):
    """A point of progress, or a part of the final report."""

    kind: str
    percent: int | None
    words: str | None
    reported_on: date
    event_id: UUID


class FileAnswer(Answer):
    """A file of an action."""

    file_name: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime


class DueAnswer(Answer):
    """A deadline of an action: how its day came about, and when somebody is reminded next, in words."""

    kind: str
    body: str | None
    subject: int | None
    due_on: date
    reckoned: str
    reminder: str


class ChaseAnswer(Answer):
    """What was done to hurry an action on."""

    topic: str
    body: str | None
    occurred_on: date
    messages: int
    sent: int


class ActionAnswer(Answer):
    """One action in full, as this reader may see it."""

    number: str
    title: str
    state: str
    stage: str
    version: int
    created_at: datetime
    proposer_seat: str
    lead_person: str | None
    silent_since: date | None
    silent_days: int | None
    superseded_by: str | None
    supersedes: Sequence[str]
    sheet: Sheet
    milestones: Sequence[MilestoneAnswer]
    reviews: Sequence[ReviewAnswer]
    conflicts: Sequence[ConflictAnswer]
    reservations: Sequence[ReservationAnswer]
    blockers: Sequence[BlockerAnswer]
    deliberations: Sequence[DeliberationAnswer]
    authorities: Sequence[str]
    early: Sequence[EarlyAnswer]
    meetings: Sequence[OnAgenda]
    decisions: Sequence[DecisionOfAction]
    reports: Sequence[ReportAnswer]
    attachments: Sequence[FileAnswer]
    deadlines: Sequence[DueAnswer]
    chases: Sequence[ChaseAnswer]


class EventAnswer(Answer):
    """A line of the log of an action, with the words that go with it."""

    seq: int
    id: UUID
    topic: str
    occurred_on: date
    recorded_at: datetime
    actor: str
    on_behalf_of: str | None
    via: str
    before: str | None
    after: str
    body: str | None
    words: Sequence[str]


class EventList(Answer):
    """A slice of the log. ``next``: what to ask for after it."""

    items: Sequence[EventAnswer]
    next: str | None


class Reason(Answer):
    """Why something cannot be done: a code that stays the same, and a sentence in the reader's language."""

    code: str
    message: str


class VerbAnswer(Answer):
    """Whether a verb may be asked now, through which seat, and why not; ``to_give``: the fields that this time have to be given."""

    verb: str
    seat: str
    possible: bool
    unmet: Sequence[Reason]
    to_give: Sequence[str]


class Explained(Answer):
    """What may be asked of an action now, and what stands in the way of the rest."""

    number: str
    version: int
    state: str
    verbs: Sequence[VerbAnswer]


class Done(Answer):
    """What a command did: the action or the meeting as it now stands, and the event that says so."""

    number: str
    state: str
    version: int
    event: UUID
