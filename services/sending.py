"""One message: composed as a letter, a line in a chat room or an alert to the operators, and handed over.

What became of it is for ``services.deliveries`` to record.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.prepared import Prepared
from models.tables import Person, table
from models.telling.reasons import Reason
from notifications.catalogue import CHATTED, COPY
from notifications.channels import MAIL
from notifications.context import Context
from notifications.kinds import OPTIONAL
from notifications.mail import build
from notifications.message import Attachment, Invitation, Mail, Outlet, Receipt, Recipient, Sender
from notifications.render import Letter, Rendered, compose, gist, render_chat, render_line
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.clock import local_day
from services.context_frame import secretariat_for
from services.contexts import Told, tell
from services.enclosures import ENCLOSING, Enclosed, enclosed_with
from services.homes import read_mark
from services.late_requests import as_it_leaves
from services.links import ANSWER, LEADS_TO, address_of, borne_by, choices_of, secret_of, unsubscribe_of
from services.links import WORDS as LINK_WORDS
from services.returns import ADDRESS_IS_DEAD
from services.rooms import say_in_room
from services.wanted import Look, why_not

_PERSON = table(Person)
_ADDRESSEE = Prepared(
    sa.select(_PERSON.c.name, _PERSON.c.email, _PERSON.c.language, ADDRESS_IS_DEAD.label("dead")).where(
        _PERSON.c.id == sa.bindparam("person_")
    )
)
PRIVACY, ACTIONS = "confidentialite", "actions"
"""The paths of the privacy notice and of actions."""
Row = Mapping[Any, Any]
"""A delivery as it stands in the database."""
Alike = tuple[Hashable, ...]
"""What a message depends on, but for the name and the own links of who reads it."""


class AddressSuppressed(Exception):  # noqa: N818  # no fault: what nobody can be sent is recorded as such
    """The mail would go to an address that is dead."""


@dataclass
class Post:
    """What messages that leave together share: the way out, and what is told of an event in a language, read once for all its readers.

    ``born``: when it began, on a clock that never goes back.
    """

    app: App
    gateway: Outlet
    born: float = field(init=False)
    _charters: dict[str, Charter] = field(default_factory=dict)
    _told: dict[tuple[UUID, str], Told] = field(default_factory=dict)
    _letters: dict[Alike, Letter] = field(default_factory=dict)
    _gists: dict[Alike, tuple[str, list[str]]] = field(default_factory=dict)
    _digests: dict[Alike, Letter] = field(default_factory=dict)
    _secretariats: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    _enclosed: tuple[UUID | None, Enclosed] = (None, Enclosed())

    def __post_init__(self) -> None:
        """Begin."""
        self.born = self.app.clock.ticks()

    def charter(self, connection: sa.Connection, row: Row) -> Charter:
        """The charter in force of the convention of a delivery."""
        if row["convention"] not in self._charters:
            self._charters[row["convention"]] = charter_in_force(connection, row["convention"])
        return self._charters[row["convention"]]

    def told(self, connection: sa.Connection, row: Row, language: str) -> Told:
        """What the message of this delivery may speak of."""
        key = (row["event_id"], language)
        if key not in self._told:
            charter = self.charter(connection, row)
            zone = charter.convention.timezone
            told = tell(
                connection, charter, row["event_id"], language=language, rehearsal=self.rehearsal, today=local_day(self.now(), zone)
            )
            self._told[key] = as_it_leaves(self.app, connection, told, zone)
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
        key = (*self.alike(row, language, told), str(enclosed.facts))
        if key not in self._letters:
            facts = told.context("", row["because"], row["person_id"])
            own = {"link": link_of(row, told), "privacy": self.privacy, "files": enclosed.facts}
            self._letters[key] = compose(row["message"], language, cast("Context", {**facts, **own}))
        return self._letters[key]

    def alike(self, row: Row, language: str, told: Told) -> Alike:
        """What the message of a delivery depends on."""
        return (row["event_id"], language, row["message"], row["because"], *told.for_whom(row["person_id"], row["because"]).values())

    def gist(self, row: Row, language: str, told: Told) -> tuple[str, list[str]]:
        """The headline and the text that a digest has of this delivery's message: the same for all its readers, as in ``letter``."""
        key = self.alike(row, language, told)
        if key not in self._gists:
            self._gists[key] = gist(row["message"], language, told.context("", row["because"], row["person_id"]))
        return self._gists[key]

    def digest(self, alike: Alike, compose_it: Callable[[], Letter]) -> Letter:
        """The digest that depends on nothing else, laid out once for all its readers."""
        if alike not in self._digests:
            self._digests[alike] = compose_it()
        return self._digests[alike]

    def secretariat(self, connection: sa.Connection, charter: Charter, language: str) -> tuple[str, str]:
        """Who signs what is about no body, and where answers go: see ``secretariat_for``."""
        key = (charter.convention.code, language)
        if key not in self._secretariats:
            today = local_day(self.now(), charter.convention.timezone)
            self._secretariats[key] = secretariat_for(connection, charter, None, language, today)
        return self._secretariats[key]

    @property
    def privacy(self) -> str:
        """Where the privacy notice stands."""
        return f"{self.app.settings.base_url}/{PRIVACY}"

    def choices(self, row: Row) -> str:
        """Where the person of a delivery chooses what they are told."""
        return choices_of(self.secret, self.app.settings.base_url, borne_by(row))

    def unsubscribe(self, row: Row) -> str | None:
        """Where one click stops messages of the same kind: for what people may be spared, where mail programs would trust it."""
        settings = self.app.settings
        trusted = settings.smtp_signs and settings.base_url.startswith("https://")
        return unsubscribe_of(self.secret, settings.base_url, borne_by(row)) if trusted and row["message"] in OPTIONAL else None

    @cached_property
    def look(self) -> Look:
        """What reviews are for all their readers."""
        return Look(self.app.clock.wall)

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

    reason: Reason


