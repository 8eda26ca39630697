"""One message: composed as a letter, a line in a chat room or an alert to the operators, and handed over.

What became of it is for ``services.deliveries`` to record.
"""

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
from notifications.catalogue import COPY, SIGN_IN
from notifications.channels import MAIL, OPERATORS
from notifications.context import Context
from notifications.hosts import Hosts
from notifications.kinds import OPTIONAL
from notifications.mail import build
from notifications.message import Attachment, Invitation, Mail, Receipt, Recipient, Sender
from notifications.render import Letter, Rendered, compose, render_chat
from notifications.smtp import pool_from_url
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.clock import local_day
from services.context_frame import bare_context
from services.contexts import Told, tell
from services.enclosures import ENCLOSING, Enclosed, enclosed_with
from services.homes import read_mark
from services.identities import identities_at
from services.links import ANSWER, LEADS_TO, address_of, choices_of, secret_of, unsubscribe_of
from services.links import WORDS as LINK_WORDS
from services.operators import say_to_operators
from services.rooms import say_in_room
from services.wanted import why_not
from services.wording import Wording

_PERSON = table(Person)
_ADDRESSEE = Prepared(sa.select(_PERSON.c.name, _PERSON.c.email, _PERSON.c.language).where(_PERSON.c.id == sa.bindparam("person_")))
PRIVACY = "confidentialite"
"""The path of the privacy notice."""
ACTIONS = "actions"
"""The path of the portal's pages of actions."""
Row = Mapping[Any, Any]
"""A delivery as it stands in the database."""


@contextmanager
def way_out(app: App) -> Iterator[Gateway]:
    """The way out for messages, open while the block runs. Refuses a mail server that the settings name wrongly."""
    try:
        gateway = Gateway(pool_from_url(app.settings.smtp_url), Hosts(app.settings.chat_hosts))
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
    _letters: dict[tuple[UUID, str, str, str, str, str], Letter] = field(default_factory=dict)
    _enclosed: tuple[UUID | None, Enclosed] = (None, Enclosed())

    def told(self, connection: sa.Connection, row: Row, language: str) -> Told:
        """What the message of this delivery may speak of."""
        key = (row["event_id"], language)
        if key not in self._told:
            charter = charter_in_force(connection, row["convention"])
            today = local_day(self.now(), charter.convention.timezone)
            self._told[key] = tell(connection, charter, row["event_id"], language=language, rehearsal=self.rehearsal, today=today)
        return self._told[key]

    def enclosed(self, connection: sa.Connection, row: Row, charter: Charter) -> Enclosed:
        """The files that go with this delivery. Those of one event are kept until the next: its deliveries stand together, and files may be large."""
        if row["message"] not in ENCLOSING:
            return Enclosed()
        if self._enclosed[0] != row["event_id"]:
            self._enclosed = row["event_id"], enclosed_with(self.app.settings, connection, charter, row["event_id"])
        return self._enclosed[1]

    def letter(self, row: Row, language: str, told: Told, enclosed: Enclosed) -> Letter:
        """The message of this delivery, laid out for all its readers in a language and capacity who answer for the same seats."""
        alike = (str(told.for_whom(row["person_id"])), str(enclosed.facts))
        key = (row["event_id"], language, row["message"], row["because"], *alike)
        if key not in self._letters:
            facts = told.context("", row["because"], row["person_id"])
            own = {"link": link_of(row, told), "privacy": self.privacy, "files": enclosed.facts}
            self._letters[key] = compose(row["message"], language, cast("Context", {**facts, **own}))
        return self._letters[key]

    @property
    def privacy(self) -> str:
        """Where the privacy notice stands."""
        return f"{self.app.settings.base_url}/{PRIVACY}"

    def choices(self, row: Row) -> str:
        """Where the person of a delivery chooses what they are told."""
        return choices_of(self.secret, self.app.settings.base_url, row["id"])

    def unsubscribe(self, row: Row) -> str | None:
        """Where one click stops messages of the same kind: for what people may be spared, where mail programs would trust it."""
        settings = self.app.settings
        trusted = settings.smtp_signs and settings.base_url.startswith("https://")
        return unsubscribe_of(self.secret, settings.base_url, row["id"]) if trusted and row["message"] in OPTIONAL else None

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


