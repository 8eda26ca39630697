"""Which event asks whom for what, as the persons of a simulation take it from the mails that tell them of it."""

from collections.abc import Mapping
from typing import NamedTuple

from models.events import Topic
from notifications.catalogue import LEVELS, Audience
from services.simulation.manners import Asking

_VOTERS = (*(Audience.VOTERS, Audience.DEPUTIES, Audience.PENDING_VOTERS, Audience.PENDING_DEPUTIES, Audience.PENDING_HOLDERS),)
_LEAD, _AUTHORS = (Audience.LEAD,), (Audience.LEAD, Audience.PROPOSER)


class _Asks(NamedTuple):
    """What is asked for, of whom; ``anew``: for the first time, and not once more."""

    asking: Asking
    of: tuple[Audience, ...]
    anew: bool = False


_ASKS: Mapping[str, _Asks] = {
    Topic.REVIEW_OPENED: _Asks(Asking.OPINION, _VOTERS, anew=True),
    Topic.REVIEW_REMINDED: _Asks(Asking.OPINION, _VOTERS),
    Topic.REVIEW_EXTENDED: _Asks(Asking.OPINION, _VOTERS),
    Topic.REVIEW_MOVED: _Asks(Asking.OPINION, _VOTERS),
    Topic.REVIEW_CHASED: _Asks(Asking.OPINION, _VOTERS),
    Topic.PROGRESS_REQUESTED: _Asks(Asking.PROGRESS, _LEAD, anew=True),
    Topic.PROGRESS_REMINDED: _Asks(Asking.PROGRESS, _LEAD),
    Topic.PROGRESS_DELAYED: _Asks(Asking.PROGRESS, _LEAD),
    Topic.ACTION_NEGLECTED: _Asks(Asking.PROGRESS, _LEAD),
    Topic.MILESTONE_REMINDED: _Asks(Asking.MILESTONE, _LEAD),
    Topic.MILESTONE_PASSED: _Asks(Asking.MILESTONE, _LEAD),
    Topic.FINAL_REPORT_REQUESTED: _Asks(Asking.FINAL_REPORT, _LEAD, anew=True),
    Topic.FINAL_REPORT_REMINDED: _Asks(Asking.FINAL_REPORT, _LEAD),
    Topic.FINAL_REPORT_DELAYED: _Asks(Asking.FINAL_REPORT, _LEAD),
    Topic.FINAL_REPORT_FILED: _Asks(Asking.FINAL_REPORT, _LEAD, anew=True),
    Topic.ACTION_RETURNED: _Asks(Asking.RESUBMISSION, _AUTHORS, anew=True),
    Topic.COMPLETION_REMINDED: _Asks(Asking.RESUBMISSION, _AUTHORS),
    Topic.COMPLETION_DELAYED: _Asks(Asking.RESUBMISSION, _AUTHORS),
    Topic.ACTION_APPROVED: _Asks(Asking.START, _AUTHORS, anew=True),
    Topic.START_REMINDED: _Asks(Asking.START, _LEAD),
    Topic.START_DELAYED: _Asks(Asking.START, _LEAD),
    Topic.ACTION_ADJOURNED: _Asks(Asking.REOPENING, (Audience.TECHNICAL_SECRETARY,), anew=True),
    Topic.RESERVATION_REMINDED: _Asks(Asking.RESERVATION, _LEAD),
    Topic.RESERVATION_DELAYED: _Asks(Asking.RESERVATION, _LEAD),
}
_OWNERS = frozenset(audience.value for audience, level in LEVELS.items() if level == "owner")


def asks(topic: str) -> _Asks | None:
    """What an event asks for; None for one that asks for nothing."""
    return _ASKS.get(topic)


def is_owner(because: str) -> bool:
    """Whether somebody is told in a capacity in which it is for them to act, and not for those above."""
    return because in _OWNERS
