"""From an event to the people who are told: one delivery per person and channel, written in the reaction's own transaction."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from models.events import Topic
from models.prepared import Prepared
from models.tables import Action, Delivery, Fanout, Person, table
from models.telling.reasons import Reason
from notifications.catalogue import CATALOGUE, CHASED_NO_MORE, COPY, ESCALATED, LEVELS, RUNGS, Audience, Notice
from notifications.channels import MAIL
from notifications.kinds import GATHERED, KIND_OF, Kind
from notifications.recipients import notices_of
from services.above import levels_told, standing_in_above
from services.audiences import AUDIENCES, NEEDS, Row, is_owned, persons_of_seats
from services.links import LEADS_TO
from services.planning import in_own_rooms, put_off
from services.work import Work, upsert_into

_ACTION, _DELIVERY, _FANOUT, _PERSON = table(Action), table(Delivery), table(Fanout), table(Person)
GATHERING = timedelta(minutes=2)
"""How long a message waits at most for others that fall due with it."""
READY, SUPPRESSED = "ready", "suppressed"
"""The state of a delivery that may leave, and of one that says why somebody is not written to."""


class Noticed(NamedTuple):
    """How many deliveries are new and may leave, and the capacities in which nobody was found to tell."""

    new: int = 0
    unowned: tuple[str, ...] = ()


def write_notices(work: Work, event: Row) -> Noticed:
    """Write the deliveries that an event calls for, how many they are, and in which capacities nobody was found.

    Whoever is spared a message has a row that says why: they did it themselves, or read it in a mail to the same address.
    """
    if not CATALOGUE[event["topic"]]:
        return Noticed()
    by_key, unowned = _rows_of(work, event)
    rows = list(by_key.values())
    rows += in_own_rooms(work, rows)
    put_off(work, rows, event["action_id"])
    fold_by_address(work, rows)
    gather(work, rows)
    _count(work, event, len(rows), unowned)
    return Noticed(write_deliveries(work, rows), tuple(unowned))


def notices_for(work: Work, event: Row, action: Row) -> Iterable[Notice]:
    """Who is told what of an event by the charter in force, but for messages that have no object."""
    found = notices_of(event["topic"], work.charter.telling.recipients)
    to = levels_told(work, event, action) if event["topic"] in RUNGS else None
    return [notice for notice in found if (notice.needs is None or NEEDS[notice.needs](work, event)) and _is_told(notice, to)]


def _is_told(notice: Notice, to: Collection[str] | None) -> bool:
    """Whether a rung that goes to these levels (None: no rung) is told to those of a notice; a capacity that a charter adds stands with the owners."""
    if to is None or notice.copy:
        return True
    if notice.audience is Audience.BODY_STAND_IN:
        return any(level != LEVELS[Audience.LEAD] for level in to)
    return LEVELS.get(notice.audience, LEVELS[Audience.LEAD]) in to


def addressees(work: Work, notice: Notice, event: Row, action: Row) -> Iterable[tuple[str, int | None]]:
    """The channels of a notice, and the person on each of them, if it is one's own."""
    if notice.audience is Audience.BODY_CHANNEL:
        body = work.charter.body(event["body"] or "")
        return [(body.channel, None)] if body is not None and body.channel else []
    if notice.audience is Audience.BODY_STAND_IN:
        return [(MAIL, person_id) for person_id in standing_in_above(work, event, action)]
    return [(MAIL, person_id) for person_id in AUDIENCES[notice.audience](work, event, action)]


def acted_on(work: Work, event: Row) -> Row:
    """The action of an event."""
    row: Row = _ACTED_ON.first(work.connection, action_=event["action_id"])._asdict()
    return row


_ACTED_ON = Prepared(sa.select(_ACTION).where(_ACTION.c.id == sa.bindparam("action_")))


def write_deliveries(work: Work, rows: Iterable[dict[str, Any]]) -> int:
    """Insert deliveries; one whose key exists already is left as it is. Returns how many are new and may leave."""
    values = list(rows)
    if not values:
        return 0
    if work.connection.dialect.name == "sqlite":
        return sum(_WRITE.scalar(work.connection, **row) not in (None, SUPPRESSED) for row in values)
    statement = upsert_into(work.connection, _DELIVERY).on_conflict_do_nothing(index_elements=["unique_key"])
    states = work.connection.execute(statement.returning(_DELIVERY.c.state), values).scalars()
    return sum(state != SUPPRESSED for state in states)


_WRITTEN = (
    *("id", "convention", "unique_key", "event_id", "stage", "message", "because", "person_id", "channel", "details", "state", "attempts"),
    *("created_at", "not_before", "settled_at", "reason", "folded_into"),
)
_WRITE = Prepared(sqlite.insert(_DELIVERY).on_conflict_do_nothing(index_elements=["unique_key"]).returning(_DELIVERY.c.state), *_WRITTEN)
"""One row at a time: where no network lies between, that is quicker than to spell out a statement for them all."""


