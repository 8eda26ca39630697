"""One SMTP connection, kept and reused, and exact answers: delivered, refused for good, to be tried again, or nobody can tell."""

import re
import smtplib
import ssl
import time
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_address
from threading import Lock
from typing import NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from notifications.message import DeliveryError, Receipt
from notifications.redact import redact

_OK = range(200, 300)
_GO_ON = 354
_GOODBYE = 421
_IDLE_SECONDS = 5.0
_STATUS = re.compile(r"#?([245])\.(\d{1,3})\.(\d{1,3})\b")
_Reply = tuple[int, bytes]


class Greeting(StrEnum):
    """How a mail server receives us: well, not at all, without a certificate that we trust, without the protection asked for, or refusing our log-in."""

    RIGHT = "right"
    SILENT = "silent"
    CERTIFICATE = "certificate"
    UNPROTECTED = "unprotected"
    LOGIN = "login"


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class SmtpPool:
    """A connection to one relay, shared by threads: one message at a time, renewed after so many messages or seconds."""

    def __init__(  # noqa: PLR0913  # a server has that many settings
        self,
        host: str,
        port: int,
        *,
        user: str | None = None,
        password: str | None = None,
        security: Security = Security.NONE,
        timeout: float = 20.0,
        max_messages: int = 100,
        max_age: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remember the settings; the first message connects. ``clock`` counts seconds and never goes back."""
        self.host, self.port = host, port
        self._user, self._password = user, password
        self._security = security
        self._timeout = timeout
        self._max_messages, self._max_age = max_messages, max_age
        self._clock = clock
        self._lock = Lock()
        self._tls = None if security is Security.NONE else ssl.create_default_context()
        self._connection: smtplib.SMTP | None = None
        self._sent = 0
        self._born = self._used = 0.0

    def send(self, content: bytes, envelope_from: str, envelope_to: str) -> Receipt:
        """Deliver one message, as it travels but for its dots, to one address and return what the server answered.

        Raises:
            DeliveryError: permanent when the server refused this message or address with a 5xx; uncertain when the connection
                was lost after the last byte left; otherwise to be tried again, for instance when no connection could be made.
        """
        with self._lock:
            connection = self._begin(envelope_from)
            try:
                _expect(_told(connection.rcpt, envelope_to), _OK, of_recipient=True)
                receipt = _hand_over(connection, content)
            except DeliveryError as error:
                self._after(error)
                raise
            # The transaction has ended with the answer, and nobody may wait for more between the answer and its record.
            self._sent += 1
            self._used = self._clock()
            return receipt

    def greet(self) -> Greeting:
        """Connect, protect the connection and log in as for a message, then leave: says how far that went."""
        try:
            connection = self._open()
        except ssl.SSLCertVerificationError:
            return Greeting.CERTIFICATE
        except smtplib.SMTPNotSupportedError:
            return Greeting.UNPROTECTED
        except smtplib.SMTPAuthenticationError:
            return Greeting.LOGIN
        except (smtplib.SMTPException, OSError):
            return Greeting.SILENT
        _alive(connection.quit)
        connection.close()
        return Greeting.RIGHT

    def close(self) -> None:
        """Leave the server politely; the next message connects again."""
        with self._lock:
            self._drop()

    def _begin(self, envelope_from: str) -> smtplib.SMTP:
        reused = self._reusable()
        if reused is not None:
            try:
                _expect(_told(reused.mail, envelope_from), _OK)
            except DeliveryError as error:
                if error.code not in (None, _GOODBYE):
                    self._after(error)
                    raise
                # The server hung up while nothing was under way: a new connection may well do.
                self._drop()
            else:
                return reused
        fresh = self._connect()
        try:
            _expect(_told(fresh.mail, envelope_from), _OK)
        except DeliveryError as error:
            self._after(error)
            raise
        return fresh

    def _reusable(self) -> smtplib.SMTP | None:
        connection, now = self._connection, self._clock()
        if connection is None:
            return None
        worn = self._sent >= self._max_messages or now - self._born >= self._max_age
        if worn or (now - self._used >= _IDLE_SECONDS and not _alive(connection.noop)):
            self._drop()
            return None
        return connection

    def _connect(self) -> smtplib.SMTP:
        try:
            connection = self._open()
        except (smtplib.SMTPException, OSError) as error:
            # Whatever the code, such as a refused password, this says nothing about the message: it is never permanent.
            code = getattr(error, "smtp_code", None)
            raise DeliveryError(redact(f"no connection to the mail server: {error}"), code=code) from error
        self._connection, self._sent = connection, 0
        self._born = self._used = self._clock()
        return connection

    def _open(self) -> smtplib.SMTP:
        # A literal, as smtplib does without a domain name: asking for ours may wait for a name server, and would tell it.
        name = "[127.0.0.1]"
        if self._security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, name, timeout=self._timeout, context=self._tls)
        else:
            connection = smtplib.SMTP(self.host, self.port, name, timeout=self._timeout)
        try:
            self._greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        if self._security is Security.STARTTLS:
            connection.starttls(context=self._tls)
            connection.ehlo_or_helo_if_needed()
        if self._user is not None and self._password is not None:
            connection.login(self._user, self._password)

    def _settle(self) -> None:
        self._used = self._clock()
        if self._connection is not None and not _alive(self._connection.rset):
            self._drop()

    def _after(self, error: DeliveryError) -> None:
        # A server that answered is still there; one that said goodbye, or nothing, is not.
        if error.code is None or error.code == _GOODBYE:
            self._drop()
        else:
            self._settle()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.sock is not None:
            connection.sock.settimeout(min(self._timeout, 2.0))
            _alive(connection.quit)
        connection.close()


def _alive(ask: Callable[[], _Reply]) -> bool:
    try:
        return ask()[0] in _OK
    except (smtplib.SMTPException, OSError):
        return False


def _told(ask: Callable[[str], _Reply], words: str) -> _Reply:
    try:
        return ask(words)
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(redact(f"connection lost before the message was sent: {error}")) from error


def _expect(reply: _Reply, wanted: range, *, of_recipient: bool = False) -> _Reply:
    return reply if reply[0] in wanted else _refuse(reply, of_recipient=of_recipient)


def _refuse(reply: _Reply, *, of_recipient: bool) -> NoReturn:
    code, words = reply
    said = redact(words.decode("utf-8", "replace"))
    raise DeliveryError(
        f"the mail server answered {code} {said}".rstrip(),
        permanent=code in range(500, 600),
        code=code,
        status=_status_in(code, said),
        of_recipient=of_recipient and code != _GOODBYE,
    )


def _status_in(code: int, said: str) -> str | None:
    """The enhanced status with which an answer begins, where it is of the same kind as the reply code."""
    found = _STATUS.match(said)
    return ".".join(found.groups()) if found and found[1] == str(code // 100) else None


def _hand_over(connection: smtplib.SMTP, content: bytes) -> Receipt:
    """Send the content, whose end is the one moment that matters: before it nothing was delivered, after it something may have been."""
    _expect(_told(connection.docmd, "DATA"), range(_GO_ON, _GO_ON + 1))
    try:
        # One call: if it raises, the final dot has not left, and the server cannot have taken the message.
        connection.send(_stuffed(content))
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(redact(f"connection lost while the message was being sent: {error}")) from error
    try:
        reply = connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(redact(f"no answer after the message was sent: {error}"), uncertain=True) from error
    code, words = _expect(reply, _OK)
    return Receipt(code, redact(words.decode("utf-8", "replace")))


def _stuffed(content: bytes) -> bytes:
    doubled = (b"." + content if content.startswith(b".") else content).replace(b"\r\n.", b"\r\n..")
    return doubled + (b"" if doubled.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pool_from_url(url: str, *, per_connection: int = 100, timeout: float = 20.0) -> SmtpPool:
    """Return a pool for ``smtp://user:password@host:port?security=none|starttls|tls&timeout=20``; ``timeout`` where the address says none.

    Security is "none" on this machine and "starttls" elsewhere unless said; the port is 25, 587 or 465 accordingly.

    Raises:
        ValueError: the address is not of that form, or would send a password in clear to another machine. The text never shows it.
    """
    parts = urlsplit(url)
    if parts.scheme != "smtp" or not parts.hostname:
        raise ValueError("mail server: write smtp://host:port")
    query = parse_qs(parts.query, strict_parsing=bool(parts.query))
    here = _is_here(parts.hostname)
    security = Security(query.get("security", [Security.NONE if here else Security.STARTTLS])[0])
    if parts.password and security is Security.NONE and not here:
        raise ValueError("mail server: a password needs security=starttls or security=tls")
    return SmtpPool(
        parts.hostname,
        parts.port or {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}[security],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        security=security,
        timeout=float(query.get("timeout", [timeout])[0]),
        max_messages=per_connection,
    )
