"""Sending what was written: one message to one person at a time, recorded before it leaves and after it arrived.

A message whose acceptance could not be recorded is uncertain and never sent again by itself: a person decides.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from html import escape
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.errors import NotFound, Problem, Refused
from models.events import Stage
from models.prepared import Prepared
from models.tables import Delivery, Person, table
from notifications.apprise_adapter import Gateway
from notifications.channels import ChannelError, resolve
from notifications.mail import build
from notifications.message import DeliveryError, Mail, Recipient, Sender
from notifications.render import Letter, compose, render_chat
from notifications.smtp import pool_from_url
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.clock import local_day
from services.contexts import Told, tell
from services.faults import told_safely
from services.homes import read_mark
from services.notices import MAIL, OPERATORS
from services.operators import say_to_operators
from services.wakes import sendable
from services.wanted import still_wanted
from services.wording import Wording

_LOG = logging.getLogger("passerelle.deliveries")
_DELIVERY, _PERSON = table(Delivery), table(Person)
BATCH = 50
WAITING, SENDING = timedelta(seconds=30), timedelta(seconds=180)
"""How long a claim lasts: short while the message waits for its turn, since another sender may then take it over without harm;
longer than one message can take once it is leaving."""
_FIRST_PAUSE, _LONGEST_PAUSE, _GIVE_UP_AFTER = timedelta(minutes=5), timedelta(hours=6), timedelta(days=2)

_ADDRESSEE = Prepared(sa.select(_PERSON.c.name, _PERSON.c.email, _PERSON.c.language).where(_PERSON.c.id == sa.bindparam("person_")))
_MINE = _DELIVERY.c.id == sa.bindparam("delivery_")
_CLAIMED = _MINE & (_DELIVERY.c.claimed_until == sa.bindparam("claim_")) & (_DELIVERY.c.state == sa.bindparam("state_"))
_ANNOUNCE = Prepared(_DELIVERY.update().where(_CLAIMED).values(attempts=_DELIVERY.c.attempts + 1), "state", "claimed_until")
_BECAME = ("state", "code", "answer", "claimed_until")
_SETTLE, _POSTPONE = (Prepared(_DELIVERY.update().where(_MINE), *_BECAME, moment) for moment in ("settled_at", "not_before"))
Row = Mapping[Any, Any]
Gate = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery."""

    id: UUID
    state: str
    code: int | None = None
    answer: str | None = None
    not_before: datetime | None = None


def deliver(app: App, *, gate: Gate, stage: Stage | None, seconds: float | None) -> tuple[dict[str, int], str | None]:
    """Send what waits (of one stage, or all), until nothing can be sent now, ``seconds`` have passed or ``gate`` answers.

    Returns how many deliveries reached each state, and the answer of the gate.
    """
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    with _gateway(app) as gateway:
        while seconds is None or time.monotonic() - begun < seconds:
            stopped = gate()
            if stopped is not None:
                return dict(counts), stopped
            batch, lost = _claim(app, stage)
            counts.update(["uncertain"] * lost)
            if not batch:
                break
            counts.update(_send_batch(app, gateway, batch, until=None if seconds is None else begun + seconds))
    return dict(counts), None


@contextmanager
def _gateway(app: App) -> Iterator[Gateway]:
    try:
        gateway = Gateway(pool_from_url(app.settings.smtp_url))
    except ValueError as error:
        raise Refused.because("smtp_url_wrong", "PASSERELLE_SMTP_URL", why=str(error)) from None
    try:
        yield gateway
    finally:
        gateway.close()


def _claim(app: App, stage: Stage | None) -> tuple[list[Row], int]:
    """Take the oldest deliveries that may be sent now. Those found half-sent, their sender dead, become uncertain; says how many."""
    wall = app.clock.wall()
    free = sendable(wall) if stage is None else sendable(wall) & (_DELIVERY.c.stage == stage)
    half_sent = _DELIVERY.c.state == "sending"
    chosen = sa.select(_DELIVERY.c.id).where(free & ~half_sent).order_by(_DELIVERY.c.not_before, _DELIVERY.c.created_at).limit(BATCH)
    with app.db.write() as connection:
        lost = {"state": "uncertain", "answer": "the sender died before the answer was recorded", "settled_at": wall}
        found = connection.execute(_DELIVERY.update().where(free & half_sent).values(**lost)).rowcount
        mine = _DELIVERY.c.id.in_(connection.execute(chosen.with_for_update(skip_locked=True)).scalars().all())
        connection.execute(_DELIVERY.update().where(mine).values(claimed_until=wall + WAITING))
        query = sa.select(_DELIVERY).where(mine).order_by(_DELIVERY.c.not_before, _DELIVERY.c.created_at)
        return list(connection.execute(query).mappings().all()), found


