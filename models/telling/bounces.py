"""When an address is dead: what a refusal or a returned mail says of it, and how many it takes.

Sources: the meaning of enhanced status codes, RFC 3463 (X.1 address, X.2 mailbox, X.3 mail system, X.4 network, X.5 protocol, X.6 content,
X.7 security and policy) and RFC 7505 (5.1.10, a domain that takes no mail); codes without them, RFC 5321, 4.2.2 and 4.2.3. That at most one
return a day counts, that a temporary one never condemns an address by itself, and that refusals as spam never do, follows Mailman 3
(its bounce processing, and issue 624 of mailman).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

STALE_AFTER = timedelta(days=180)
"""A return this old says nothing any more about the address."""
_NOBODY_THERE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, no such domain, no address at all, moved without a new address, a domain that takes no mail: one is enough."""
_FULL = frozenset({"5.2.2"})
_OF_THE_SENDER = frozenset({"5.1.7", "5.1.8", "5.1.9"})
_OF_THE_MESSAGE = frozenset({"5.2.3"})
_OF_THE_ADDRESS = ("0", "1", "2", "4")
"""Subjects of a status that may speak of the recipient; others speak of the mail, of the sender or of the server."""
_REFUSES_ADDRESS = frozenset({550, 551, 553})
_IS_FULL = 552
_POLICY = re.compile(r"spam|block(?:ed|list)|black ?list|reputation|policy|rbl|spf|dkim|dmarc|relay", re.IGNORECASE)
_ENOUGH = 2


class Weight(StrEnum):
    """What a return says of the address: dead, in trouble for the time being, or nothing."""

    HARD = "hard"
    SOFT = "soft"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tally:
    """The returns of an address so far; ``status`` is that of the last, with which ``last_on`` was counted."""

    hard: int
    soft: int
    last_on: date
    status: str | None


def weigh(code: int | None, status: str | None, said: str = "") -> Weight:
    """What a refusal at the recipient, or a returned mail, says of the address: by its status, else by its reply code and its words."""
    if status is not None:
        return _by_status(status)
    if code is None or code not in range(400, 600):
        return Weight.NONE
    if code < 500 or code == _IS_FULL:  # noqa: PLR2004  # replies from 500 on are final
        return Weight.SOFT
    return Weight.HARD if code in _REFUSES_ADDRESS and not _POLICY.search(said) else Weight.NONE


def _by_status(status: str) -> Weight:
    kind, subject, _ = status.split(".")
    if subject not in _OF_THE_ADDRESS or status in _OF_THE_SENDER | _OF_THE_MESSAGE:
        return Weight.NONE
    if kind == "4" or status in _FULL:
        return Weight.SOFT
    return Weight.HARD if kind == "5" else Weight.NONE


def counted(before: Tally | None, weight: Weight, status: str | None, today: date) -> Tally:
    """The tally after one more return: at most one a day counts, and of a day's returns the gravest.

    What is older than half a year counts no longer.
    """
    hard = weight is Weight.HARD
    label = status or ("5.0.0" if hard else "4.0.0")
    if before is None or today - before.last_on > STALE_AFTER:
        return Tally(int(hard), int(not hard), today, label)
    if before.last_on < today:
        return Tally(before.hard + hard, before.soft + (not hard), today, label)
    if hard and _was_soft(before):
        return Tally(before.hard + 1, before.soft - 1, today, label)
    if hard and label in _NOBODY_THERE:
        return Tally(before.hard, before.soft, today, label)
    return before


def _was_soft(tally: Tally) -> bool:
    return tally.status is not None and _by_status(tally.status) is Weight.SOFT


def is_dead(tally: Tally) -> bool:
    """Whether nothing more should be sent there: after two final refusals on different days, or one that says that nobody is there."""
    return tally.hard >= _ENOUGH or (tally.hard > 0 and tally.status in _NOBODY_THERE)
