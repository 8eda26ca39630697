"""Against forms sent from elsewhere: each form carries a seal over a cookie that only this portal can read."""

import hashlib
import hmac
import secrets

from models.errors import Refused

COOKIE = "passerelle_form"
FIELD = "seal"


def fresh() -> str:
    """What the cookie holds: a random text that means nothing."""
    return secrets.token_urlsafe(24)


def seal(secret: bytes, cookie: str) -> str:
    """The seal that goes into a form."""
    return hmac.new(secret, b"form:" + cookie.encode(), hashlib.sha256).hexdigest()


def check(secret: bytes, cookie: str | None, shown: str | None, *, origin: str | None, host: str) -> None:
    """Refuse a form without its seal, with another's, or that says it comes from another site."""
    foreign = origin is not None and origin != "null" and origin.partition("://")[2] != host
    if foreign or not cookie or not shown or not hmac.compare_digest(seal(secret, cookie).encode(), shown.encode()):
        raise Refused.because("form_not_ours")
