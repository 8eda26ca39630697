"""How far the news of an event got: who was to know, by what, in which capacity, what became of it, and what is missing."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import NotFound, Problem, Refused
from models.events import REACTS, Topic
from models.tables import Action, CharterVersion, Delivery, Event, Fanout, Person, Reaction, table
from notifications.catalogue import SILENT
from notifications.recipients import capacity_of
from services.bootstrap import App
from services.charter_store import the_convention
from services.lookups import find_action
from services.notices import acted_on, addressees, notices_for
from services.proof import by_the_reaction, gaps
from services.work import Work, open_work

_ACTION, _CHARTER, _DELIVERY, _EVENT = table(Action), table(CharterVersion), table(Delivery), table(Event)
_FANOUT, _PERSON, _REACTION = table(Fanout), table(Person), table(Reaction)
_MOMENTS = ("created_at", "not_before", "settled_at")
_SHOWN = ("id", "message", "because", "channel", "state", "reason", *_MOMENTS, "attempts", "code", "answer", "folded_into", "unique_key")
_UNCOUNTED, _DIFFERS = "uncounted", "differs"
Row = dict[str, Any]


def trace(app: App, named: str, *, seq: int | None = None, convention: str | None = None) -> list[Row]:
    """Follow the news of an event, by its id, or of an action: of the event with this place in its log, or of all. Persons go by their code.

    Each event comes with its ``deliveries``, with ``errors`` (``uncounted``: nobody counted its deliveries; ``differs``: they are not as many as
    were counted) and with ``hints``: who would be told today and has no row.

    Raises NotFound for what does not exist, with near matches of an action; refuses a place beside an event's id.
    """
    with app.db.read() as connection:
        chosen = _chosen(app, connection, named, seq, convention)
        query = (
            sa.select(_EVENT, _ACTION.c.number.label("action"), _REACTION.c.state.label("reaction"))
            .add_columns(_FANOUT.c.expected, _FANOUT.c.charter_id, _FANOUT.c.resolved_at, _CHARTER.c.loaded_at)
            .join(_ACTION, _ACTION.c.id == _EVENT.c.action_id)
            .outerjoin(_REACTION, _REACTION.c.position == _EVENT.c.position)
            .outerjoin(_FANOUT, _FANOUT.c.event_id == _EVENT.c.id)
            .outerjoin(_CHARTER, _CHARTER.c.id == _FANOUT.c.charter_id)
            .where(chosen)
            .order_by(_EVENT.c.position)
        )
        missing = {gap.event: _UNCOUNTED if gap.expected is None else _DIFFERS for gap in gaps(connection, app.clock.wall(), chosen)}
        return [_traced(app, connection, event, missing.get(event["id"])) for event in connection.execute(query).mappings().all()]


def _chosen(app: App, connection: sa.Connection, named: str, seq: int | None, convention: str | None) -> sa.ColumnElement[bool]:
    event = _as_id(named)
    if event is not None:
        if seq is not None:
            raise Refused.because("place_of_an_event", "--seq")
        chosen = _EVENT.c.id == event
    else:
        work = open_work(app, connection, the_convention(connection, convention))
        chosen = _EVENT.c.action_id == find_action(work, named).id
        chosen = chosen & (_EVENT.c.seq == seq) if seq is not None else chosen
    if connection.execute(sa.select(_EVENT.c.id).where(chosen).limit(1)).first() is None:
        raise NotFound(Problem("event_unknown", {"event": named if seq is None else f"{named} ({seq})"}))
    return chosen


def _as_id(named: str) -> UUID | None:
    try:
        return UUID(named)
    except ValueError:
        return None


def _traced(app: App, connection: sa.Connection, event: Mapping[Any, Any], error: str | None) -> Row:
    rows = _deliveries(connection, event["id"])
    waits = event["owed"] is not None or event["reaction"] in ("pending", "parked", "dropped")
    told = event["topic"] not in SILENT
    hints = _hints(open_work(app, connection, event["convention"]), event, rows) if told and not waits else []
    return {
        **{name: event[name] for name in ("id", "action", "seq", "topic", "recorded_at", "actor", "body")},
        "reaction": _standing(event),
        "charter": event["charter_id"],
        "charter_loaded_at": event["loaded_at"],
        "resolved_at": event["resolved_at"],
        "expected": event["expected"],
        "written": sum(row.pop("by_the_reaction") for row in rows),
        "deliveries": [{name: value for name, value in row.items() if name != "person_id"} for row in rows],
        "errors": [error] if error else [],
        "hints": hints,
    }


def _standing(event: Mapping[Any, Any]) -> str | None:
    """How the stage stands to the event: pending, done, parked, dropped, or None where nothing follows."""
    done = "done" if REACTS[Topic(event["topic"])] else None
    return "pending" if event["owed"] else event["reaction"] or done


def _deliveries(connection: sa.Connection, event: UUID) -> list[Row]:
    query = (
        sa.select(*(_DELIVERY.c[name] for name in _SHOWN), _DELIVERY.c.person_id, _PERSON.c.code.label("person"))
        .add_columns(by_the_reaction().label("by_the_reaction"))
        .outerjoin(_PERSON, _PERSON.c.id == _DELIVERY.c.person_id)
        .where(_DELIVERY.c.event_id == event)
        .order_by(_DELIVERY.c.created_at, _DELIVERY.c.unique_key)
    )
    return [_delivery(row) for row in connection.execute(query).mappings()]


def _delivery(row: Mapping[Any, Any]) -> Row:
    """A delivery, with its capacity in its parts, and with the delivery that it follows, if it is another try at it."""
    capacity, copied = capacity_of(row["because"])
    shown = {name: value for name, value in row.items() if name not in ("because", "unique_key")}
    follows = None if row["by_the_reaction"] else _as_id(row["unique_key"].partition(":")[0])
    return {**shown, "capacity": capacity, "copy": copied, "follows": follows}


def _hints(work: Work, event: Mapping[Any, Any], rows: Iterable[Row]) -> list[Row]:
    """Who would be told by the charter and the seats of today, and is in no row: they came to it later."""
    known = {(row["message"], row["person_id"]) for row in rows}
    action = acted_on(work, event)
    missing = {
        (notice.message, person): notice
        for notice in notices_for(work, event, action)
        for _, person in addressees(work, notice, event, action)
        if person is not None and (notice.message, person) not in known
    }
    codes = sa.select(_PERSON.c.id, _PERSON.c.code).where(_PERSON.c.id.in_({person for _, person in missing}))
    names = dict(work.connection.execute(codes).tuples().all()) if missing else {}
    return [
        {"person": names[person], "message": message, "capacity": notice.audience.value, "copy": notice.copy}
        for (message, person), notice in missing.items()
    ]
