"""Reads what is public of a convention: so many questions, however much there is. What is hidden is not read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet, Charter
from models.events import Topic
from models.lifecycle import State
from models.masking import Mask
from models.meetings import MeetingState
from models.publication import PublicActions, PublicField, Verdicts
from models.review.verdict import Verdict
from models.tables import Action, CharterVersion, Decision, Event, Meeting, Milestone, Person, Report, Review, Seat, table
from services.charter_store import charter_version
from services.former_names import former_names
from services.publication.edition import Content, PublicAction, PublicDecision, PublicMeeting, PublicMilestone, public_part
from services.review_file import figures

_ACTION, _MILESTONE, _REPORT, _EVENT = table(Action), table(Milestone), table(Report), table(Event)
_DECISION, _REVIEW, _MEETING = table(Decision), table(Review), table(Meeting)
_PERSON, _SEAT, _CHARTER = table(Person), table(Seat), table(CharterVersion)
_TEXTS = (PublicField.CONTEXT, PublicField.DESCRIPTION, PublicField.INDICATORS)
_PLAIN = (*_TEXTS, *(PublicField(name) for name in ("axis", "objective", "themes", "sites", "lead_body", "partners")))
_DATED = (PublicField.STARTS_ON, PublicField.ENDS_ON, PublicField.BUDGET_EUROS)
_CONVENED = (MeetingState.CONVENED, MeetingState.OPEN, MeetingState.INQUORATE, MeetingState.CLOSED)
_DONE, _WHOLE = ("completed", "final_report_due", "closed"), 100


def read(connection: sa.Connection, charter: Charter) -> Content:
    """What the charter makes public, as it now stands. Raises LookupError for a charter that makes nothing public."""
    actions = _Actions(connection, charter) if public_part(charter).actions is not None else None
    return Content(
        charter=charter,
        domain=_domain(connection, charter),
        actions=actions.read() if actions else (),
        decisions=tuple(_decisions(connection, charter, actions)) if actions else (),
        meetings=tuple(_meetings(connection, charter)),
        masked=tuple(actions.masked) if actions else (),
    )


def shown(convention: str, rules: PublicActions) -> sa.ColumnElement[bool]:
    """Which actions of a convention everybody may see."""
    found = (_ACTION.c.convention == convention) & _ACTION.c.state.in_(sorted(rules.states())) & _ACTION.c.superseded_by.is_(None)
    if rules.since == "in_progress":  # one may be abandoned before it is begun
        begun = sa.exists().where(_EVENT.c.action_id == _ACTION.c.id, _EVENT.c.after == State.IN_PROGRESS)
        found &= (_ACTION.c.state != State.ABANDONED) | begun
    return found & _ACTION.c.number.not_in(rules.withheld) if rules.withheld else found


@dataclass
class _Actions:
    """Reads the public actions of a convention; ``masked`` then says where persons were hidden."""

    connection: sa.Connection
    charter: Charter
    masked: list[tuple[str, str]] = field(default_factory=list)
    titles: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = public_part(self.charter).actions
        if rules is None:
            message = "no action of this convention is public"
            raise LookupError(message)
        self.rules = rules
        self.shown = shown(self.charter.convention.code, rules)

    def read(self) -> tuple[PublicAction, ...]:
        """Every public action, by number."""
        mask, news = _mask(self.connection, self.charter.convention.code), self._news()
        percents, milestones = self._percents(), self._milestones()
        query = sa.select(*(_ACTION.c[name] for name in ("id", "number", "state", "sheet"))).where(self.shown)
        found = []
        for row in self.connection.execute(query.order_by(_ACTION.c.id)).all():
            hide = self._hiding(mask, row.number)
            steps = tuple(
                PublicMilestone(step.position, hide("milestones", step.title), step.due_on, step.reached_on) for step in milestones[row.id]
            )
            action = PublicAction(
                row.number,
                state=row.state,
                milestones=steps,
                **self._sheet(ActionSheet.model_validate(row.sheet), hide),
                **self._progress(row.state, percents.get(row.id, {})),
                **news.get(row.id, {}),
            )
            self.titles[row.id] = action.title
            found.append(action)
        return tuple(found)

    def _sheet(self, sheet: ActionSheet, hide: "Callable[[str, str], str]") -> dict[str, Any]:
        values = {name.value: getattr(sheet, name) for name in (*_PLAIN, *_DATED) if self.rules.shows(name)}
        texts = {name.value: hide(name, values[name]) for name in _TEXTS if values.get(name)}
        return {**values, **texts, "title": hide("title", sheet.title)}

    def _hiding(self, mask: Mask, number: str) -> "Callable[[str, str], str]":
        def hide(name: str, text: str) -> str:
            hidden = mask.hide(text)
            if hidden != text:
                self.masked.append((number, name))
            return hidden

        return hide

    def _progress(self, state: str, reported: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**reported, "percent": _WHOLE} if state in _DONE and self.rules.shows(PublicField.PROGRESS) else reported

    def _percents(self) -> dict[int, dict[str, Any]]:
        """What was reported last of each action."""
        if not self.rules.shows(PublicField.PROGRESS):
            return {}
        mine = self.shown & ~_REPORT.c.superseded & _REPORT.c.percent.is_not(None)
        query = sa.select(_REPORT.c.action_id, _REPORT.c.percent, _REPORT.c.reported_on).join(_ACTION, _ACTION.c.id == _REPORT.c.action_id)
        rows = self.connection.execute(query.where(mine).order_by(_REPORT.c.id))
        return {row.action_id: {"percent": row.percent, "percent_on": row.reported_on} for row in rows}

    def _milestones(self) -> Mapping[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        if self.rules.shows(PublicField.MILESTONES):
            query = sa.select(_MILESTONE).join(_ACTION, _ACTION.c.id == _MILESTONE.c.action_id).where(self.shown)
            for row in self.connection.execute(query.order_by(_MILESTONE.c.action_id, _MILESTONE.c.position)).all():
                found[row.action_id].append(row)
        return found

    def _news(self) -> dict[int, dict[str, Any]]:
        """When each action first reached a state that is shown, and when its state or its progress last changed."""
        reached = (_EVENT.c.before.is_(None) | (_EVENT.c.before != _EVENT.c.after)) & _EVENT.c.after.in_(sorted(self.rules.states()))
        told = reached | (_EVENT.c.topic == Topic.PROGRESS_REPORTED) if self.rules.shows(PublicField.PROGRESS) else reached
        query = (
            sa.select(
                _EVENT.c.action_id,
                sa.func.min(sa.case((reached, _EVENT.c.recorded_at)), type_=_EVENT.c.recorded_at.type).label("shown_at"),
                sa.func.max(_EVENT.c.recorded_at, type_=_EVENT.c.recorded_at.type).label("changed_at"),
                sa.func.max(_EVENT.c.occurred_on, type_=_EVENT.c.occurred_on.type).label("changed_on"),
            )
            .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
            .where(self.shown, told)
            .group_by(_EVENT.c.action_id)
        )
        rows = self.connection.execute(query).mappings()
        return {row["action_id"]: {name: row[name] for name in ("shown_at", "changed_at", "changed_on")} for row in rows}


def _mask(connection: sa.Connection, convention: str) -> Mask:
    people = connection.execute(sa.select(_PERSON.c.name, _PERSON.c.code).where(_PERSON.c.convention == convention)).all()
    seats = connection.execute(sa.select(_SEAT.c.code).where(_SEAT.c.convention == convention)).scalars()
    return Mask([row.name for row in people], [*(row.code for row in people), *seats], former_names(connection, convention))


def _decisions(connection: sa.Connection, charter: Charter, actions: _Actions) -> Iterable[PublicDecision]:
    """The decisions that stand on public actions, newest first. Their grounds and references are words of people, and are not read."""
    rules = public_part(charter).decisions
    if rules is None:
        return
    query = (
        sa.select(
            *(_DECISION.c[name] for name in ("number", "revision", "body", "outcome", "decided_on", "action_id")),
            _EVENT.c.recorded_at,
            _ACTION.c.number.label("action"),
            *(_REVIEW.c[name] for name in ("verdict", "closed_on", "charter_id")),
        )
        .join(_ACTION, _ACTION.c.id == _DECISION.c.action_id)
        .join(_EVENT, _EVENT.c.id == _DECISION.c.event_id)
        .outerjoin(_REVIEW, _REVIEW.c.id == _DECISION.c.review_id)
        .where(actions.shown, ~_DECISION.c.superseded, _DECISION.c.body.in_(rules.bodies))
        .order_by(_DECISION.c.decided_on.desc(), _DECISION.c.body, sa.func.length(_DECISION.c.number).desc(), _DECISION.c.number.desc())
    )
    known: dict[int | None, Charter] = {None: charter}
    for row in connection.execute(query).all():
        if rules.verdicts is Verdicts.TALLIES and row.charter_id not in known:
            known[row.charter_id] = charter_version(connection, row.charter_id)
        yield PublicDecision(
            **{name: getattr(row, name) for name in ("number", "revision", "body", "action", "outcome", "decided_on", "recorded_at")},
            title=actions.titles[row.action_id],
            **_verdict(known, row, rules.verdicts),
        )


def _verdict(known: Mapping[int | None, Charter], row: Any, told: Verdicts) -> dict[str, Any]:
    """The verdict behind a decision, as far as the charter tells it; its rules are those of the charter under which its body was asked."""
    if told is Verdicts.NONE or not row.verdict or row.closed_on is None:
        return {}
    result = {"result": row.verdict["result"]}
    body = known[row.charter_id].body(row.body) if told is Verdicts.TALLIES else None
    if body is None or body.rules is None:
        return result
    counted, silence = figures(Verdict.of(row.verdict), body.rules), body.rules.silence
    return {**result, "file": {"figures": counted, "closed_on": row.closed_on, "rules": {"silence": silence}}}


def _meetings(connection: sa.Connection, charter: Charter) -> Iterable[PublicMeeting]:
    bodies = public_part(charter).meetings
    if not bodies:
        return
    mine = (_MEETING.c.convention == charter.convention.code) & _MEETING.c.body.in_(bodies) & _MEETING.c.state.in_(_CONVENED)
    query = sa.select(*(_MEETING.c[name] for name in ("number", "body", "state", "held_on", "starts_at"))).where(mine)
    for row in connection.execute(query.order_by(_MEETING.c.held_on.desc(), _MEETING.c.starts_at.desc(), _MEETING.c.number)):
        yield PublicMeeting(**row._asdict())


def _domain(connection: sa.Connection, charter: Charter) -> str:
    """The domain of the convention's first charter: what names are made of stays, whatever address a later one writes from."""
    first = sa.select(sa.func.min(_CHARTER.c.id)).where(_CHARTER.c.convention == charter.convention.code)
    return charter_version(connection, connection.execute(first).scalar_one()).sender.address.rpartition("@")[2]
