"""What must hold of a home whatever happened to it, and what of it can be compared with another that nothing happened to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from models.tables import Action, Deadline, Decision, Delivery, Event, Milestone, Opinion, Reaction, Report, Review, table
from models.tables import Counter as Series
from notifications.catalogue import RUNGS
from services.audit import verify
from services.bootstrap import App
from services.losses import AGAIN
from services.proof import prove
from services.wakes import TRIES, WAITING

_ACTION, _EVENT, _DELIVERY, _REVIEW = table(Action), table(Event), table(Delivery), table(Review)
_REACTION, _DEADLINE = table(Reaction), table(Deadline)
OPEN = ("ready", "retrying", "sending")
_ARRIVED, _UNTOLD = ("sent", "uncertain"), ("cancelled", "suppressed")
_APART = ("sign-in", "address-refused", "webhook-off")
"""Messages about no event and no meeting, in none of the lists by which mails are counted here."""
_NAMELESS = ("digest", "due-together", *_APART, "operators-address-refused", "operators-webhook-off")
"""Messages whose keys hold a moment or an id that is made up anew each time."""
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
    """Every row that tells what happened, in an order of its own; two homes to which the same was asked give the same.

    Whether a message went another way depends on what became of it: that is no other news.
    """
    with app.db.read() as connection:
        return {
            rows.name: sorted(str(tuple(row)) for row in connection.execute(_query(rows, columns))) for rows, columns in _PICTURED.items()
        }


def _query(rows: sa.Table, columns: tuple[str, ...]) -> sa.Select[Any]:
    query = sa.select(*(_pictured(rows, name) for name in columns))
    return query.where(~_DELIVERY.c.unique_key.endswith(AGAIN)) if rows is _DELIVERY else query


def _pictured(rows: sa.Table, name: str) -> sa.ColumnElement[Any]:
    if name != "unique_key":
        return rows.c[name]
    return sa.case((rows.c.message.in_(_NAMELESS), sa.literal("-")), else_=rows.c[name])


def faults_of(app: App, mailbox: Path | None = None, chatted: Mapping[str, int] = MappingProxyType({})) -> list[str]:
    """Everything that is not as it must be in a home at rest, in words; nothing where all is well. ``chatted``: what chat rooms heard of each delivery."""
    told = delivery_faults(app, received(mailbox) + Counter(chatted)) if mailbox else ()
    return [*chronicle_faults(app), *unfinished(app), *rungs_told_twice(app), *told]


def chronicle_faults(app: App) -> list[str]:
    """The log is whole, its chains verify, the rows say what it says, and no number is lost or doubled; holds at every moment."""
    audit = verify(app)
    return [f"audit: {finding}" for finding in audit.findings] + [f"{audit.unsealed} unsealed" for _ in (1,) if audit.unsealed]


def unfinished(app: App) -> list[str]:
    """What still waits, or was set aside, though everything had its time."""
    with app.db.read() as connection:
        waiting = connection.execute(sa.select(_DELIVERY.c.unique_key).where(_DELIVERY.c.state.in_((*OPEN, *WAITING)))).scalars().all()
    forgotten = (f"{gap.action} ({gap.seq}): {gap.written} deliveries, not {gap.expected}" for gap in prove(app).gaps)
    return [*unreacted(app), *(f"delivery not settled: {key}" for key in waiting), *forgotten]


def rungs_told_twice(app: App) -> list[str]:
    """Rungs that the log says were climbed more than once, of the same deadline for the same last day."""
    with app.db.read() as connection:
        said = connection.execute(sa.select(_EVENT.c.payload).where(_EVENT.c.topic.in_(RUNGS))).scalars().all()
    climbed = Counter((each["deadline"], each["due_on"], each["rung"]) for each in said if "rung" in each)
    return [
        f"told {times} times: rung {rung} of deadline {deadline} of {day}" for (deadline, day, rung), times in climbed.items() if times > 1
    ]


def unreacted(app: App) -> list[str]:
    """Events and deadlines that wait for their stage, or that it failed at."""
    with app.db.read() as connection:
        owed = connection.execute(sa.select(_EVENT.c.topic).where(_EVENT.c.owed.is_not(None))).scalars().all()
        failed = connection.execute(sa.select(_REACTION.c.reason).where(_REACTION.c.state.in_(("parked", "pending")))).scalars().all()
        due = _DEADLINE.c.settled_at.is_(None) & ((_DEADLINE.c.due_at <= app.clock.now()) | (_DEADLINE.c.tries >= TRIES))
        deadlines = connection.execute(sa.select(_DEADLINE.c.kind).where(due)).scalars().all()
    named = {"unreacted": owed, "failed reaction": failed, "deadline not met": deadlines}
    return [f"{what}: {item}" for what, items in named.items() for item in items]


def delivery_faults(app: App, arrived: Counter[str]) -> list[str]:
    """Each piece of news arrived once, alone or in a digest, by one way or the other, or is uncertain; what counts as sent did arrive."""
    columns = (_DELIVERY.c[name] for name in ("id", "unique_key", "message", "state", "reason", "folded_into"))
    with app.db.read() as connection:
        rows = connection.execute(sa.select(*columns).where(_DELIVERY.c.because != "operator", _DELIVERY.c.message.not_in(_APART))).all()
    tries: dict[str, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.unique_key.endswith(AGAIN)):
        tries[_first_try(row)].append(row)
    times = {row.id: sum(arrived[str(each.id)] for each in tries[_first_try(row)]) for row in rows}
    unknown = arrived.keys() - {str(row.id) for row in rows}
    return [
        *(f"received, but never written: {key}" for key in unknown),
        *(fault for each in tries.values() for fault in _faults_of_news(each, times)),
    ]


def _first_try(row: Any) -> str:
    """The delivery instead of which this one went another way, or itself."""
    return str(row.unique_key).removesuffix(AGAIN) if row.unique_key.endswith(AGAIN) else str(row.id)


def _faults_of_news(tries: list[Any], times: Mapping[Any, int]) -> Iterator[str]:
    """``tries``: a message, and what went the other way instead of it, if anything did."""
    last = tries[-1]
    in_digest = times[last.folded_into] if last.folded_into and last.state not in _UNTOLD else 0
    told = times[last.id] + in_digest
    if told > 1:
        yield f"received {told} times: {last.unique_key}"
    if told and last.state not in _ARRIVED:
        yield f"{last.state}, and yet received: {last.unique_key}"
    if last.state == "sent" and not told:
        yield f"sent, and never received: {last.unique_key}"
    lost = [row for row in tries[:-1] if row.reason != "fell_back"] + [row for row in (last,) if row.state not in (*_ARRIVED, *_UNTOLD)]
    yield from (f"{row.state}: {row.unique_key}" for row in lost)


def received(mailbox: Path) -> Counter[str]:
    """How often each delivery lies in the sink's Maildir. Operators' alerts, which belong to no event, are left out."""
    parser = BytesParser(EmailMessage, policy=default)
    files = chain.from_iterable((mailbox / folder).iterdir() for folder in ("new", "cur"))
    mails = (parser.parsebytes(file.read_bytes(), headersonly=True) for file in files)
    return Counter(str(mail["Message-ID"]).strip("<>").partition("@")[0] for mail in mails if mail["List-Id"])


def deliveries(app: App) -> dict[str, int]:
    """How many deliveries are in which state."""
    with app.db.read() as connection:
        query = sa.select(_DELIVERY.c.state, sa.func.count()).group_by(_DELIVERY.c.state)
        return dict(connection.execute(query).tuples().all())
