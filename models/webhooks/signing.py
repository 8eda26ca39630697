"""Signatures as Standard Webhooks has them (symmetric, version 1): whoever shares the secret can tell our posts from anybody else's."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from uuid import UUID

_PREFIX = "whsec_"
_PURPOSE = b"webhook:"


def key_of(home_secret: bytes, named: UUID) -> bytes:
    """The key of this name: made from the home's secret, so that it is stored nowhere. 32 bytes."""
    return hmac.new(home_secret, _PURPOSE + named.bytes, hashlib.sha256).digest()


def shown(key: bytes) -> str:
    """A key as receivers take it."""
    return _PREFIX + b64encode(key).decode()


def headers_of(keys: Iterable[bytes], message: str, seconds: int, body: bytes) -> Mapping[str, str]:
    """The headers of a post: its id, the moment of this try (seconds since 1970), and a signature by each key."""
    covered = f"{message}.{seconds}.".encode() + body
    signatures = (b64encode(hmac.new(key, covered, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
