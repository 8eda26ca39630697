"""Links in mails: a link is the delivery it came with, signed by the home. It says nothing by itself and holds no name.

What it may do is read from the delivery and from the seats of the day each time it is shown, so nothing about it goes stale.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from models.database import Database
from models.errors import NotFound, Problem
from models.prepared import Prepared
from models.tables import Home, table
from services.homes import fresh_secret

_HOME = table(Home)
_SECRET = Prepared(sa.select(_HOME.c.secret).where(_HOME.c.id == sa.literal_column("1")))
_SEAL_BYTES = 16
ANSWER, PROGRESS, FINAL_REPORT, SIGN_IN = "answer", "progress", "final_report", "sign_in"
LEADS_TO: Mapping[str, str] = {
    "opinion-requested": ANSWER,
    "opinion-reminder": ANSWER,
    "review-extended": ANSWER,
    "review-moved": ANSWER,
    "opinion-received": ANSWER,
    "proxy-held": ANSWER,
    "proxy-given": ANSWER,
    "progress-requested": PROGRESS,
    "milestone-passed": PROGRESS,
    "action-neglected": PROGRESS,
    "final-report-requested": FINAL_REPORT,
    "final-report-delayed": FINAL_REPORT,
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
        mine = _HOME.update().where(_HOME.c.id == 1, _HOME.c.secret.is_(None))
        connection.execute(mine.values(secret=fresh_secret()))
        return bytes(connection.execute(sa.select(_HOME.c.secret)).scalar_one())


def token_of(secret: bytes, delivery: UUID) -> str:
    """The token of a delivery: its id and a seal, 43 characters that fit into an address."""
    return urlsafe_b64encode(delivery.bytes + _seal(secret, delivery.bytes)).decode().rstrip("=")


def delivery_in(secret: bytes, token: str) -> UUID:
    """The delivery of a token. Raises NotFound for a token that this home did not make."""
    try:
        raw = urlsafe_b64decode(f"{token}{'=' * (-len(token) % 4)}".encode("ascii"))
    except (NotBase64, UnicodeEncodeError, ValueError):
        raw = b""
    known, seal = raw[:16], raw[16:]
    if len(raw) != 16 + _SEAL_BYTES or not hmac.compare_digest(seal, _seal(secret, known)):
        raise NotFound(Problem("link_unknown"))
    return UUID(bytes=known)


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


def _seal(secret: bytes, content: bytes) -> bytes:
    return hmac.new(secret, b"link:" + content, hashlib.sha256).digest()[:_SEAL_BYTES]