def new_delivery(work: Work, **told: Any) -> dict[str, Any]:
    """The row of a delivery that may leave at once. ``told``: what it is about, for whom, by which way; its own id unless one is given."""
    moments = {"created_at": work.wall, "not_before": work.wall, "settled_at": None}
    fixed = {"convention": work.convention, "details": {}, "state": READY, "attempts": 0, "reason": None, "folded_into": None}
    return {"id": work.ids(), **fixed, **moments, **told}


def suppress(work: Work, row: dict[str, Any], reason: Reason, folded_into: Any = None) -> None:
    """Let a row that is about to be written say why nothing leaves."""
    row |= {"state": SUPPRESSED, "reason": reason, "folded_into": folded_into, "settled_at": work.wall}


def fold_by_address(work: Work, rows: Iterable[dict[str, Any]]) -> None:
    """Let persons who share an address read a message once, as the first of them; what asks something of each of them is still put to each."""
    mails = [row for row in rows if row["state"] == READY and row["channel"] == MAIL and not _is_personal(row)]
    if len(mails) < 2:  # noqa: PLR2004  # nobody to share an address with
        return
    query = sa.select(_PERSON.c.id, _PERSON.c.email).where(_PERSON.c.id.in_([row["person_id"] for row in mails]))
    addresses = dict(work.connection.execute(query).tuples().all())
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in mails:
        kept = first.setdefault((row["message"], addresses[row["person_id"]].casefold()), row)
        if kept is not row:
            suppress(work, row, Reason.SAME_ADDRESS, kept["id"])


def gather(work: Work, rows: Iterable[dict[str, Any]]) -> None:
    """Hold what deadlines ask of people until their stage has done with all that falls at the same moment: it may be said in one message.

    Where the stage never comes to that, it leaves by itself when its time is over.
    """
    for row in rows:
        if row["message"] in GATHERED and row["state"] == READY and row["person_id"] is not None:
            row |= {"state": "held", "reason": Reason.GATHERED, "not_before": work.now + GATHERING}


def _is_personal(row: Row) -> bool:
    """Whether a message holds the reader's own link, or confirms their own act."""
    copied = row["because"].startswith(COPY)
    return not copied and (row["message"] in LEADS_TO or KIND_OF[row["message"]] is Kind.RECEIPTS)


def _rows_of(work: Work, event: Row) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The deliveries by their keys, and the capacities that nobody has. Somebody reached in several capacities is told once, in the first of them."""
    action, actor = acted_on(work, event), persons_of_seats(work, [event["actor"]])
    rows: dict[str, dict[str, Any]] = {}
    unowned: list[str] = []
    for notice in notices_for(work, event, action):
        whom = list(addressees(work, notice, event, action))
        if not whom and is_owned(notice.audience, event):
            unowned.append(notice.audience.value)
        for channel, person_id in whom:
            key = f"{event['id']}:{notice.message}:{person_id or channel}"
            told = _goes_without_saying(notice, event) and any(row["person_id"] == person_id for row in rows.values())
            if key not in rows and not told:
                rows[key] = _row(work, notice, event, unique_key=key, channel=channel, person_id=person_id)
                if person_id in actor and KIND_OF[notice.message] is not Kind.RECEIPTS:
                    suppress(work, rows[key], Reason.OWN_ACT)
    return rows, list(dict.fromkeys(unowned))


def _goes_without_saying(notice: Notice, event: Row) -> bool:
    """Whether a message says nothing to whoever has another about the same event."""
    return notice.message == ESCALATED or (notice.message == CHASED_NO_MORE and event["topic"] == Topic.REVIEW_CLOSED)


def _row(work: Work, notice: Notice, event: Row, *, unique_key: str, channel: str, person_id: int | None) -> dict[str, Any]:
    told = {"event_id": event["id"], "stage": event["stage"], "message": notice.message, "because": notice.because}
    return new_delivery(work, **told, unique_key=unique_key, channel=channel, person_id=person_id)


def _count(work: Work, event: Row, expected: int, unowned: list[str]) -> None:
    """Note how many deliveries the event called for, by which charter, and who could not be found."""
    told = {"event_id": event["id"], "convention": work.convention, "charter_id": work.charter_id, "unowned": unowned}
    _counting(work.connection).run(work.connection, **told, expected=expected, resolved_at=work.wall)


_COUNTING: dict[str, Prepared] = {}


def _counting(connection: sa.Connection) -> Prepared:
    name = connection.dialect.name
    if name not in _COUNTING:
        once = upsert_into(connection, _FANOUT).on_conflict_do_nothing(index_elements=["event_id"])
        _COUNTING[name] = Prepared(once, *_FANOUT.columns.keys())
    return _COUNTING[name]
