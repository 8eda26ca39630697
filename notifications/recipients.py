"""The table of recipients: the built-in one, and what of it a charter may replace.

A charter chooses among the messages of a topic and the capacities that its events can name. What is asked of somebody and what confirms
an act stay with those whom they concern; others may get a copy.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from notifications.catalogue import CATALOGUE, CHASED, CHAT, COPY, ESCALATED, RUNGS, Audience, Notice
from notifications.kinds import KIND_OF, Kind


class Line(Protocol):
    """A line of the table as a charter writes it: a message, and the capacities of those who get it, or a copy."""

    @property
    def message(self) -> str:
        """Its name."""

    @property
    def to(self) -> tuple[str, ...]:
        """Capacities of those it is written to."""

    @property
    def copy(self) -> tuple[str, ...]:
        """Capacities of those who get a copy."""


_A = Audience
_BODY_OF = ("review.", "opinion.", "conflict.", "reservation.", "proxy.", "blocker.")
_DECIDED = ("action.referred", "action.adjourned", "action.approved", "action.rejected", "fact.rectified")
_REVIEWING = ("review.opened", "review.reminded", "review.extended", "review.moved", "review.chased", "review.closed")
_NAMED: Mapping[Audience, tuple[str, ...]] = {
    _A.VOTERS: _REVIEWING,
    _A.DEPUTIES: _REVIEWING,
    _A.PENDING_VOTERS: ("review.reminded", "review.extended", "review.moved", "review.chased"),
    _A.PENDING_DEPUTIES: ("review.reminded", "review.extended", "review.moved", "review.chased"),
    _A.PENDING_HOLDERS: ("review.reminded", "review.extended", "review.chased"),
    _A.VOICE: ("opinion.recorded", "opinion.kept"),
    _A.GIVER: ("proxy.given", "proxy.revoked"),
    _A.HOLDER: ("proxy.given", "proxy.revoked"),
    _A.CONCERNED: ("conflict.declared", "conflict.withdrawn"),
    _A.RESERVING: ("reservation.lifted", "reservation.reminded", "reservation.delayed"),
    **dict.fromkeys((_A.GROUP_SECRETARY, _A.CHAIR), tuple(sorted(RUNGS))),
    _A.LEAD_DEPUTY: tuple(sorted(RUNGS | CHASED)),
    _A.BODY_STAND_IN: tuple(sorted(RUNGS)),
}
_ALWAYS = frozenset({_A.TECHNICAL_SECRETARY, _A.STEERING_SECRETARY, _A.ALL_SECRETARIES, _A.PROPOSER, _A.LEAD})
_PUT_TO_THEM = frozenset({Kind.ASKED, Kind.REMINDERS, Kind.RECEIPTS})
"""Kinds whose words speak to those of whom something is asked, or who acted."""

NEEDS: Mapping[str, str] = MappingProxyType({n.message: n.needs for notices in CATALOGUE.values() for n in notices if n.needs})
"""What each message needs an object for, whoever gets it."""


def notices_of(topic: str, lines: Mapping[str, Iterable[Line]]) -> tuple[Notice, ...]:
    """Who is told what of a topic, those it is written to before those who get a copy: by the charter's line, else by the built-in one."""
    own = lines.get(topic)
    if own is None:
        return CATALOGUE[topic]
    written = [
        Notice(line.message, Audience(role), NEEDS.get(line.message), copy=copied)
        for line in own
        for copied, roles in ((False, line.to), (True, line.copy))
        for role in roles
    ]
    return tuple(sorted((*written, *_above(topic, own)), key=lambda notice: notice.copy))


def _above(topic: str, own: Iterable[Line]) -> tuple[Notice, ...]:
    """Those above are told as the ladder says, unless a charter's own lines say whom it means by that."""
    if topic not in RUNGS or any(line.message == ESCALATED for line in own):
        return ()
    return tuple(notice for notice in CATALOGUE[topic] if notice.message == ESCALATED)


def messages_of(topic: str) -> tuple[str, ...]:
    """The messages that events of a topic can make."""
    return tuple(dict.fromkeys(notice.message for notice in CATALOGUE[topic]))


def offered(topic: str, message: str, *, copied: bool = False) -> tuple[Audience, ...]:
    """In which capacities people may get a message of a topic, or a copy of it.

    What is put to somebody is written to nobody else; nobody gets a copy of what confirms another's act, since it may hold their opinion.
    """
    own = _built_in(topic, message)
    kind = KIND_OF[message]
    if copied:
        return () if kind is Kind.RECEIPTS else tuple(audience for audience in _resolved(topic) if audience not in CHAT)
    if kind in _PUT_TO_THEM:
        return own
    return tuple(dict.fromkeys((*own, *(audience for audience in _resolved(topic) if audience not in CHAT))))


def mandatory(topic: str, message: str) -> tuple[Audience, ...]:
    """To whom a message is written whatever a charter says: what is asked of them, what reminds pilots, what confirms an act or is about them."""
    return tuple(audience for audience in _built_in(topic, message) if _is_mandatory(KIND_OF[message], audience))


def _is_mandatory(kind: Kind, audience: Audience) -> bool:
    if audience in CHAT:
        return False
    return kind in (Kind.ASKED, Kind.RECEIPTS) or audience is Audience.CONCERNED or (kind is Kind.REMINDERS and audience is Audience.LEAD)


def _built_in(topic: str, message: str) -> tuple[Audience, ...]:
    return tuple(notice.audience for notice in CATALOGUE[topic] if notice.message == message)


def _resolved(topic: str) -> tuple[Audience, ...]:
    """The capacities that events of a topic can name."""
    with_body = topic.startswith(_BODY_OF) or topic in _DECIDED
    named = {audience for audience, topics in _NAMED.items() if topic in topics} | _ALWAYS
    return tuple(audience for audience in Audience if audience in named or (audience is Audience.BODY_SECRETARY and with_body))


def capacity_of(because: str) -> tuple[str, bool]:
    """The capacity in which somebody is told, and whether they get a copy."""
    return because.removeprefix(COPY), because.startswith(COPY)