def send(post: Post, row: Row) -> Receipt | Unsent:
    """Compose the message of a delivery about an event and hand it over, or say why nobody is to have it any longer.

    Raises:
        DeliveryError: the other side did not take it, or nobody can tell.
        ChannelError: the chat channel cannot be resolved.
    """
    return (_send_to_person if row["channel"] == MAIL else _send_to_chat)(post, row)


_CONFIRMS = "opinion-received"


def addressee(connection: sa.Connection, row: Row) -> Any:
    """The name, address and language of the person that a delivery is for. Raises AddressSuppressed for a mail, mandatory or not."""
    person = _ADDRESSEE.first(connection, person_=row["person_id"])
    if person.dead and row["channel"] == MAIL:
        raise AddressSuppressed
    return person


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
        if reason := why_not(connection, told, row, post.look):
            return Unsent(reason)
        charter = post.charter(connection, row)
        enclosed = post.enclosed(connection, row, charter)
    link = address_of(post.secret, post.app.settings.base_url, row["message"], borne_by(row)) or ""
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


def _send_to_chat(post: Post, row: Row) -> Receipt | Unsent:
    """A line in the chat room of a body, or in somebody's own, where any message may come."""
    app = post.app
    with app.db.read() as connection:
        person = addressee(connection, row) if row["person_id"] is not None else None
        language = person.language if person is not None else app.settings.language
        told = post.told(connection, row, language)
        if reason := why_not(connection, told, row, post.look):
            return Unsent(reason)
    context = told.context(person.name if person is not None else row["channel"], row["because"], row["person_id"])
    written = render_chat if person is None or row["message"] in CHATTED else render_line
    line = written(row["message"], language, context, f"{app.settings.base_url}/{ACTIONS}/{told.number}")
    return say_in_room(app, post.gateway, row["channel"], str(row["id"]), line)


def post_alone(post: Post, row: Row, sender: Sender, recipient: Recipient, written: Rendered) -> Receipt:
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
