"""What must hold of a home whatever happened to it, and what of it can be compared with another that nothing happened to."""

from collections import Counter
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from itertools import chain
from pathlib import Path

import sqlalchemy as sa

from models.tables import Action, Deadline, Decision, Delivery, Event, Milestone, Opinion, Reaction, Report, Review, table
from models.tables import Counter as Series
from services.audit import verify
from services.bootstrap import App
from services.wakes import TRIES

_ACTION, _EVENT, _DELIVERY, _REVIEW = table(Action), table(Event), table(Delivery), table(Review)
_REACTION, _DEADLINE = table(Reaction), table(Deadline)
OPEN = ("ready", "retrying", "sending")
_ARRIVED = ("sent", "uncertain")
_PICTURED: dict[sa.Table, tuple[str, ...]] = {
    _ACTION: ("number", "state", "version", "sealed", "sheet", "proposer_seat"),
    _EVENT: ("id", "seq", "topic", "occurred_on", "actor", "on_behalf_of", "via", "cause", "before", "after", "body", "owed"),
    _REVIEW: ("body", "round", "opened_on", "due_on", "closed_on", "electorate", "verdict"),
    table(Opinion): ("seat", "value", "given_on", "event_id", "superseded"),
    table(Decision): ("number", "revision", "outcome", "decided_on", "reference", "event_id", "superseded"),
    table(Report): ("kind", "percent", "reported_on", "event_id", "superseded"),
    table(Milestone): ("position", "title", "due_on", "reached_on"),
    _DEADLINE: ("stage", "kind", "subject", "body", "due_on", "outcome"),
    _DELIVERY: ("unique_key", "stage", "message", "because", "channel"),
    table(Series): ("series", "last"),
}
"""What a home holds, but for the moments and the ids that are made up anew each time."""


def picture(app: App) -> dict[str, list[str]]:
    """Every row that tells what happened, in an order of its own; two homes to which the same was asked give the same."""
    with app.db.read() as connection:
        return {
            rows.name: sorted(str(tuple(row)) for row in connection.execute(sa.select(*(rows.c[name] for name in columns))))
            for rows, columns in _PICTURED.items()
        }


def faults_of(app: App, mailbox: Path | None = None) -> list[str]:
    """Everything that is not as it must be in a home at rest, in words; nothing where all is well."""
    return [*chronicle_faults(app), *unfinished(app), *(delivery_faults(app, mailbox) if mailbox else ())]


def chronicle_faults(app: App) -> list[str]:
    """The log is whole, its chains verify, the rows say what it says, and no number is lost or doubled; holds at every moment."""
    audit = verify(app)
    return [f"audit: {finding}" for finding in audit.findings] + [f"{audit.unsealed} unsealed" for _ in (1,) if audit.unsealed]


def unfinished(app: App) -> list[str]:
    """What still waits, or was set aside, though everything had its time."""
    with app.db.read() as connection:
        waiting = connection.execute(sa.select(_DELIVERY.c.unique_key).where(_DELIVERY.c.state.in_(OPEN))).scalars().all()
    return [*unreacted(app), *(f"delivery not settled: {key}" for key in waiting)]


def unreacted(app: App) -> list[str]:
    """Events and deadlines that wait for their stage, or that it failed at."""
    with app.db.read() as connection:
        owed = connection.execute(sa.select(_EVENT.c.topic).where(_EVENT.c.owed.is_not(None))).scalars().all()
        failed = connection.execute(sa.select(_REACTION.c.reason).where(_REACTION.c.state.in_(("parked", "pending")))).scalars().all()
        due = _DEADLINE.c.settled_at.is_(None) & ((_DEADLINE.c.due_at <= app.clock.now()) | (_DEADLINE.c.tries >= TRIES))
        deadlines = connection.execute(sa.select(_DEADLINE.c.kind).where(due)).scalars().all()
    named = {"unreacted": owed, "failed reaction": failed, "deadline not met": deadlines}
    return [f"{what}: {item}" for what, items in named.items() for item in items]


def delivery_faults(app: App, mailbox: Path) -> list[str]:
    """Received united with uncertain equals expected; nothing twice; what counts as sent did arrive."""
    arrived = received(mailbox)
    with app.db.read() as connection:
        rows = connection.execute(sa.select(_DELIVERY.c.id, _DELIVERY.c.state).where(_DELIVERY.c.event_id.is_not(None))).all()
    states = {str(row.id): row.state for row in rows}
    return [
        *(f"received {times} times: {key}" for key, times in arrived.items() if times > 1),
        *(f"received, but never written: {key}" for key in arrived if key not in states),
        *(f"{state}, and yet received: {key}" for key, state in states.items() if key in arrived and state not in _ARRIVED),
        *(f"sent, and never received: {key}" for key, state in states.items() if state == "sent" and key not in arrived),
        *(f"{state}: {key}" for key, state in states.items() if state not in (*_ARRIVED, "cancelled", "suppressed")),
    ]


def received(mailbox: Path) -> Counter[str]:
    """How often each delivery lies in the sink's Maildir. Operators' alerts, which belong to no event, are left out."""
    parser = BytesParser(EmailMessage, policy=default)
    files = chain.from_iterable((mailbox / folder).iterdir() for folder in ("new", "cur"))
    mails = (parser.parsebytes(file.read_bytes(), headersonly=True) for file in files)
    return Counter(str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in mails if mail["References"] or mail["In-Reply-To"])


def deliveries(app: App) -> dict[str, int]:
    """How many deliveries are in which state."""
    with app.db.read() as connection:
        query = sa.select(_DELIVERY.c.state, sa.func.count()).group_by(_DELIVERY.c.state)
        return dict(connection.execute(query).tuples().all())
