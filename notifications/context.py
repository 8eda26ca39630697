"""The facts a message may speak of. The caller fills every key; what does not apply is None, an empty list or an empty text."""

from datetime import date
from typing import TypedDict


class Reader(TypedDict):
    """Who reads: a person, or a chat room with its name."""

    name: str
    language: str


class ActionFacts(TypedDict):
    """The action in question; axis, state and lead body are already worded in the reader's language."""

    number: str
    title: str
    axis: str
    state: str
    lead_body: str
    lead_name: str


class BodyFacts(TypedDict):
    """The body in question; ``secretariat`` signs the mail, for instance "Secrétariat du comité technique"."""

    code: str
    name: str
    secretariat: str


class ReviewFacts(TypedDict):
    """The review of the action by the body; verdict and quorum are None as long as it is open."""

    round: int
    due_on: date
    expected: int
    answered: int
    verdict: str | None
    quorum_reached: bool | None


class DecisionFacts(TypedDict):
    """The decision taken, as the register holds it."""

    number: str
    outcome: str
    decided_on: date


class DeliberationFacts(TypedDict):
    """What the authority of a partner decided: ``adopted`` or ``refused``."""

    partner: str
    outcome: str
    decided_on: date


class MilestoneFacts(TypedDict):
    """A milestone of the action."""

    title: str
    due_on: date


class ProxyFacts(TypedDict):
    """A proxy: the seats of its giver and its holder, each with its role and body; the last day on which it serves, if one is named."""

    giver: str
    holder: str
    until: date | None


class ChaseFacts(TypedDict):
    """What somebody is chased for, by its kind and in words, and whether its last day is past; the days of the reminders before this one.

    ``untold``: whether those concerned could not be reached.
    """

    kind: str
    what: str
    late: bool
    told: list[str]
    untold: bool


class MeetingFacts(TypedDict):
    """A meeting: its number, day and time, where it is held, its agenda line by line; the first one, if it is a second convocation.

    ``free``: whether it decides without quorum. ``urgency``: why there is less notice than usual, if there is.
    """

    number: str
    held_on: date
    starts_at: str
    place: str | None
    join: str | None
    agenda: list[str]
    first: str | None
    free: bool
    urgency: str | None


class DigestLine(TypedDict):
    """What one message would have said: its action, the day of the act, its headline and its text; where its link leads and how that is called."""

    number: str
    title: str
    occurred_on: date
    headline: str
    lead: list[str]
    label: str
    address: str


class DigestFacts(TypedDict):
    """What waited for the reader, the newest first; ``actions``: how many actions it is about."""

    lines: list[DigestLine]
    actions: int


class FileFacts(TypedDict):
    """The files of the action: how many; how they reach the reader (a key of the frame's files); where they are read if they do not come along."""

    count: int
    how: str
    where: str


class SheetPart(TypedDict):
    """One heading of the action sheet, already worded, and what stands under it."""

    label: str
    text: str


class Context(TypedDict):
    """Everything a template may use.

    because: the capacity in which the reader is told, a value of ``catalogue.Audience``, led by ``catalogue.COPY`` for a copy.
    reasons, missing, questions: texts as people wrote them, worded labels, and the guiding questions; lines become paragraphs.
    reservations: those that the message is about, each with whose it is, what it asks for and by when.
    privacy: the address of the privacy notice.
    link: what the reader's own link is for (a key of the frame's links), or None for a message that asks for nothing.
    files: the files of the action; None where it has none, or where nobody is asked to judge it.
    sheet: what readers must know of the action to answer; empty where nobody is asked to judge it.
    in_place: the seats of absent members for which the reader answers, each with its role and body, or the name of whom they stand in for;
        None where they answer for nobody else.
    represents: the seats whose proxies the reader holds in the review, in the same words; None where they hold none.
    proxy: the seats of who gave a proxy and who holds it; None where the message is about none.
    days: how many are left until the last day or, once it is past, how many have gone by since; for how many days something stands in the way.
    chase: what is reminded of; None in every message that is no rung of a ladder and ends none.
    concerned: the seat of whoever has a conflict of interest, or that ends, in the same words; None where the message is about none.
    actor: seat and role of the person who acted, never a name. reference: a document or decision outside the system.
    digest: what a digest tells; None in every other message.
    how: the secretariat's address, where answers go. occurred_on: the day the fact took place.
    """

    convention: str
    rehearsal: bool
    recipient: Reader
    because: str
    action: ActionFacts
    body: BodyFacts | None
    review: ReviewFacts | None
    decision: DecisionFacts | None
    deliberation: DeliberationFacts | None
    reasons: list[str]
    missing: list[str]
    reservations: list[str]
    milestone: MilestoneFacts | None
    meeting: MeetingFacts | None
    due_on: date | None
    occurred_on: date
    days: int | None
    chase: ChaseFacts | None
    percent: int | None
    opinion: str | None
    in_place: str | None
    represents: str | None
    proxy: ProxyFacts | None
    concerned: str | None
    actor: str | None
    reference: str | None
    questions: list[str]
    files: FileFacts | None
    sheet: list[SheetPart]
    digest: DigestFacts | None
    how: str
    link: str | None
    privacy: str