def _send_batch(app: App, gateway: Gateway, batch: list[Row], until: float | None) -> Iterator[str]:
    """Send one by one; the commit that records one answer also announces the next sending."""
    post = _Post(app, gateway)
    previous: Settled | None = None
    for row in batch:
        if until is not None and time.monotonic() >= until:
            _release(app, row)
        elif _record(app, previous, row):
            previous = _send(post, row)
            app.meter.answered(previous.state, max((app.clock.wall() - row["created_at"]).total_seconds(), 0.0))
            yield previous.state
        else:
            previous = None
    _record(app, previous, None)


def _ours(row: Row) -> sa.ColumnElement[bool]:
    """Whether our claim still holds: one that lasted too long may have passed to another sender."""
    return sa.and_(*(_DELIVERY.c[name] == row[name] for name in ("id", "claimed_until", "state")))


def _release(app: App, row: Row) -> None:
    with app.db.write() as connection:
        connection.execute(_DELIVERY.update().where(_ours(row)).values(claimed_until=None))


def _record(app: App, previous: Settled | None, following: Row | None) -> bool:
    """Record what became of one delivery and announce the sending of the next; False if that one is no longer ours to send."""
    wall = app.clock.wall()
    with app.db.write() as connection:
        if previous is not None:
            became = {
                "delivery_": previous.id,
                "state": previous.state,
                "code": previous.code,
                "answer": previous.answer,
                "claimed_until": None,
            }
            if previous.state == "retrying":
                _POSTPONE.run(connection, **became, not_before=previous.not_before)
            else:
                _SETTLE.run(connection, **became, settled_at=wall)
        if following is None:
            return False
        ours = {"delivery_": following["id"], "claim_": following["claimed_until"], "state_": following["state"]}
        return _ANNOUNCE.run(connection, **ours, state="sending", claimed_until=wall + SENDING).rowcount == 1


@dataclass
class _Post:
    """What the messages of one batch share: the way out, and what is told of an event in a language, read once for all its readers."""

    app: App
    gateway: Gateway
    _told: dict[tuple[UUID, str], Told] = field(default_factory=dict)
    _letters: dict[tuple[UUID, str, str, str], Letter] = field(default_factory=dict)

    def told(self, connection: sa.Connection, row: Row, language: str) -> Told:
        """What the message of this delivery may speak of."""
        key = (row["event_id"], language)
        if key not in self._told:
            charter = charter_in_force(connection, row["convention"])
            today = local_day(self.now(), charter.convention.timezone)
            self._told[key] = tell(connection, charter, row["event_id"], language=language, rehearsal=self.rehearsal, today=today)
        return self._told[key]

    def letter(self, row: Row, language: str, told: Told) -> Letter:
        """The message of this delivery, laid out for all its readers in a language and capacity."""
        key = (row["event_id"], language, row["message"], row["because"])
        if key not in self._letters:
            self._letters[key] = compose(row["message"], language, told.context("", row["because"]))
        return self._letters[key]

    def now(self) -> datetime:
        """The business's moment; by how much it is ahead is read once."""
        return self.app.clock.wall() + self._ahead

    @cached_property
    def _ahead(self) -> timedelta:
        return self.app.clock.now() - self.app.clock.wall()

    @cached_property
    def rehearsal(self) -> bool:
        """Whether mails say that they are for practice."""
        mark = read_mark(self.app.db)
        return mark is None or mark.rehearsal


def _send(post: _Post, row: Row) -> Settled:
    try:
        return _way_of(row)(post, row)
    except DeliveryError as error:
        return _after(post.app, row, error)
    except ChannelError as error:
        return Settled(row["id"], "dead", answer=str(error))
    except Exception as error:  # noqa: BLE001  # a delivery that cannot be written must not stop the others; its row says why
        fault = told_safely(error)
        _LOG.error("delivery %s cannot be written: %s", row["id"], fault)  # the trace could quote a person
        return _after(post.app, row, DeliveryError(str(fault)))


def _way_of(row: Row) -> Callable[[_Post, Row], Settled]:
    if row["event_id"] is None:
        return _send_alert
    return _send_to_person if row["channel"] == MAIL else _send_to_room


