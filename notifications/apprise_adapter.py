"""The only door out: every message leaves through Apprise; mails, and lines for Matrix rooms, by schemas of our own."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from threading import Lock
from typing import Any

from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType
from apprise.logger import LOGGER_NAME
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase
from apprise.plugins.matrix.base import NotifyMatrix

from notifications.hosts import Hosts
from notifications.matrix import MatrixRoom
from notifications.message import DeliveryError, Receipt
from notifications.reach import kept_to
from notifications.redact import redact, secrets_of
from notifications.smtp import SmtpPool

# Apprise's own annotations are few and partly wrong: at this border its objects are of any type.
_Service: Any = NotifyBase
_Registry: Any = NotificationManager
_Log: Any = LogCapture
_Matrix: Any = NotifyMatrix

MAIL_SCHEMA, MATRIX_SCHEMA = "passerelle", "passerelle-matrix"
CHAT_SCHEMAS = frozenset(
    {
        *("matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "nctalk", "nctalks"),
        *("slack", "workflow", "workflows", "ntfy", "ntfys", "json", "jsons"),
    }
)
"""The chat services a message may go to; others could act on this machine or on the network around it."""

_CLOUDS = {
    ("NotifySlack", "hook"): "hooks.slack.com",
    ("NotifySlack", "gov-hook"): "hooks.slack-gov.com",
    ("NotifySlack", "workflow"): "hooks.slack.com",
    ("NotifySlack", "trigger"): "hooks.slack.com",
    ("NotifySlack", "bot"): "slack.com",
    ("NotifyNtfy", "cloud"): "ntfy.sh",
    ("NotifyMatrix", "t2bot"): "webhooks.t2bot.io",
}
"""Where services are that have one place for everybody, by their class and mode."""
_NO_WEBHOOK = "off"
_ASSET = AppriseAsset(
    async_mode=False, http_redirects=False, pgp_autogen=False, app_id="Passerelle", app_desc="Passerelle", app_url="", image_url_mask=""
)
"""No pictures: whoever reads a message would fetch them from Apprise's own site."""
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 15.0
_STATUS = re.compile(r"error[=: ]+(\d{3})\b")
_SAID_BY_THE_MAIL = "mail"
"""Apprise carries no empty text; the mail itself says all."""
_ANSWER_LOST = ("Read timed out", "Connection aborted")
"""The request had left; nobody knows what became of it."""
_TRY_AGAIN_LATER = frozenset({408, 425, 429})
_one_at_a_time = Lock()
"""Apprise's log is the only place where it says why; lines of parallel threads would mix."""


class _OwnNotify(_Service):  # type: ignore[misc]  # see above
    """Carries one message and keeps what became of it; there is no address of its schema to write by hand."""

    service_name = "Passerelle"
    service_url = "https://passerelle.example"
    setup_url = "https://passerelle.example"
    request_rate_per_sec = 0
    notify_format = NotifyFormat.TEXT
    title_maxlen = 0
    templates = ("{schema}://",)
    outcome: Receipt | DeliveryError | None = None

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: Any) -> bool:
        """Send what is carried; Apprise puts the title before the text."""
        del title, notify_type
        try:
            self.outcome = self._carry(body)
        except DeliveryError as error:
            self.outcome = error
        return isinstance(self.outcome, Receipt)

    def url(self, *_: Any, **__: Any) -> str:
        """Return the schema alone: what is carried has no address that could be stored."""
        return f"{self.protocol}://"

    @staticmethod
    def parse_url(*_: Any, **__: Any) -> None:
        """Refuse to be made from an address."""

    def _carry(self, body: str) -> Receipt:
        raise NotImplementedError


class MailNotify(_OwnNotify):
    """A finished mail, over a pool; what Apprise says of it is not looked at, since the mail says all."""

    protocol = MAIL_SCHEMA

    def __init__(self, mail: bytes, envelope_from: str, envelope_to: str, pool: SmtpPool, **kwargs: Any) -> None:
        """Take everything needed to send; nothing is sent yet."""
        super().__init__(**kwargs)
        self._mail, self._pool = mail, pool
        self._envelope = (envelope_from, envelope_to)

    def _carry(self, body: str) -> Receipt:
        del body
        return self._pool.send(self._mail, *self._envelope)


class MatrixNotify(_OwnNotify):
    """A line for a Matrix room, under the id of its delivery: Apprise's own service forgets to count and loses every second message."""

    protocol = MATRIX_SCHEMA
    body_maxlen = 60_000

    def __init__(self, room: MatrixRoom, key: str, **kwargs: Any) -> None:
        """Take the room and the id; nothing is sent yet."""
        super().__init__(**kwargs)
        self._room, self._key = room, key

    def _carry(self, body: str) -> Receipt:
        return self._room.say(self._key, body.replace("\r\n", "\n"))


with warnings.catch_warnings():
    # This loads all of Apprise's services, and some rest on modules that newer Pythons drop: no concern of ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    _Registry().add(MailNotify, schemas=MAIL_SCHEMA)
    _Registry().add(MatrixNotify, schemas=MATRIX_SCHEMA)


@dataclass(frozen=True, slots=True)
class ChatService:
    """What may be shown of a channel's address: the service's name, and the host that it leads to."""

    name: str
    host: str


