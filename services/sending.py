"""One message: composed as a letter, a line in a chat room or an alert to the operators, and handed over.

What became of it is for ``services.deliveries`` to record.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from html import escape
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.errors import Refused
from models.prepared import Prepared
from models.tables import Person, table
from notifications.apprise_adapter import Gateway
from notifications.catalogue import ADDRESS_REFUSED, CHATTED, CONVOCATION, MEETING_CANCELLED, SIGN_IN
from notifications.channels import resolve
from notifications.context import Context
from notifications.mail import build
from notifications.message import Mail, Receipt, Recipient, Sender
from notifications.render import Letter, Rendered, compose, render_chat, render_line
from notifications.smtp import pool_from_url
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.clock import local_day
from services.context_frame import bare_context
from services.contexts import Told, tell
from services.homes import read_mark
from services.identities import identities_at
from services.links import ANSWER, LEADS_TO, address_of, secret_of
from services.links import WORDS as LINK_WORDS
from services.meetings.telling import MEETINGS, told_of_meeting
from services.notices import MAIL, OPERATORS
from services.operators import say_to_operators
from services.told_of_address import told_of_address
from services.wanted import still_wanted
from services.wording import Wording

_PERSON = table(Person)
_ADDRESSEE = Prepared(sa.select(_PERSON.c.name, _PERSON.c.email, _PERSON.c.language).where(_PERSON.c.id == sa.bindparam("person_")))
PRIVACY, ACTIONS, PEOPLE = "confidentialite", "actions", "personnes"
"""The paths of the privacy notice, of actions and of persons."""
Row = Mapping[Any, Any]
"""A delivery as it stands in the database."""


@contextmanager
def way_out(app: App) -> Iterator[Gateway]:
    """The way out for messages, open while the block runs. Refuses a mail server that the settings name wrongly."""
    try:
        gateway = Gateway(pool_from_url(app.settings.smtp_url, per_connection=app.settings.smtp_per_connection))
    except ValueError as error:
        raise Refused.because("smtp_url_wrong", "PASSERELLE_SMTP_URL", why=str(error)) from None
    try:
        yield gateway
    finally:
        gateway.close()


@dataclass
class Post:
    """What the messages of one batch share: the way out, and what is told of an event in a language, read once for all its readers."""

    app: App
    gateway: Gateway
    _told: dict[tuple[UUID, str], Told] = field(default_factory=dict)
    _letters: dict[tuple[UUID, str, str, str, str], Letter] = field(default_factory=dict)

    def told(self, connection: sa.Connection, row: Row, language: str) -> Told:
        """What the message of this delivery may speak of."""
        key = (row["event_id"], language)
        if key not in self._told:
            charter = charter_in_force(connection, row["convention"])
            today = local_day(self.now(), charter.convention.timezone)
            self._told[key] = tell(connection, charter, row["event_id"], language=language, rehearsal=self.rehearsal, today=today)
        return self._told[key]

    def letter(self, row: Row, language: str, told: Told) -> Letter:
        """The message of this delivery, laid out for all its readers in a language and capacity who answer for the same seats."""
        key = (row["event_id"], language, row["message"], row["because"], str(told.for_whom(row["person_id"])))
        if key not in self._letters:
            facts = told.context("", row["because"], row["person_id"])
            self._letters[key] = compose(row["message"], language, {**facts, "link": _link_of(row, told), "privacy": self.privacy})
        return self._letters[key]

    @property
    def privacy(self) -> str:
        """Where the privacy notice stands."""
        return f"{self.app.settings.base_url}/{PRIVACY}"

    @cached_property
    def secret(self) -> bytes:
        """What links are signed with."""
        return secret_of(self.app.db)

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


def send(post: Post, row: Row) -> Receipt | None:
    """Compose the message of a delivery and hand it over; None if nobody asks for it any longer.

    Raises:
        DeliveryError: the other side did not take it, or nobody can tell.
        ChannelError: the chat channel cannot be resolved.
    """
    return _way_of(row)(post, row)


def _way_of(row: Row) -> Callable[[Post, Row], Receipt | None]:
    if row["event_id"] is None:
        return _WITHOUT_EVENT.get(row["message"], _send_alert)
    return _send_to_person if row["channel"] == MAIL else _send_to_chat


_CONFIRMS = "opinion-received"


def _link_of(row: Row, told: Told) -> str | None:
    """What the link of a message is called; the confirmation of an opinion has none once nothing can be changed any more."""
    closed = told.review is not None and told.review["closed_on"] is not None
    secret = row["message"] == _CONFIRMS and told.facts["opinion"] is None
    return None if (closed or secret) and LEADS_TO.get(row["message"]) == ANSWER else LINK_WORDS.get(row["message"])


def _send_to_person(post: Post, row: Row) -> Receipt | None:
    with post.app.db.read() as connection:
        person = _ADDRESSEE.first(connection, person_=row["person_id"])
        told = post.told(connection, row, person.language)
        if not still_wanted(connection, told.event, told.review, row["person_id"], told.today):
            return None
        charter = charter_in_force(connection, row["convention"])
    link = address_of(post.secret, post.app.settings.base_url, row["message"], row["id"]) or ""
    written = post.letter(row, person.language, told).to(person.name, link)
    return _post_about(post, row, charter, person, written, _About(told.number, told.event["body"], told.secretariat))


class _About(NamedTuple):
    """What a mail is about: the number of the action or meeting, the body concerned; and its secretariat: office and address."""

    number: str
    body: str | None
    secretariat: tuple[str, str]


def _post_about(post: Post, row: Row, charter: Charter, person: Any, written: Rendered, about: _About) -> Receipt:
    """A mail in the conversation of what it is about, and in the list of its body."""
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    domain = sender.address.rpartition("@")[2]
    office, reply_to = about.secretariat
    mail = Mail(
        sender=sender,
        reply_to=reply_to,
        recipient=Recipient(person.name, person.email, person.language),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=f"<{row['id']}@{domain}>",
        thread_id=f"<{about.number.lower()}.{charter.convention.code}@{domain}>",
        list_id=f"{about.body or charter.convention.code}.{domain}",
        list_name=office,
        rehearsal=post.rehearsal,
    )
    return post.gateway.send_mail(build(mail, post.now()), sender.address, person.email)


def _send_sign_in(post: Post, row: Row) -> Receipt:
    """The link by which somebody who asked for it signs in; everybody who may use it is greeted."""
    with post.app.db.read() as connection:
        person = _ADDRESSEE.first(connection, person_=row["person_id"])
        names = dict.fromkeys(one.name for one in identities_at(post.app, connection, row["person_id"], row["created_at"]))
        charter = charter_in_force(connection, row["convention"])
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    today = local_day(post.now(), charter.convention.timezone)
    named = charter.convention.name.of(person.language)
    facts = bare_context(named, person.language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=LINK_WORDS[SIGN_IN])
    link = address_of(post.secret, post.app.settings.base_url, SIGN_IN, row["id"]) or ""
    written = compose(SIGN_IN, person.language, {**facts, "because": row["because"]}).to(", ".join(names) or person.name, link)
    recipient = Recipient(person.name, person.email, person.language)
    return _post_alone(post, row, sender, recipient, written)


def _send_of_meeting(post: Post, row: Row) -> Receipt | None:
    """A convocation, or that a meeting is off, to a person or a chat room; none once the meeting has gone on to something else."""
    with post.app.db.read() as connection:
        person = _reader_of(connection, row)
        charter = charter_in_force(connection, row["convention"])
        today = local_day(post.now(), charter.convention.timezone)
        language = person.language if person is not None else post.app.settings.language
        named = charter.convention.name.of(language)
        around = bare_context(named, language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=None)
        told = told_of_meeting(connection, charter, row, (language, today))
    if told is None:
        return None
    context = cast("Context", {**around, **told.facts, "because": row["because"]})
    if row["channel"] != MAIL:
        return _say_in_chat(post, row, render_chat(row["message"], language, context))
    address = f"{post.app.settings.base_url}/{MEETINGS}/{told.number}"
    written = compose(row["message"], language, context).to(person.name, address)
    return _post_about(post, row, charter, person, written, _About(told.number, told.body, told.secretariat))


def _send_address_refused(post: Post, row: Row) -> Receipt | None:
    """That mail no longer reaches somebody, to who can mend it; None once it was mended."""
    with post.app.db.read() as connection:
        person = _reader_of(connection, row)
        charter = charter_in_force(connection, row["convention"])
        today = local_day(post.now(), charter.convention.timezone)
        told = told_of_address(connection, charter, row["details"]["person"], (person.language, today))
    if told is None:
        return None
    named = charter.convention.name.of(person.language)
    around = bare_context(named, person.language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link="person")
    context = cast("Context", {**around, "concerned": told.concerned, "because": row["because"]})
    address = f"{post.app.settings.base_url}/{PEOPLE}/{told.code}"
    if row["channel"] != MAIL:
        return _say_in_chat(post, row, render_line(row["message"], person.language, context, address))
    written = compose(row["message"], person.language, context).to(person.name, address)
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    return _post_alone(post, row, sender, Recipient(person.name, person.email, person.language), written)


_WITHOUT_EVENT: Mapping[str, Callable[[Post, Row], Receipt | None]] = {
    SIGN_IN: _send_sign_in,
    ADDRESS_REFUSED: _send_address_refused,
    CONVOCATION: _send_of_meeting,
    MEETING_CANCELLED: _send_of_meeting,
}


def _reader_of(connection: sa.Connection, row: Row) -> Any:
    """Name, address and language of the person whom a delivery is for; None for a room."""
    return None if row["person_id"] is None else _ADDRESSEE.first(connection, person_=row["person_id"])


def _send_to_chat(post: Post, row: Row) -> Receipt | None:
    """A line in the chat room of a body, or in somebody's own channel, where any message may come that could not come by mail."""
    with post.app.db.read() as connection:
        person = _reader_of(connection, row)
        language = person.language if person is not None else post.app.settings.language
        told = post.told(connection, row, language)
        if not still_wanted(connection, told.event, told.review, row["person_id"], told.today):
            return None
    context = told.context(person.name if person is not None else row["channel"], row["because"], row["person_id"])
    if person is None or row["message"] in CHATTED:
        return _say_in_chat(post, row, render_chat(row["message"], language, context))
    link = f"{post.app.settings.base_url}/{ACTIONS}/{told.number}"
    return _say_in_chat(post, row, render_line(row["message"], language, context, link))