def _after(app: App, row: Row, error: DeliveryError) -> Settled:
    """Uncertain, dead, or again later: 5 minutes, tripling up to 6 hours, for 2 days."""
    if error.uncertain:
        return Settled(row["id"], "uncertain", error.code, error.text)
    wall = app.clock.wall()
    if error.permanent or wall - row["created_at"] > _GIVE_UP_AFTER:
        return Settled(row["id"], "dead", error.code, error.text)
    pause = min(_FIRST_PAUSE * 3 ** row["attempts"], _LONGEST_PAUSE)
    return Settled(row["id"], "retrying", error.code, error.text, wall + pause)


def _send_to_person(post: _Post, row: Row) -> Settled:
    with post.app.db.read() as connection:
        person = _ADDRESSEE.first(connection, person_=row["person_id"])
        told = post.told(connection, row, person.language)
        if not still_wanted(connection, told.event, told.review, row["person_id"]):
            return Settled(row["id"], "cancelled", answer="no longer asked for")
        charter = charter_in_force(connection, row["convention"])
    mail = _mail(post, row, person, told, charter)
    receipt = post.gateway.send_mail(build(mail, post.now()), mail.sender.address, mail.recipient.address)
    return Settled(row["id"], "sent", receipt.code, receipt.text)


def _mail(post: _Post, row: Row, person: Any, told: Told, charter: Charter) -> Mail:
    written = post.letter(row, person.language, told).to(person.name)
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    domain = sender.address.rpartition("@")[2]
    return Mail(
        sender=sender,
        reply_to=told.secretariat[1],
        recipient=Recipient(person.name, person.email, person.language),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=f"<{row['id']}@{domain}>",
        thread_id=f"<{told.number.lower()}.{charter.convention.code}@{domain}>",
        list_id=f"{told.event['body'] or charter.convention.code}.{domain}",
        list_name=told.secretariat[0],
        rehearsal=post.rehearsal,
    )


def _send_to_room(post: _Post, row: Row) -> Settled:
    app = post.app
    with app.db.read() as connection:
        told = post.told(connection, row, app.settings.language)
        if not still_wanted(connection, told.event, told.review, None):
            return Settled(row["id"], "cancelled", answer="no longer asked for")
    title, line = render_chat(row["message"], app.settings.language, told.context(row["channel"], row["because"]))
    receipt = post.gateway.send_chat(resolve(row["channel"], app.settings.home, os.environ), title, line)
    return Settled(row["id"], "sent", receipt.code, receipt.text)


def _send_alert(post: _Post, row: Row) -> Settled:
    """What operators are told: by mail to their address, or to their chat channel."""
    app, gateway, rehearsal = post.app, post.gateway, post.rehearsal
    wording = Wording(app.settings.language)
    title, text = say_to_operators(row["message"], row["details"], wording, rehearsal=rehearsal)
    if row["channel"] != OPERATORS:
        receipt = gateway.send_chat(resolve(row["channel"], app.settings.home, os.environ), title, text)
        return Settled(row["id"], "sent", receipt.code, receipt.text)
    with app.db.read() as connection:
        sender = charter_in_force(connection, row["convention"]).sender
    mail = Mail(
        sender=Sender(sender.name.of(app.settings.language), sender.address),
        reply_to=sender.address,
        recipient=Recipient(wording.say("operators.name"), app.settings.operators_mail, app.settings.language),
        subject=title,
        text=text + "\n",
        html=f'<!doctype html><html lang="{app.settings.language}"><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p></html>',
        message_id=f"<{row['id']}@{sender.address.rpartition('@')[2]}>",
        thread_id=None,
        list_id=None,
        list_name="",
        rehearsal=rehearsal,
    )
    receipt = gateway.send_mail(build(mail, post.now()), sender.address, mail.recipient.address)
    return Settled(row["id"], "sent", receipt.code, receipt.text)


def resend(app: App, delivery: UUID) -> None:
    """Let a dead or uncertain delivery go out again, because a person decided so. Refuses one that is on its way or arrived."""
    with app.db.write() as connection:
        row = connection.execute(sa.select(_DELIVERY.c.state).where(_DELIVERY.c.id == delivery)).first()
        if row is None:
            raise NotFound(Problem("delivery_unknown", {"delivery": str(delivery)}))
        if row.state not in ("dead", "uncertain"):
            raise Refused.because("delivery_not_resendable", delivery_state=row.state)
        again = {
            "state": "ready",
            "not_before": app.clock.wall(),
            "claimed_until": None,
            "settled_at": None,
            "created_at": app.clock.wall(),
        }
        connection.execute(_DELIVERY.update().where(_DELIVERY.c.id == delivery).values(**again))
