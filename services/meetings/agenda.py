"""What awaits a body, and the agenda of a meeting: actions and texts, in order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.charter import BodyKind
from models.errors import Problem, Refused
from models.lifecycle import State
from models.meetings import MeetingState
from models.tables import Action, AgendaItem, Decision, Meeting, MeetingWords, Review, table
from services.blockers import blockers_standing
from services.news import silences
from services.work import Work

_ACTION, _DECISION, _REVIEW = table(Action), table(Decision), table(Review)
_ITEM, _MEETING, _WORDS = table(AgendaItem), table(Meeting), table(MeetingWords)
EXAMINED_IN = {BodyKind.TECHNICAL: State.TECHNICAL_REVIEW, BodyKind.STEERING: State.STEERING_REVIEW}
"""The state in which an action waits for each committee."""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """An action that awaits a body. ``why``: its opinion (review), its decision, another meeting (adjourned) after ``follows``, its help (blocked), or a talk (silent).

    ``due_on``: the last day of its open review; ``adjourned_on``: the day of that decision;
    ``charter_id``: under which charter its review was opened. ``silent_since``: the last news of it, where more is wanted;
    ``listed``: whether another meeting has it on its agenda already, or was held since it was last noted to be without news.
    """

    action_id: int
    number: str
    title: str
    why: str
    due_on: date | None = None
    follows: str | None = None
    adjourned_on: date | None = None
    charter_id: int | None = None
    silent_since: date | None = None
    listed: bool = False


def awaiting(work: Work, body: str) -> dict[str, Awaiting]:
    """The actions that await a body, by number: those it examines, those it has to decide on, those it adjourned, those whose pilot asks it for help, and those without news that it follows."""
    found = [*_blocked(work, body), *_reviewed(work, body), *_adjourned(work, body), *_silent(work, body)]
    return {one.number: one for one in sorted(found, key=lambda one: one.number)}


def _reviewed(work: Work, body: str) -> Iterable[Awaiting]:
    """Where the last round of the body is open; of a committee, also where it is closed and the action still waits for it."""
    concerned = work.charter.body(body)
    undecided = EXAMINED_IN.get(concerned.kind) if concerned else None
    rounds = _REVIEW.alias("rounds")
    last = sa.select(sa.func.max(rounds.c.round)).where(rounds.c.action_id == _ACTION.c.id, rounds.c.body == body).scalar_subquery()
    waits = _REVIEW.c.closed_on.is_(None) if undecided is None else _REVIEW.c.closed_on.is_(None) | (_ACTION.c.state == undecided)
    query = (
        sa.select(_ACTION.c.id, _ACTION.c.number, _TITLE, *(_REVIEW.c[name] for name in ("due_on", "closed_on", "charter_id")))
        .join(_REVIEW, _REVIEW.c.action_id == _ACTION.c.id)
        .where(_ACTION.c.convention == work.convention, _REVIEW.c.body == body, _REVIEW.c.round == last, waits)
        .where(_ACTION.c.state.in_(tuple(EXAMINED_IN.values())))
    )
    for row in work.connection.execute(query):
        is_open = row.closed_on is None
        why, due_on = ("review", row.due_on) if is_open else ("decision", None)
        yield Awaiting(row.id, row.number, row.title, why, due_on, charter_id=row.charter_id)


def _adjourned(work: Work, body: str) -> Iterable[Awaiting]:
    """Actions that stand adjourned, by the body's own last decision."""
    query = (
        sa.select(
            _ACTION.c.id,
            _ACTION.c.number,
            _TITLE,
            _DECISION.c.number.label("decision"),
            *(_DECISION.c[name] for name in ("body", "outcome", "decided_on")),
        )
        .join(_DECISION, _DECISION.c.action_id == _ACTION.c.id)
        .where(_ACTION.c.convention == work.convention, _ACTION.c.state == State.ADJOURNED, ~_DECISION.c.superseded)
        .order_by(_DECISION.c.id)
    )
    last = {row.id: row for row in work.connection.execute(query)}
    for row in last.values():
        if (row.body, row.outcome) == (body, "adjourn"):
            yield Awaiting(row.id, row.number, row.title, "adjourned", follows=row.decision, adjourned_on=row.decided_on)


def _blocked(work: Work, body: str) -> Iterable[Awaiting]:
    """Actions in whose way something stands, for which the body is asked to help."""
    found = blockers_standing(work.connection, work.convention, [body])
    raised = {row["action_id"]: row["raised_on"] for row in sorted(found, key=lambda row: row["raised_on"])}
    listed = _listed(work, body, raised) if raised else frozenset()
    for row in found:
        yield Awaiting(row["action_id"], row["action"], row["title"], "blocked", listed=row["action_id"] in listed)


def _silent(work: Work, body: str) -> Iterable[Awaiting]:
    """Actions that have been without news for too long, before the technical committee, which follows them all."""
    if body != work.charter.body_of_kind(BodyKind.TECHNICAL).code:
        return
    found = silences(work.connection, work.convention, work.timezone)
    listed = _listed(work, body, {action_id: one.noted_on for action_id, one in found.items()}) if found else frozenset()
    for action_id, one in found.items():
        yield Awaiting(action_id, one.number, one.title, "silent", silent_since=one.since, listed=action_id in listed)


