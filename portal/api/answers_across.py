"""What the API answers across actions: what a search finds, and who has not answered."""

from collections.abc import Sequence
from datetime import date

from portal.api.answers import Answer


class FoundLine(Answer):
    """One thing that was found: an action, a decision (``number`` is its own) or a file of an action."""

    kind: str
    number: str
    action: str
    title: str
    state: str
    day: date
    axis: str | None
    themes: Sequence[str]
    body: str | None
    outcome: str | None
    file_name: str | None
    sha256: str | None
    excerpt: str


class FoundPage(Answer):
    """One page of what was found. ``total``: results, counted up to 500; ``more``: there are more; ``waiting``: actions that changed and are still to be read."""

    items: Sequence[FoundLine]
    total: int
    more: bool
    page: int
    pages: int
    waiting: int


class AwaitedMember(Answer):
    """A seat that owes answers in a body, with the first day they are due and the last on which it was asked."""

    seat: str
    holder: str
    awaited: int
    first_due: date
    last_asked: date | None


class AwaitedReview(Answer):
    """An open review, with who takes part in it and who of them has not answered."""

    number: str
    title: str
    round: int
    due_on: date
    asked: Sequence[str]
    awaited: Sequence[str]


class AwaitedBody(Answer):
    """The open reviews of a body, the most urgent first, and who owes answers in these. ``total``: how many are open, shown or not, counted up to 1,000."""

    body: str
    total: int
    reviews: Sequence[AwaitedReview]
    members: Sequence[AwaitedMember]


class AwaitedList(Answer):
    """Who has not answered, body by body."""

    items: Sequence[AwaitedBody]
