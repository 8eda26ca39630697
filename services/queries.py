"""Looking things up for people and programs: lists and one action in full. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import ActionSheet
from models.conflicts import read
from models.events import REACTS, Topic
from models.lifecycle import STAGE_OF, State
from models.meetings.rules import away
from models.prepared import Prepared
from models.tables import (
    Action,
    Attachment,
    Conflict,
    Deadline,
    Decision,
    Delivery,
    EarlyOpinion,
    Event,
    Milestone,
    Opinion,
    Person,
    Reaction,
    Report,
    Review,
    Words,
    table,
)
from services.blockers import blockers_of
from services.bootstrap import App
from services.charter_store import the_convention
from services.chases import chases_of
from services.deadline_kinds import FORMER_REMINDER
from services.deliberations import awaited_authorities, deliberations_of
from services.discretion import discreet, hidden_behind, hidden_reviews, tells
from services.holding import proxies_in_file
from services.lookups import find_action
from services.meetings.agenda import meetings_of
from services.news import silences
from services.readers import Reader
from services.reckonings import Reckoner
from services.recusals import recusal, recused_seats
from services.reservations import reservations_of
from services.work import Work, open_work

_ACTION, _EVENT, _REACTION, _PERSON = table(Action), table(Event), table(Reaction), table(Person)
_REVIEW, _OPINION, _DECISION, _REPORT = table(Review), table(Opinion), table(Decision), table(Report)
_MILESTONE, _ATTACHMENT, _DEADLINE = table(Milestone), table(Attachment), table(Deadline)
_DELIVERY, _WORDS, _CONFLICT, _EARLY = table(Delivery), table(Words), table(Conflict), table(EarlyOpinion)
Row = dict[str, Any]
_SAID = ("blocker_id", "reason_id", "late_reason_id", "summary_id", "words_id", "final_results_id", "final_lessons_id", "reference_id")
"""What a line of the log shows of its texts; the sheet has a place of its own."""


def list_actions(app: App, *, state: str | None = None, convention: str | None = None) -> list[Row]:
    """The actions of a convention (of all, if none is named), by number; of those without news for too long, since when."""
    query = sa.select(_ACTION).order_by(_ACTION.c.convention, _ACTION.c.id)
    with app.db.read() as connection:
        if convention is not None:
            query = query.where(_ACTION.c.convention == the_convention(connection, convention))
        if state is not None:
            query = query.where(_ACTION.c.state == state)
        rows = connection.execute(query).mappings().all()
        silent = {code: _silences(open_work(app, connection, code)) for code in {row["convention"] for row in rows}}
        return [_head(row) | silent[row["convention"]].get(row["id"], _NEWS_ENOUGH) for row in rows]


def _silences(work: Work, action_id: int | None = None) -> dict[int, Row]:
    """Of the actions without news, since when and for how many days."""
    found = silences(work.connection, work.convention, work.timezone, action_id=action_id)
    return {known: {"silent_since": one.since, "silent_days": one.days(work.today)} for known, one in found.items()}


def silent_days(app: App, convention: str) -> dict[str, int]:
    """For how many days there has been no news of each action of which there was none for too long, by number."""
    with app.db.read() as connection:
        work = open_work(app, connection, convention)
        found = silences(connection, convention, work.timezone).values()
        return {one.number: one.days(work.today) for one in found}


_NEWS_ENOUGH: Row = {"silent_since": None, "silent_days": None}


def list_events(app: App, *, action: str | None = None, topic: str | None = None, limit: int = 50) -> list[Row]:
    """The newest events of the log, in its order; each with what its stage still owes it. Hidden opinions stay hidden."""
    query = (
        sa.select(_EVENT, _ACTION.c.number.label("action"), _REACTION.c.state.label("reaction"))
        .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
        .order_by(_EVENT.c.position.desc())
        .limit(limit)
    )
    if action is not None:
        query = query.where(_ACTION.c.number == action.strip().upper())
    if topic is not None:
        query = query.where(_EVENT.c.topic == topic)
    with app.db.read() as connection:
        rows = [{**row} for row in connection.execute(query).mappings()]
        hidden = hidden_behind(connection, rows)
    return [_event(row | {"payload": discreet(row["payload"])} if tells(row, hidden) else row) for row in rows[::-1]]


_INNER = frozenset({"action_id", "owed", "hash", "digest", "ahead"})
"""What only the engine goes by."""


def _event(row: Row) -> Row:
    """An event without what only the engine goes by, and how its stage stands to it: pending, done, parked, dropped, or None without one."""
    stage, owed = REACTS[Topic(row["topic"])], row["owed"]
    standing = "pending" if owed else row["reaction"] or ("done" if stage else None)
    return {name: value for name, value in row.items() if name not in _INNER} | {"stage": stage, "reaction": standing}


def list_deliveries(
    app: App, *, convention: str | None = None, state: str | None = None, action: str | None = None, limit: int = 50
) -> list[Row]:
    """The newest deliveries, of a convention or of all, oldest first; persons go by their code."""
    query = (
        sa.select(_DELIVERY, _PERSON.c.code.label("person"), _ACTION.c.number.label("action"))
        .outerjoin(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .outerjoin(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
        .outerjoin(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
        .order_by(_DELIVERY.c.created_at.desc(), _DELIVERY.c.unique_key.desc())
        .limit(limit)
    )
    if convention is not None:
        query = query.where(_DELIVERY.c.convention == convention)
    if state is not None:
        query = query.where(_DELIVERY.c.state == state)
    if action is not None:
        told = sa.select(_EVENT.c.id).join(_ACTION, _ACTION.c.id == _EVENT.c.action_id).where(_ACTION.c.number == action.strip().upper())
        # So that the database begins with the action, and not with all that was ever written.
        query = query.where(_DELIVERY.c.event_id.in_(told))
    with app.db.read() as connection:
        rows = [{**row} for row in connection.execute(query).mappings()]
    for row in rows:
        del row["person_id"]
    return rows[::-1]


def show_action(
    app: App,
    number: str,
    *,
    convention: str | None = None,
    seats: Collection[str] = (),
    reader: Reader | None = None,
    explained: bool = False,
) -> Row:
    """One action in full: its sheet, reviews, conflicts, reservations, blockers, deliberations, meetings, decisions, milestones, reports, files, deadlines and log.

    ``seats``: those of the reader, who sees no opinion of others that is hidden from them; ``reader``: where they are somebody who may not read
    every draft. ``explained``: with how each deadline came about (see
    ``Reckoner``), and how the action was chased (see ``chases_of``). Raises NotFound for an unknown action, with near matches.
    """
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        row = find_action(work, number, reader)
        texts, hidden = _texts(work, row.id), hidden_reviews(connection, row.id, seats)
        reviews, log = _of(work, _REVIEW, row.id, _REVIEW.c.id), _of(work, _EVENT, row.id, _EVENT.c.seq)
        sheet = ActionSheet.model_validate(row.sheet)
        dues = [
            _without(found, "action_id")
            for found in _of(work, _DEADLINE, row.id, _DEADLINE.c.due_on)
            if not found["settled_at"] and found["kind"] != FORMER_REMINDER
        ]
        return {
            **_head(row._asdict()),
            **_silences(work, row.id).get(row.id, _NEWS_ENOUGH),
            "timezone": work.timezone,
            "proposer_seat": row.proposer_seat,
            "sheet": sheet.model_dump(),
            "reviews": [_review(work, review, texts, hidden, seats) for review in reviews],
            "conflicts": [_conflict(found, texts) for found in _of(work, _CONFLICT, row.id, _CONFLICT.c.id)],
            "reservations": reservations_of(connection, row.id),
            "blockers": blockers_of(connection, row.id),
            "deliberations": deliberations_of(connection, row.id),
            "authorities": awaited_authorities(connection, work.charter, row.id, sheet),
            "early": [_with_words(_without(found, "action_id"), texts) for found in _of(work, _EARLY, row.id, _EARLY.c.id)],
            "superseded_by": row.superseded_by,
            "supersedes": _supersedes(work, row.number),
            "meetings": meetings_of(connection, row.id),
            "decisions": [_with_words(_without(found, "action_id"), texts) for found in _of(work, _DECISION, row.id, _DECISION.c.id)],
            "milestones": [_without(found, "action_id") for found in _of(work, _MILESTONE, row.id, _MILESTONE.c.position)],
            "reports": [_with_words(_without(found, "action_id"), texts) for found in _of(work, _REPORT, row.id, _REPORT.c.id)],
            "attachments": [_without(found, "action_id") for found in _of(work, _ATTACHMENT, row.id, _ATTACHMENT.c.id)],
            "deadlines": dues,
            "timeline": [_line(found, texts, hidden, seats) for found in log],
            **(_explained(Reckoner(work, reviews, log, sheet), dues, chases_of(connection, log)) if explained else {}),
        }


def _explained(reckoner: Reckoner, dues: Sequence[Row], chases: Sequence[Row]) -> Row:
    return {"deadlines": [{**due, "how": reckoner.how(due), "ahead": reckoner.ahead(due)} for due in dues], "chases": chases}


def action_id_of(app: App, convention: str, number: str, reader: Reader) -> int:
    """The id of an action. Raises NotFound for one that does not exist or that somebody may not read, with near matches."""
    with app.db.read() as connection:
        found: int = find_action(open_work(app, connection, convention), number, reader).id
    return found


def last_quorum(app: App, event: UUID) -> Sequence[Row]:
    """The quorum of a body in session, with its figures, as the event that noted an attendance has it."""
    with app.db.read() as connection:
        payload = connection.execute(sa.select(_EVENT.c.payload).where(_EVENT.c.id == event)).scalar_one()
    return [dict(check) for check in payload["quorum"]]


def _head(row: Mapping[Any, Any]) -> Row:
    sheet = row["sheet"]
    return {
        "number": row["number"],
        "title": sheet["title"],
        "state": row["state"],
        "stage": STAGE_OF[State(row["state"])],
        "version": row["version"],
        "lead_person": sheet.get("lead_person"),
        "convention": row["convention"],
        "created_at": row["created_at"],
    }


def _of(work: Work, rows: sa.Table, action_id: int, order: sa.Column[Any]) -> list[Row]:
    return [row._asdict() for row in _all_of(rows, order).all(work.connection, action_=action_id)]


@cache
def _all_of(rows: sa.Table, order: sa.Column[Any]) -> Prepared:
    return Prepared(sa.select(rows).where(rows.c.action_id == sa.bindparam("action_")).order_by(order))


def _supersedes(work: Work, number: str) -> list[str]:
    """The actions whose place this one has taken, by number."""
    mine = (_ACTION.c.convention == work.convention) & (_ACTION.c.superseded_by == number)
    return list(work.connection.execute(sa.select(_ACTION.c.number).where(mine).order_by(_ACTION.c.id)).scalars())


def _texts(work: Work, action_id: int) -> dict[UUID, str]:
    query = sa.select(_WORDS.c.id, _WORDS.c.body).where(_WORDS.c.action_id == action_id)
    return {row.id: row.body for row in work.connection.execute(query)}


def _review(work: Work, review: Row, texts: Mapping[UUID, str], hidden: Collection[int], seats: Collection[str]) -> Row:
    """A review with who has answered what, who takes no part and who is awaited.

    Superseded opinions are left out, and those that the reader may not see.
    """
    mine = (_OPINION.c.review_id == review["id"]) & ~_OPINION.c.superseded
    given = work.connection.execute(sa.select(_OPINION).where(mine).order_by(_OPINION.c.seat)).mappings()
    opinions = [_with_words(_without(row, "review_id", "superseded"), texts) for row in given]
    answered = [opinion["seat"] for opinion in opinions]
    concealed, out = review["id"] in hidden, recused_seats(work, recusal(work.connection, review["id"]))
    apart = {*answered, *out, *away(review["attendance"])}
    return {
        **_without(review, "action_id", "convention", "urn"),
        "hidden": concealed,
        "opinions": [opinion for opinion in opinions if not concealed or opinion["seat"] in seats],
        "answered": answered,
        "recused": dict(out),
        "proxies": proxies_in_file(work.connection, review["id"]),
        "awaited": [seat for seat in review["electorate"] if seat not in apart],
    }


def _conflict(row: Row, texts: Mapping[UUID, str]) -> Row:
    """A conflict of interest with its kind and its words; both are None once they are erased."""
    text = texts.get(row["words_id"])
    kind, words = read(text) if text is not None else (None, None)
    return {**_without(row, "action_id", "words_id"), "kind": kind, "words": words}


def _line(event: Row, texts: Mapping[UUID, str], hidden: Collection[int], seats: Collection[str]) -> Row:
    if tells(event, hidden, seats):
        event = event | {"payload": discreet(event["payload"])}
    ids = [UUID(event["payload"][name]) for name in _SAID if name in event["payload"]]
    return {**_without(event, *_INNER, "convention"), "words": [texts[words_id] for words_id in ids if words_id in texts]}


def _with_words(row: Row, texts: Mapping[UUID, str]) -> Row:
    return {**_without(row, "words_id"), "words": texts.get(row["words_id"])}


def _without(row: Mapping[Any, Any], *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
