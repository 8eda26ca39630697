"""The deadlines of a calendar that people subscribe to: those by which its reader has something to do, and how each was computed.

Nothing here comes from opinions: when somebody gave one moves no entry, in a secret ballot no more than in an open one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from models.charter import ActionSheet
from models.events import Topic
from models.tables import CharterVersion, Deadline, Event, Review, table
from notifications.feed import Entry
from notifications.frame import frame_of
from services.charter_store import charter_version
from services.deadline_kinds import Kind
from services.feed_meetings import Reading
from services.former_charters import FormerCharters
from services.in_place import name_of
from services.own_deadlines import Asked, Owner, deadlines_of, open_deadlines
from services.reckonings import Reckoner, gives, in_words
from services.work import Work

_CHARTER, _DEADLINE, _EVENT, _REVIEW = table(CharterVersion), table(Deadline), table(Event), table(Review)
Row = Mapping[Any, Any]


def deadlines_of_person(work: Work, reading: Reading, owner: Owner) -> list[Entry]:
    """The opinions that somebody owes, also in another's place, and what the actions that they lead or proposed wait for from them.

    Also the days on which they will be asked for news.
    """
    return _entries(work, reading, deadlines_of(work, owner, also=(Kind.PROGRESS,)))


def deadlines_of_body(work: Work, reading: Reading, body: str) -> list[Entry]:
    """The reviews of a body, and whatever else waits for it."""
    return _entries(work, reading, list(open_deadlines(work, _DEADLINE.c.body == body)))


def _entries(work: Work, reading: Reading, asked: Sequence[Asked]) -> list[Entry]:
    """Two questions more, however many deadlines there are, and those for earlier charters where they gave a day."""
    actions = {one.due["action_id"] for one in asked}
    reviews = _by_action(work, _REVIEW, actions, _REVIEW.c.id)
    logs = _by_action(work, _EVENT, actions, _EVENT.c.seq, _EVENT.c.topic != Topic.OPINION_RECORDED)
    sheets = {one.due["action_id"]: ActionSheet.model_validate(one.due["sheet"]) for one in asked if "sheet" in one.due}
    former = FormerCharters(work)
    reckoners = {action: Reckoner(work, reviews[action], logs[action], sheets.get(action), former) for action in actions}
    domain = domain_of(work)
    found = []
    for one in asked:
        action = one.due["action_id"]
        named = ".".join(_named(one, reviews[action], work.convention, rehearsal=reading.rehearsal))
        how = in_words(reckoners[action].how(one.due), reading.words)
        found.append(_entry(work, reading, one, uid=f"{named}@{domain}", event=_giver(one.due, logs[action]), how=how))
    return found


def _entry(work: Work, reading: Reading, one: Asked, *, uid: str, event: Row, how: str) -> Entry:
    """A deadline as of the event that gave it."""
    page = f"{reading.portal}/actions/{one.number}"
    code = one.due["body"]
    body = (name_of(work.charter, "bodies", code, reading.words.language) or code) if code else ""
    told = {"body": body, "seats": ", ".join(one.seats), "how": how, "page": page}
    return Entry(
        uid=uid,
        sequence=event["seq"],
        changed_at=event["recorded_at"],
        starts=one.due["due_on"],
        summary=_summary(reading, one),
        description="\n".join(reading.words.say(f"calendar.{name}", **{name: value}) for name, value in told.items() if value),
        page=page,
    )


def _by_action(work: Work, rows: sa.Table, actions: Collection[int], order: sa.Column[Any], *which: Any) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {action: [] for action in actions}
    query = sa.select(rows).where(rows.c.action_id.in_(actions), *which).order_by(order)
    for row in work.connection.execute(query).mappings():
        found[row["action_id"]].append(row)
    return found


def domain_of(work: Work) -> str:
    """What all names of entries end in: by the oldest charter of the convention, so that they stay, whatever address a later one writes from."""
    first = sa.select(sa.func.min(_CHARTER.c.id)).where(_CHARTER.c.convention == work.convention)
    return charter_version(work.connection, work.connection.execute(first).scalar_one()).sender.address.rpartition("@")[2]


def _giver(due: Row, log: Sequence[Row]) -> Row:
    """The last event that may have given the day, the state or the sheet: its place in the log only grows, and its moment stays."""
    giving = gives(due["kind"])
    return [event for event in log if event["topic"] in giving or event["before"] != event["after"] or "sheet_id" in event["payload"]][-1]


def _named(one: Asked, reviews: Iterable[Row], convention: str, *, rehearsal: bool) -> Iterator[str]:
    """By what calendars know a deadline for life: its kind, body, round or number, action and convention; the day is not part of it."""
    kind, body, subject = (one.due[name] for name in ("kind", "body", "subject"))
    if kind == Kind.REVIEW_END:
        subject = max(review["round"] for review in reviews if review["body"] == body)
    parts = ("rehearsal" if rehearsal else None, kind, body, subject, one.number.lower(), convention)
    yield from (str(part) for part in parts if part is not None)


def _summary(reading: Reading, one: Asked) -> str:
    words, what = reading.words, one.what(reading.words)
    return marked(reading, words.say("calendar.deadline", what=what[:1].upper() + what[1:], number=one.number, title=one.title))


def marked(reading: Reading, title: str) -> str:
    """A title that says so where it is only a rehearsal's."""
    return f"[{frame_of(reading.words.language).rehearsal}] {title}" if reading.rehearsal else title
