"""The open deadlines that are somebody's own: the opinions that they owe, and what the actions that they lead or proposed wait for from them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.tables import LEAD_OF, Action, Deadline, Milestone, table
from notifications.catalogue import CATALOGUE, Audience
from services.deadline_kinds import FORMER_REMINDER, LIVE_IN, NATURE, Kind, topics_of
from services.owing import answering_for, owed_by, owed_by_each
from services.visitors import SeatHeld
from services.wording import Wording
from services.work import Work

_ACTION, _DEADLINE, _MILESTONE = table(Action), table(Deadline), table(Milestone)
_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
Row = Mapping[Any, Any]


def _owned_by(audience: Audience) -> tuple[str, ...]:
    """The kinds of deadlines that people in this capacity have to meet: those who are chased for them."""
    chased = {kind: {notice.audience for topic in topics_of(nature) for notice in CATALOGUE[topic]} for kind, nature in NATURE.items()}
    return tuple(kind for kind, audiences in chased.items() if audience in audiences)


_OF_LEAD, _OF_PROPOSER = _owned_by(Audience.LEAD), _owned_by(Audience.PROPOSER)

_LIVE = sorted({state for kind in _OF_PROPOSER for state in LIVE_IN[Kind(kind)]})
"""The states in which an action waits for its proposer: they lead to its few rows by an index, however many somebody proposed."""


class Owner(NamedTuple):
    """A person of a convention with their code, and their seats of today."""

    person_id: int
    convention: str
    code: str
    seats: Sequence[SeatHeld]


class Asked(NamedTuple):
    """A deadline of an action. ``milestone``: the title of the milestone that it is; ``seats``: those whose opinion is asked of the reader."""

    due: Row
    number: str
    title: str
    milestone: str | None = None
    seats: Sequence[str] = ()

    @property
    def due_on(self) -> date:
        """Its last day."""
        day: date = self.due["due_on"]
        return day

    @property
    def named(self) -> str:
        """By what it is known among those of its action, whatever its day: its kind, body, round or number."""
        return ".".join(str(self.due[part]) for part in ("kind", "body", "subject") if self.due[part] is not None)

    def what(self, words: Wording, *, set_in: Callable[[str], str] = str) -> str:
        """What is to be done, in words. ``set_in``: the typography of our own words; what people wrote stays as it is."""
        what = set_in(words.say("calendar.opinion") if self.seats else words.label("deadline", self.due["kind"]))
        return words.say("calendar.milestone", what=what, title=self.milestone) if self.milestone else what


def deadlines_of(work: Work, owner: Owner, *, also: Sequence[str] = ()) -> list[Asked]:
    """Those of one person, opinions first. ``also``: kinds of their actions to be named with them, although nobody has to meet them."""
    seats = answering_for(work.connection, owner, work.today)
    led = _of_actions(work, [owner], sa.true(), also)
    return [*map(_opinion, owed_by(work, owner, seats)), *(one for _, one in led)]


def deadlines_of_each(work: Work, owners: Sequence[Owner], until: date) -> Mapping[int, list[Asked]]:
    """Those of several persons up to a day, by who they are: the same few questions, however many they are."""
    found: dict[int, list[Asked]] = {owner.person_id: [] for owner in owners}
    for person_id, rows in owed_by_each(work, owners, until).items():
        found[person_id] += map(_opinion, rows)
    for person_id, one in _of_actions(work, owners, _DEADLINE.c.due_on <= until):
        found[person_id].append(one)
    return found


def open_deadlines(work: Work, which: sa.ColumnElement[bool]) -> Iterator[Asked]:
    """The deadlines of actions that are not settled; of each, the sheet and the state of its action, who leads and who proposed it."""
    its = (_MILESTONE.c.action_id == _DEADLINE.c.action_id) & (_MILESTONE.c.position == _DEADLINE.c.subject)
    query = (
        sa.select(_DEADLINE, _ACTION.c.number, _ACTION.c.sheet, _TITLE, _MILESTONE.c.title.label("milestone"))
        .add_columns(_lead(work).label("lead"), _ACTION.c.proposer_seat, _ACTION.c.state)
        .join(_ACTION, _ACTION.c.id == _DEADLINE.c.action_id)
        .outerjoin(_MILESTONE, its & (_DEADLINE.c.kind == Kind.MILESTONE))
        .where(_DEADLINE.c.convention == work.convention, _DEADLINE.c.settled_at.is_(None), _DEADLINE.c.kind != FORMER_REMINDER, which)
    )
    for row in work.connection.execute(query).mappings():
        yield Asked(row, row["number"], row["title"], row["milestone"])


def _opinion(review: Row) -> Asked:
    """The end of an open review in which somebody has to answer."""
    due = {"kind": Kind.REVIEW_END, "subject": review["round"], **{name: review[name] for name in ("action_id", "body", "due_on")}}
    return Asked(due, review["number"], review["title"], seats=review["seats"])


def _of_actions(
    work: Work, owners: Iterable[Owner], which: sa.ColumnElement[bool], also: Collection[str] = ()
) -> Iterator[tuple[int, Asked]]:
    """What actions wait for, each with the person who leads it or proposed it."""
    kinds = {*_OF_LEAD, *also}
    leads = {owner.code: owner.person_id for owner in owners}
    proposers = {seat.code: owner.person_id for owner in owners for seat in owner.seats}
    of_leads, of_proposers = _lead(work).in_(leads), _ACTION.c.state.in_(_LIVE) & _ACTION.c.proposer_seat.in_(proposers)
    here = sa.select(_ACTION.c.id).where(_ACTION.c.convention == work.convention)
    theirs = _DEADLINE.c.action_id.in_(sa.union_all(here.where(of_leads), here.where(of_proposers)))
    asked = (of_leads & _DEADLINE.c.kind.in_(kinds)) | (of_proposers & _DEADLINE.c.kind.in_(_OF_PROPOSER))
    for one in open_deadlines(work, theirs & which & asked):
        whose = {leads.get(one.due["lead"])} if one.due["kind"] in kinds else set()
        whose |= {proposers.get(one.due["proposer_seat"])} if one.due["kind"] in _OF_PROPOSER else set()
        yield from ((person_id, one) for person_id in whose if person_id is not None)


def _lead(work: Work) -> sa.ColumnElement[str]:
    """To the letter as in the index."""
    return sa.literal_column(LEAD_OF[work.connection.dialect.name], sa.String)