class Gateway:
    """Sends one message to one address at a time, and answers with a receipt or the reason why not."""

    def __init__(self, pool: SmtpPool, hosts: Hosts) -> None:
        """Mails go over this pool, chat messages to these hosts."""
        self._pool, self._hosts = pool, hosts
        self._mails, self._mailing = Apprise(None, _ASSET), Lock()

    def send_mail(self, mail: bytes, envelope_from: str, envelope_to: str) -> Receipt:
        """Send a mail to one address.

        Raises:
            DeliveryError: as ``SmtpPool.send`` says; uncertain if Apprise swallowed another error on the way.
        """
        carrier = MailNotify(mail, envelope_from, envelope_to, self._pool, asset=_ASSET)
        with self._mailing:  # the connection takes one at a time anyway
            accepted = _notify(self._mails, carrier, _SAID_BY_THE_MAIL, "", tag=None)
        if isinstance(carrier.outcome, DeliveryError):
            raise carrier.outcome
        if carrier.outcome is None or not accepted:
            raise DeliveryError("the mail did not come back from the way out", uncertain=True)
        return carrier.outcome

    def send_chat(self, url: str, title: str, text: str, key: str) -> Receipt:
        """Send a short text to a chat room. ``key`` stays the same however often it is sent: a Matrix room takes it once.

        Raises:
            DeliveryError: permanent when the address, its host or the service refuses for good; uncertain when the answer did not come in
                time, except from a Matrix room that is told by token.
        """
        with _overheard() as log, kept_to(self._hosts) as watch:
            accepted, outcome = self._say(url, title, text, key)  # a service that logs out does so here, still watched
            said = log.getvalue()
        if accepted:
            return Receipt(200, "accepted")
        raise watch.refused or outcome or _refusal(said, secrets_of(url))

    def _say(self, url: str, title: str, text: str, key: str) -> tuple[bool, DeliveryError | None]:
        room = _room(url)
        self._hosts.admit(_host_of(room))
        carrier = _carrier_of(room, key)
        return _notify(Apprise(None, _ASSET), carrier, text, title), getattr(carrier, "outcome", None)

    def close(self) -> None:
        """Leave the mail server."""
        self._pool.close()


def look_at(url: str) -> ChatService:
    """Say which service an address belongs to, and which host; nothing is sent.

    Raises:
        DeliveryError: permanent, as ``Gateway.send_chat`` would refuse the address.
    """
    with _overheard():
        room = _room(url)
    return ChatService(str(room.service_name), redact(_host_of(room)))


@contextmanager
def _overheard() -> Iterator[StringIO]:
    """Listen to what Apprise says, down to its details; those hold addresses and texts, so that nobody else may hear them.

    Nor what carries its requests: urllib3 names the paths, in which webhooks have their keys.
    """
    loggers = [logging.getLogger(name) for name in (LOGGER_NAME, "urllib3")]
    with _one_at_a_time, _Log(level=logging.DEBUG, fmt="%(levelname)s %(message)s") as log:
        heard_by_others = [logger.propagate for logger in loggers]
        for logger in loggers:
            logger.propagate = False
        try:
            yield log
        finally:
            for logger, heard in zip(loggers, heard_by_others, strict=True):
                logger.propagate = heard


def _room(url: str) -> Any:
    schema = url.partition("://")[0].lower()
    if schema not in CHAT_SCHEMAS:
        raise DeliveryError("the channel's address does not name a chat service that is allowed", permanent=True)
    try:
        room: Any = Apprise.instantiate(url, _ASSET, suppress_exceptions=False)
    except TypeError as error:
        raise DeliveryError(redact(f"the channel's address is not valid for {schema}: {error}", secrets_of(url)), permanent=True) from error
    if room is None:
        raise DeliveryError(f"the channel's address is not valid for {schema}", permanent=True)
    # We retry ourselves, a failure is never optional, and nobody sends us elsewhere, whatever the address says.
    room.retry, room.optional, room.redirects = 0, False, False
    room.request_rate_per_sec = 0
    room.socket_connect_timeout, room.socket_read_timeout = _CONNECT_SECONDS, _READ_SECONDS
    return room


def _host_of(room: Any) -> str:
    """The host that a service speaks to: its own cloud, where the address names none."""
    return _CLOUDS.get((type(room).__name__, str(getattr(room, "mode", ""))), str(room.host))


def _carrier_of(room: Any, key: str) -> Any:
    """The service itself, or ours for a Matrix room that is told by token."""
    if not (isinstance(room, _Matrix) and room.mode == _NO_WEBHOOK):
        return room
    room.hsreq = False  # room ids of today name no server
    if room.user:
        return room
    names = [*room.rooms, *room.users]
    if len(names) != 1 or not names[0].startswith(("!", "#")):
        raise DeliveryError("a Matrix channel with a token names one room, by its id (!...) or an alias (%23...)", permanent=True)
    server = f"{'https' if room.secure else 'http'}://{room.host}{f':{room.port}' if room.port else ''}"
    spoken = MatrixRoom(server, names[0], room.password, (_CONNECT_SECONDS, _READ_SECONDS), room.verify_certificate)
    return MatrixNotify(spoken, key, asset=_ASSET)


def _notify(way_out: Apprise, service: Any, body: str, title: str, **tags: Any) -> bool:
    """By this service alone: making the way out anew costs more than all the rest, since it looks for Apprise's own translations."""
    way_out.clear()
    way_out.add(service)
    return way_out.notify(body, title, NotifyType.INFO, NotifyFormat.TEXT, **tags) is True


def _refusal(said: str, secrets: set[str]) -> DeliveryError:
    # Other lines repeat what was sent, and where.
    reasons = [line for line in said.splitlines() if line.startswith(("WARNING ", "ERROR ", "DEBUG Socket Exception"))]
    status = _STATUS.search(" ".join(reasons))
    code = int(status[1]) if status else None
    return DeliveryError(
        redact("; ".join(reasons), secrets) or "the chat service did not take the message",
        permanent=code is not None and code in range(400, 500) and code not in _TRY_AGAIN_LATER,
        uncertain=any(lost in said for lost in _ANSWER_LOST),
        code=code,
    )