def _say_in_chat(post: Post, row: Row, said: tuple[str, str]) -> Receipt:
    return post.gateway.send_chat(resolve(row["channel"], post.app.settings.home, os.environ), *said)


def _send_alert(post: Post, row: Row) -> Receipt:
    """What operators are told: by mail to their address, or to their chat channel."""
    app = post.app
    wording = Wording(app.settings.language)
    title, text = say_to_operators(row["message"], row["details"], wording, rehearsal=post.rehearsal)
    if row["channel"] != OPERATORS:
        return _say_in_chat(post, row, (title, text))
    with app.db.read() as connection:
        sender = charter_in_force(connection, row["convention"]).sender
    language = app.settings.language
    html = f'<!doctype html><html lang="{language}"><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p></html>'
    recipient = Recipient(wording.say("operators.name"), app.settings.operators_mail, language)
    return _post_alone(post, row, Sender(sender.name.of(language), sender.address), recipient, Rendered(title, text + "\n", html))


def _post_alone(post: Post, row: Row, sender: Sender, recipient: Recipient, written: Rendered) -> Receipt:
    """A mail that is about no action, so it stands in no conversation and no list."""
    mail = Mail(
        sender=sender,
        reply_to=sender.address,
        recipient=recipient,
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=f"<{row['id']}@{sender.address.rpartition('@')[2]}>",
        thread_id=None,
        list_id=None,
        list_name="",
        rehearsal=post.rehearsal,
    )
    return post.gateway.send_mail(build(mail, post.now()), sender.address, recipient.address)