@dataclass(frozen=True, slots=True)
class Unsent:
    """That a message is not sent after all, and why: a code of the catalogues."""

    reason: str


def send(post: Post, row: Row) -> Receipt | Unsent:
    """Compose the message of a delivery and hand it over, or say why nobody is to have it any longer.

    Raises:
        DeliveryError: the other side did not take it, or nobody can tell.
        ChannelError: the chat channel cannot be resolved.
    """
    return _way_of(row)(post, row)


def _way_of(row: Row) -> Callable[[Post, Row], Receipt | Unsent]:
    if row["event_id"] is None:
        return _send_sign_in if row["message"] == SIGN_IN else _send_alert
    return _send_to_person if row["channel"] == MAIL else _send_to_room


_CONFIRMS = "opinion-received"


def addressee(connection: sa.Connection, row: Row) -> Any:
    """The name, address and language of the person that a delivery is for."""
    return _ADDRESSEE.first(connection, person_=row["person_id"])


def link_of(row: Row, told: Told) -> str | None:
    """What the link of a message is called; a copy has none, nor the confirmation of an opinion once nothing can be changed any more."""
    if row["because"].startswith(COPY):
        return None
    closed = told.review is not None and told.review["closed_on"] is not None
    secret = row["message"] == _CONFIRMS and told.facts["opinion"] is None
    return None if (closed or secret) and LEADS_TO.get(row["message"]) == ANSWER else LINK_WORDS.get(row["message"])


def _send_to_person(post: Post, row: Row) -> Receipt | Unsent:
    with post.app.db.read() as connection:
        person = addressee(connection, row)
        told = post.told(connection, row, person.language)
        if reason := why_not(connection, told.event, told.review, row, told.today):
            return Unsent(reason)
        charter = charter_in_force(connection, row["convention"])
        enclosed = post.enclosed(connection, row, charter)
    link = address_of(post.secret, post.app.settings.base_url, row["message"], row["id"]) or ""
    written = post.letter(row, person.language, told, enclosed).to(person.name, link, post.choices(row))
    about = About(told.number, told.event["body"], told.secretariat, enclosed.files)
    return post_about(post, row, charter, person, written, about)


class About(NamedTuple):
    """What a mail is about: the number of the action or meeting (None: of several), the body concerned; its secretariat: office and address; what goes with it."""

    number: str | None
    body: str | None
    secretariat: tuple[str, str]
    files: tuple[Attachment, ...] = ()
    invitation: Invitation | None = None


def post_about(post: Post, row: Row, charter: Charter, person: Any, written: Rendered, about: About) -> Receipt:
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
        thread_id=f"<{about.number.lower()}.{charter.convention.code}@{domain}>" if about.number else None,
        list_id=f"{about.body or charter.convention.code}.{domain}",
        list_name=office,
        rehearsal=post.rehearsal,
        unsubscribe=post.unsubscribe(row),
        attachments=about.files,
        invitation=about.invitation,
    )
    return post.gateway.send_mail(build(mail, post.now()), sender.address, person.email)


def _send_sign_in(post: Post, row: Row) -> Receipt:
    """The link by which somebody who asked for it signs in; everybody who may use it is greeted."""
    with post.app.db.read() as connection:
        person = addressee(connection, row)
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


def _send_to_room(post: Post, row: Row) -> Receipt | Unsent:
    app = post.app
    with app.db.read() as connection:
        told = post.told(connection, row, app.settings.language)
        if reason := why_not(connection, told.event, told.review, row, told.today):
            return Unsent(reason)
    address = f"{app.settings.base_url}/{ACTIONS}/{told.number}"
    line = render_chat(row["message"], app.settings.language, told.context(row["channel"], row["because"]), address)
    return say_in_room(app, post.gateway, row["channel"], str(row["id"]), line)


def _send_alert(post: Post, row: Row) -> Receipt:
    """What operators are told: by mail to their address, or to their chat channel."""
    app, gateway, rehearsal = post.app, post.gateway, post.rehearsal
    wording = Wording(app.settings.language)
    title, text = say_to_operators(row["message"], row["details"], wording, rehearsal=rehearsal)
    if row["channel"] != OPERATORS:
        return say_in_room(app, gateway, row["channel"], str(row["id"]), (title, text))
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
