"""Links in mails: a link is the delivery it came with, or a sending of it, signed by the home. It says nothing by itself and holds no name.

What it may do is read from the delivery and from the seats of the day each time it is shown, so nothing about it goes stale.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.database import Database
from models.errors import NotFound, Problem
from models.prepared import Prepared
from models.tables import Delivery, Home, table
from services.homes import fresh_secret

_DELIVERY, _HOME = table(Delivery), table(Home)
Row = Mapping[Any, Any]
_SECRET = Prepared(sa.select(_HOME.c.secret).where(_HOME.c.id == sa.literal_column("1")))
_SEAL_BYTES = 16
_OF_LINKS, _OF_FEEDS = b"link:", b"feed:"
"""What a seal is for: one that was made for a mail opens no calendar, nor the other way round."""
FEEDS = "agenda"
"""The path of calendars, after the portal's address."""
ANSWER, PROGRESS, FINAL_REPORT, SIGN_IN = "answer", "progress", "final_report", "sign_in"
LEADS_TO: Mapping[str, str] = {
    "opinion-requested": ANSWER,
    "opinion-reminder": ANSWER,
    "opinion-chased": ANSWER,
    "review-extended": ANSWER,
    "review-moved": ANSWER,
    "opinion-received": ANSWER,
    "proxy-held": ANSWER,
    "proxy-given": ANSWER,
    "progress-requested": PROGRESS,
    "progress-delayed": PROGRESS,
    "progress-chased": PROGRESS,
    "milestone-passed": PROGRESS,
    "action-neglected": PROGRESS,
    "final-report-requested": FINAL_REPORT,
    "final-report-delayed": FINAL_REPORT,
    "final-report-chased": FINAL_REPORT,
    "final-report-incomplete": FINAL_REPORT,
    "sign-in": SIGN_IN,
}
"""What the link of a message is for; other messages have none."""
WORDS: Mapping[str, str] = {message: "change" if message == "opinion-received" else kind for message, kind in LEADS_TO.items()}
"""What the link of a message is called: a key of the frame's links."""
PATHS: Mapping[str, str] = {ANSWER: "avis", PROGRESS: "avancement", FINAL_REPORT: "bilan", SIGN_IN: "connexion"}
"""Where each kind of link leads, after the portal's address."""


def secret_of(db: Database) -> bytes:
    """The home's secret. It lies in the database, so a restored home knows its links. A home that the release before set up has none yet."""
    with db.read() as connection:
        known: bytes | None = _SECRET.scalar(connection)
    if known is not None:
        return bytes(known)
    with db.write() as connection:
        return secret_in(connection)


def secret_in(connection: sa.Connection) -> bytes:
    """The same, in a transaction at work; one that may write where the home has none yet."""
    known: bytes | None = _SECRET.scalar(connection)
    if known is None:
        mine = _HOME.update().where(_HOME.c.id == 1, _HOME.c.secret.is_(None))
        connection.execute(mine.values(secret=fresh_secret()))
        known = connection.execute(sa.select(_HOME.c.secret)).scalar_one()
    return bytes(known)


def token_of(secret: bytes, delivery: UUID, purpose: bytes = _OF_LINKS) -> str:
    """The token of a delivery, or of what another ``purpose`` is about: its id and a seal, 43 characters that fit into an address."""
    return urlsafe_b64encode(delivery.bytes + _seal(secret, purpose, delivery.bytes)).decode().rstrip("=")


def delivery_in(secret: bytes, token: str) -> UUID:
    """The delivery of a token. Raises NotFound for a token that this home did not make."""
    return _named_in(secret, token, _OF_LINKS, "link_unknown")


def borne_by(row: Row) -> UUID:
    """What the link of a delivery names: see ``link_id``."""
    named: UUID = row["link_id"] or row["id"]
    return named


def that_bore(named: UUID) -> sa.ColumnElement[bool]:
    """The delivery of which a link names this, or named it before it was sent again."""
    return (_DELIVERY.c.id == named) | (_DELIVERY.c.link_id == named)


def is_void(row: Row, named: UUID) -> bool:
    """Whether the link that names this is over: its delivery was sent again with another, or its person's links were revoked since."""
    return borne_by(row) != named or (row["links_from"] is not None and row["created_at"] < row["links_from"])


def feed_in(secret: bytes, token: str) -> UUID:
    """The calendar feed of a token. Raises NotFound for a token that this home did not make."""
    return _named_in(secret, token, _OF_FEEDS, "feed_unknown")


def feed_address_of(secret: bytes, base_url: str, feed: UUID) -> str:
    """The address at which a calendar is read."""
    return f"{base_url}/{FEEDS}/{token_of(secret, feed, _OF_FEEDS)}.ics"


def _named_in(secret: bytes, token: str, purpose: bytes, unknown: str) -> UUID:
    """What a token names, if it is to the letter the one that this home makes for it."""
    try:
        named = UUID(bytes=urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}".encode("ascii"))[:16])
        good = hmac.compare_digest(token, token_of(secret, named, purpose))
    except ValueError:  # what is no base64, or too short, is one as well
        good = False
    if not good:
        raise NotFound(Problem(unknown))
    return named


def address_of(secret: bytes, base_url: str, message: str, delivery: UUID) -> str | None:
    """The address that a message leads to, or None for one that asks for nothing."""
    kind = LEADS_TO.get(message)
    return f"{base_url}/{PATHS[kind]}/{token_of(secret, delivery)}" if kind else None


def choices_of(secret: bytes, base_url: str, delivery: UUID) -> str:
    """The address where the person of a message chooses what they are told, and when."""
    return f"{base_url}/preferences/{token_of(secret, delivery)}"


def unsubscribe_of(secret: bytes, base_url: str, delivery: UUID) -> str:
    """The address where one click stops messages of the same kind."""
    return f"{base_url}/desabonnement/{token_of(secret, delivery)}"


def _seal(secret: bytes, purpose: bytes, content: bytes) -> bytes:
    return hmac.new(secret, purpose + content, hashlib.sha256).digest()[:_SEAL_BYTES]
