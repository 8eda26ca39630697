"""What a forecast may assume, as people type it: ``SUBJECT:ACT[:DETAIL]=WHEN``, such as ``A-2026-001:opinion:COTECH-04=2027-03-04``. Pure.

SUBJECT is an action, a meeting or a person. WHEN is a day (2027-03-04 or 4/3/2027), a number of days after the day that is due now (+5, +5j or +5d)
(of progress: the last day to answer the request that is open, or else the next one) or, for an absence, its first and last day
(2027-02-01..2027-02-15). Acts go by their code, or by the names that the caller offers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from models.contradictions import nearest
from models.errors import Refused
from models.folding import folded

EXAMPLE = "A-2026-001:opinion:COTECH-04=2027-03-04"
_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")
_LATER = re.compile(r"\+(?P<days>\d{1,4})\s*[jd]?")


class Act(StrEnum):
    """What may be assumed to happen, or to be moved."""

    OPINION = "opinion"
    PROGRESS = "progress"
    REACHED = "reached"
    FINAL_REPORT = "final-report"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    COMPLETE = "complete"
    ABANDON = "abandon"
    WITHDRAW = "withdraw"
    REFER = "refer"
    ADJOURN = "adjourn"
    APPROVE = "approve"
    REJECT = "reject"
    LIFT = "lift"
    REVIEW_END = "review-end"
    MILESTONE = "milestone"
    MEETING_DAY = "day"
    ABSENT = "absent"


class About(StrEnum):
    """What an act is about."""

    ACTION = "action"
    MEETING = "meeting"
    PERSON = "person"


class Shape(NamedTuple):
    """How an act is typed: what it is about, its details in their order (those led by ``?`` may be left out), and whether a day that is due is known.

    ``moves``: it settles another day at once; other acts are carried out on their day.
    """

    about: About = About.ACTION
    details: tuple[str, ...] = ()
    due: bool = False
    moves: bool = False

    @property
    def least(self) -> int:
        """How many details must be given."""
        return sum(not detail.startswith("?") for detail in self.details)


SHAPES: Mapping[Act, Shape] = MappingProxyType(
    {
        Act.OPINION: Shape(details=("seat", "?opinion"), due=True),
        Act.PROGRESS: Shape(details=("?percent",), due=True),
        Act.REACHED: Shape(details=("position",), due=True),
        Act.FINAL_REPORT: Shape(due=True),
        Act.START: Shape(),
        Act.SUSPEND: Shape(),
        Act.RESUME: Shape(),
        Act.COMPLETE: Shape(),
        Act.ABANDON: Shape(),
        Act.WITHDRAW: Shape(),
        Act.REFER: Shape(),
        Act.ADJOURN: Shape(),
        Act.APPROVE: Shape(),
        Act.REJECT: Shape(),
        Act.LIFT: Shape(details=("reservation",), due=True),
        Act.REVIEW_END: Shape(details=("body",), due=True, moves=True),
        Act.MILESTONE: Shape(details=("position",), due=True, moves=True),
        Act.MEETING_DAY: Shape(About.MEETING, due=True, moves=True),
        Act.ABSENT: Shape(About.PERSON, details=("?deputy",), moves=True),
    }
)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One assumption: ``day`` (of an absence the first, with ``last``), or ``later``: days after the day that is due now."""

    typed: str
    subject: str
    act: Act
    details: tuple[str, ...] = ()
    day: date | None = None
    last: date | None = None
    later: int | None = None

    @property
    def shape(self) -> Shape:
        """How its act is typed."""
        return SHAPES[self.act]

    def detail(self, position: int) -> str | None:
        """A detail by its place, None if it was left out."""
        return self.details[position] if position < len(self.details) else None


def read_assumption(typed: str, names: Mapping[str, Act]) -> Assumption:
    """Read an assumption; ``names``: what acts are called besides their codes, in small letters without accents. Raises Refused, saying how to mend it."""
    left, equals, when = (part.strip() for part in typed.partition("="))
    subject, *rest = (part.strip() for part in left.split(":"))
    if not equals or not subject or not rest or not when:
        raise Refused.because("assume.shape", given=typed, example=EXAMPLE)
    act = _act(typed, rest[0], names)
    details = tuple(rest[1:])
    _check_details(typed, act, details)
    read = _period if act is Act.ABSENT else _when
    return Assumption(typed, subject.upper() if SHAPES[act].about is not About.PERSON else subject, act, details, *read(typed, act, when))


def _act(typed: str, given: str, names: Mapping[str, Act]) -> Act:
    known = {**names, **{act.value: act for act in Act}}
    found = known.get(folded(given).replace(" ", "-").replace("'", "-"))
    if found is None:
        raise Refused.because("assume.act", typed, given=given, known=nearest(folded(given), known))
    return found


def _check_details(typed: str, act: Act, details: tuple[str, ...]) -> None:
    shape = SHAPES[act]
    if not shape.least <= len(details) <= len(shape.details) or "" in details:
        raise Refused.because(f"assume.details.{act.value}", typed)


def _when(typed: str, act: Act, when: str) -> tuple[date | None, None, int | None]:
    later = _LATER.fullmatch(when)
    if later is None:
        return _day(typed, when), None, None
    if not SHAPES[act].due:
        raise Refused.because("assume.not_due", typed)
    return None, None, int(later["days"])


def _period(typed: str, _act: Act, when: str) -> tuple[date, date, None]:
    first, dots, last = when.partition("..")
    if not dots:
        raise Refused.because("assume.period", typed, given=when)
    begins, ends = _day(typed, first.strip()), _day(typed, last.strip())
    if ends < begins:
        raise Refused.because("assume.backwards", typed, day=begins.isoformat(), until=ends.isoformat())
    return begins, ends, None


def _day(typed: str, text: str) -> date:
    found = read_day(text)
    if found is None:
        raise Refused.because("assume.day", typed, given=text)
    return found


def read_day(text: str) -> date | None:
    """A day as people type it, 2027-03-04 or 4/3/2027; None if it is none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*(int(found[one] or found[other]) for one, other in (("year", "y"), ("month", "m"), ("day", "d"))))
    except ValueError:
        return None
