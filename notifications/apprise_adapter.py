"""The only door out: every message leaves through Apprise, mails by a schema of our own over one kept connection."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Lock
from typing import Any

from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType
from apprise.logger import LOGGER_NAME
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase

from notifications.message import DeliveryError, Receipt
from notifications.redact import redact, secrets_of
from notifications.smtp import SmtpPool

# Apprise's own annotations are few and partly wrong: at this border its objects are of any type.
_Service: Any = NotifyBase
_Registry: Any = NotificationManager
_Log: Any = LogCapture

MAIL_SCHEMA = "passerelle"
CHAT_SCHEMAS = frozenset(
    {
        *("matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "nctalk", "nctalks"),
        *("slack", "workflow", "workflows", "ntfy", "ntfys", "json", "jsons"),
    }
)
"""The chat services a message may go to; others could act on this machine or on the network around it."""

_ASSET = AppriseAsset(async_mode=False, http_redirects=False, pgp_autogen=False)
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 15.0
_STATUS = re.compile(r"error[=: ]+(\d{3})\b")
_SAID_BY_THE_MAIL = "mail"
"""Apprise carries no empty text; the mail itself says all."""
_TRY_AGAIN_LATER = frozenset({408, 425, 429})
_one_at_a_time = Lock()
"""Apprise's log is the only place where it says why; lines of parallel threads would mix."""


class MailNotify(_Service):  # type: ignore[misc]  # see above
    """Carries one finished mail over a pool and keeps what became of it; there is no address of this schema to write by hand."""

    service_name = "Passerelle mail"
    service_url = "https://passerelle.example"
    setup_url = "https://passerelle.example"
    protocol = MAIL_SCHEMA
    request_rate_per_sec = 0
    notify_format = NotifyFormat.TEXT
    title_maxlen = 0
    templates = ("{schema}://",)

    def __init__(self, mail: bytes, envelope_from: str, envelope_to: str, pool: SmtpPool, **kwargs: Any) -> None:
        """Take everything needed to send; nothing is sent yet."""
        super().__init__(**kwargs)
        self._mail, self._pool = mail, pool
        self._envelope = (envelope_from, envelope_to)
        self.outcome: Receipt | DeliveryError | None = None

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: Any) -> bool:
        """Send the mail; the arguments are Apprise's own and say nothing more than the mail does."""
        del body, title, notify_type
        try:
            self.outcome = self._pool.send(self._mail, *self._envelope)
        except DeliveryError as error:
            self.outcome = error
        return isinstance(self.outcome, Receipt)

    def url(self, *_: Any, **__: Any) -> str:
        """Return the schema alone: a mail has no address that could be stored."""
        return f"{MAIL_SCHEMA}://"

    @staticmethod
    def parse_url(*_: Any, **__: Any) -> None:
        """Refuse to be made from an address."""


with warnings.catch_warnings():
    # This loads all of Apprise's services, and some rest on modules that newer Pythons drop: no concern of ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    _Registry().add(MailNotify, schemas=MAIL_SCHEMA)


class Gateway:
    """Sends one message to one address at a time, and answers with a receipt or the reason why not."""

    def __init__(self, pool: SmtpPool) -> None:
        """Mails go over this pool."""
        self._pool = pool

    def send_mail(self, mail: bytes, envelope_from: str, envelope_to: str) -> Receipt:
        """Send a mail to one address.

        Raises:
            DeliveryError: as ``SmtpPool.send`` says; uncertain if Apprise swallowed another error on the way.
        """
        carrier = MailNotify(mail, envelope_from, envelope_to, self._pool, asset=_ASSET)
        accepted = _notify(carrier, _SAID_BY_THE_MAIL, "")
        if isinstance(carrier.outcome, DeliveryError):
            raise carrier.outcome
        if carrier.outcome is None or not accepted:
            raise DeliveryError("the mail did not come back from the way out", uncertain=True)
        return carrier.outcome

    def send_chat(self, url: str, title: str, text: str) -> Receipt:
        """Send a short text to a chat room.

        Raises:
            DeliveryError: permanent when the address or the service refuses for good; uncertain when the answer did not come in time.
        """
        secrets = secrets_of(url)
        with _overheard() as log:
            room = _room(url, secrets)
            accepted = _notify(room, text, title)
            said = log.getvalue()
        if accepted:
            return Receipt(200, "accepted")
        raise _refusal(said, secrets)

    def close(self) -> None:
        """Leave the mail server."""
        self._pool.close()


@contextmanager
def _overheard() -> Iterator[StringIO]:
    """Listen to what Apprise says, down to its details; those hold addresses and texts, so that nobody else may hear them."""
    logger = logging.getLogger(LOGGER_NAME)
    with _one_at_a_time, _Log(level=logging.DEBUG, fmt="%(levelname)s %(message)s") as log:
        heard_by_others, logger.propagate = logger.propagate, False
        try:
            yield log
        finally:
            logger.propagate = heard_by_others


def _room(url: str, secrets: set[str]) -> Any:
    schema = url.partition("://")[0].lower()
    if schema not in CHAT_SCHEMAS:
        raise DeliveryError("the channel's address does not name a chat service that is allowed", permanent=True)
    try:
        room: Any = Apprise.instantiate(url, _ASSET, suppress_exceptions=False)
    except TypeError as error:
        raise DeliveryError(redact(f"the channel's address is not valid for {schema}: {error}", secrets), permanent=True) from error
    if room is None:
        raise DeliveryError(f"the channel's address is not valid for {schema}", permanent=True)
    # We retry ourselves, and a failure is never optional, whatever the address says.
    room.retry, room.optional = 0, False
    room.request_rate_per_sec = 0
    room.socket_connect_timeout, room.socket_read_timeout = _CONNECT_SECONDS, _READ_SECONDS
    return room


def _notify(service: Any, body: str, title: str) -> bool:
    way_out = Apprise(None, _ASSET)
    way_out.add(service)
    return way_out.notify(body, title, NotifyType.INFO, NotifyFormat.TEXT) is True


def _refusal(said: str, secrets: set[str]) -> DeliveryError:
    # Other lines repeat what was sent, and where.
    reasons = [line for line in said.splitlines() if line.startswith(("WARNING ", "ERROR ", "DEBUG Socket Exception"))]
    status = _STATUS.search(" ".join(reasons))
    code = int(status[1]) if status else None
    return DeliveryError(
        redact("; ".join(reasons), secrets) or "the chat service did not take the message",
        permanent=code is not None and code in range(400, 500) and code not in _TRY_AGAIN_LATER,
        uncertain="Read timed out" in said,
        code=code,
    )