def _listed(work: Work, body: str, noted: Mapping[int, date]) -> frozenset[int]:
    """Which of these actions are on the agenda of a meeting to come, or of one that was held since they were noted to be without news."""
    query = (
        sa.select(_ITEM.c.action_id, _MEETING.c.state, _MEETING.c.held_on)
        .join(_MEETING, _MEETING.c.id == _ITEM.c.meeting_id)
        .where(_MEETING.c.convention == work.convention, _MEETING.c.body == body, _ITEM.c.action_id.in_(noted))
    )
    return frozenset(
        row.action_id
        for row in work.connection.execute(query)
        if row.state in (MeetingState.CONVENED, MeetingState.OPEN)
        or (row.state == MeetingState.PLANNED and row.held_on >= work.today)
        or (row.state == MeetingState.CLOSED and row.held_on >= noted[row.action_id])
    )


_TITLE = _ACTION.c.sheet["title"].as_string().label("title")
_TALKED_ABOUT = ("silent", "blocked")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of an agenda: an action, or a text (``title`` None where it was erased). ``follows``, ``silent_since``: as in ``AgendaItem``."""

    position: int
    number: str | None
    title: str | None
    action_id: int | None = None
    words_id: Any = None
    follows: str | None = None
    state: str | None = None
    silent_since: date | None = None


def items_of(connection: sa.Connection, meeting_id: int) -> Sequence[Item]:
    """The agenda of a meeting, in order."""
    return items_in(connection, [meeting_id])[meeting_id]


def items_in(connection: sa.Connection, meetings: Collection[int]) -> Mapping[int, Sequence[Item]]:
    """The agendas of several meetings, by their ids: one question."""
    query = (
        sa.select(_ITEM, _ACTION.c.number, _ACTION.c.state, _TITLE, _WORDS.c.body.label("text"))
        .outerjoin(_ACTION, _ACTION.c.id == _ITEM.c.action_id)
        .outerjoin(_WORDS, _WORDS.c.id == _ITEM.c.words_id)
        .where(_ITEM.c.meeting_id.in_(meetings))
        .order_by(_ITEM.c.meeting_id, _ITEM.c.position)
    )
    found: dict[int, list[Item]] = {meeting: [] for meeting in meetings}
    for row in connection.execute(query):
        title = row.title if row.number else row.text
        kept = (row.action_id, row.words_id, row.follows, row.state, row.silent_since)
        found[row.meeting_id].append(Item(row.position, row.number, title, *kept))
    return found


def chosen(work: Work, body: str, numbers: Sequence[str] | None) -> list[Awaiting]:
    """The actions of an agenda: those that are named, in that order, or all that await the body, but for what another meeting has already.

    Refuses others, and one named twice.
    """
    known = awaiting(work, body)
    if numbers is None:
        return [one for one in known.values() if not one.listed]
    strangers = [number for number in dict.fromkeys(numbers) if number not in known]
    twice = [number for number in dict.fromkeys(numbers) if list(numbers).count(number) > 1]
    Refused.unless_empty(_misnamed(strangers, twice, known))
    return [known[number] for number in numbers]


def _misnamed(strangers: Sequence[str], twice: Sequence[str], known: Mapping[str, Awaiting]) -> Iterable[Problem]:
    if strangers:
        yield Problem("agenda_not_awaiting", {"actions": ", ".join(strangers), "awaiting": ", ".join(known) or "-"}, "actions")
    if twice:
        yield Problem("agenda_twice", {"actions": ", ".join(twice)}, "actions")


def examined_in(work: Work, meeting: Any) -> list[str]:
    """The actions whose open review is examined in a meeting, by number."""
    mine = (_REVIEW.c.convention == work.convention) & (_REVIEW.c.body == meeting.body) & _REVIEW.c.closed_on.is_(None)
    query = sa.select(_ACTION.c.number, _REVIEW.c.attendance).join(_REVIEW, _REVIEW.c.action_id == _ACTION.c.id).where(mine)
    rows = work.connection.execute(query.order_by(_ACTION.c.id))
    return [row.number for row in rows if row.attendance and row.attendance["meeting"] == meeting.number]


def undecided(work: Work, meeting: Any, items: Iterable[Item]) -> list[str]:
    """The actions of an agenda that still await the body: those that it adjourned on the day of the meeting, or later, do not.

    Nor do those without news, or that need help: they are talked about, and nothing is decided.
    """
    known = awaiting(work, meeting.body)
    found = ((item.number, known[item.number]) for item in items if item.number in known)
    open_ones = ((number, one) for number, one in found if one.why not in _TALKED_ABOUT)
    return [number for number, one in open_ones if one.adjourned_on is None or one.adjourned_on < meeting.held_on]


def meetings_of(connection: sa.Connection, action_id: int) -> list[Any]:
    """The meetings on whose agenda an action is, the oldest first: number, body, state, held_on, starts_at, follows."""
    query = (
        sa.select(*(_MEETING.c[name] for name in ("number", "body", "state", "held_on", "starts_at")), _ITEM.c.follows)
        .join(_ITEM, _ITEM.c.meeting_id == _MEETING.c.id)
        .where(_ITEM.c.action_id == action_id)
        .order_by(_MEETING.c.held_on, _MEETING.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
