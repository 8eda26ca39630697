"""From an event to the people who are told: one delivery per person and channel, written in the reaction's own transaction."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Action, Delivery, Fanout, Person, table
from models.telling.reasons import Reason
from notifications.catalogue import CATALOGUE, COPY, Audience, Notice
from notifications.channels import MAIL
from notifications.kinds import KIND_OF, Kind
from notifications.recipients import notices_of
from services.audiences import AUDIENCES, NEEDS, Row, persons_of_seats
from services.links import LEADS_TO
from services.planning import in_own_rooms, put_off
from services.work import Work, upsert_into

_ACTION, _DELIVERY, _FANOUT, _PERSON = table(Action), table(Delivery), table(Fanout), table(Person)
READY, SUPPRESSED = "ready", "suppressed"
"""The state of a delivery that may leave, and of one that says why somebody is not written to."""


def write_notices(work: Work, event: Row) -> int:
    """Write the deliveries that an event calls for, and how many they are; returns how many are new and may leave.

    Whoever is spared a message has a row that says why: they did it themselves, or read it in a mail to the same address.
    """
    if not CATALOGUE[event["topic"]]:
        return 0
    rows = list(_rows_of(work, event).values())
    rows += in_own_rooms(work, rows)
    put_off(work, rows, event["action_id"])
    fold_by_address(work, rows)
    _count(work, event, len(rows))
    return write_deliveries(work, rows)


def notices_for(work: Work, event: Row) -> Iterable[Notice]:
    """Who is told what of an event by the charter in force, but for messages that have no object."""
    found = notices_of(event["topic"], work.charter.telling.recipients)
    return [notice for notice in found if notice.needs is None or NEEDS[notice.needs](work, event)]


def addressees(work: Work, notice: Notice, event: Row, action: Row) -> Iterable[tuple[str, int | None]]:
    """The channels of a notice, and the person on each of them, if it is one's own."""
    if notice.audience is Audience.BODY_CHANNEL:
        body = work.charter.body(event["body"] or "")
        return [(body.channel, None)] if body is not None and body.channel else []
    return [(MAIL, person_id) for person_id in AUDIENCES[notice.audience](work, event, action)]


def acted_on(work: Work, event: Row) -> Row:
    """The action of an event."""
    return work.connection.execute(sa.select(_ACTION).where(_ACTION.c.id == event["action_id"])).mappings().one()


def write_deliveries(work: Work, rows: Iterable[dict[str, Any]]) -> int:
    """Insert deliveries; one whose key exists already is left as it is. Returns how many are new and may leave."""
    values = list(rows)
    if not values:
        return 0
    statement = upsert_into(work.connection, _DELIVERY).on_conflict_do_nothing(index_elements=["unique_key"])
    states = work.connection.execute(statement.returning(_DELIVERY.c.state), values).scalars()
    return sum(state != SUPPRESSED for state in states)


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


def _is_personal(row: Row) -> bool:
    """Whether a message holds the reader's own link, or confirms their own act."""
    copied = row["because"].startswith(COPY)
    return not copied and (row["message"] in LEADS_TO or KIND_OF[row["message"]] is Kind.RECEIPTS)


def _rows_of(work: Work, event: Row) -> dict[str, dict[str, Any]]:
    """The deliveries by their keys. Somebody reached in several capacities is told once, in the first of them."""
    action, actor = acted_on(work, event), persons_of_seats(work, [event["actor"]])
    rows: dict[str, dict[str, Any]] = {}
    for notice in notices_for(work, event):
        for channel, person_id in addressees(work, notice, event, action):
            key = f"{event['id']}:{notice.message}:{person_id or channel}"
            if key not in rows:
                rows[key] = _row(work, notice, event, unique_key=key, channel=channel, person_id=person_id)
                if person_id in actor and KIND_OF[notice.message] is not Kind.RECEIPTS:
                    suppress(work, rows[key], Reason.OWN_ACT)
    return rows


def _row(work: Work, notice: Notice, event: Row, *, unique_key: str, channel: str, person_id: int | None) -> dict[str, Any]:
    told = {"event_id": event["id"], "stage": event["stage"], "message": notice.message, "because": notice.because}
    return new_delivery(work, **told, unique_key=unique_key, channel=channel, person_id=person_id)


def _count(work: Work, event: Row, expected: int) -> None:
    """Note how many deliveries the event called for, and by which charter."""
    told = {"event_id": event["id"], "convention": work.convention, "charter_id": work.charter_id}
    _counting(work.connection).run(work.connection, **told, expected=expected, resolved_at=work.wall)


_COUNTING: dict[str, Prepared] = {}


def _counting(connection: sa.Connection) -> Prepared:
    name = connection.dialect.name
    if name not in _COUNTING:
        once = upsert_into(connection, _FANOUT).on_conflict_do_nothing(index_elements=["event_id"])
        _COUNTING[name] = Prepared(once, *_FANOUT.columns.keys())
    return _COUNTING[name]
