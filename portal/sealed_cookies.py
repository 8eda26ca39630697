"""What a browser keeps for us for some minutes: readable to it, of use to nobody else, and ours to the letter."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Kept = TypeVar("Kept", bound=BaseModel)


def seal(secret: bytes, kept: BaseModel) -> str:
    """A text that a cookie can hold."""
    content = urlsafe_b64encode(kept.model_dump_json().encode()).decode()
    return f"{content}.{_mark(secret, type(kept), content)}"


def unseal(secret: bytes, kind: type[Kept], text: str | None) -> Kept | None:
    """What was sealed, if this home sealed it and as what it is taken for."""
    content, _, mark = (text or "").partition(".")
    if not content.isascii() or not hmac.compare_digest(mark.encode(), _mark(secret, kind, content).encode()):
        return None
    try:
        return kind.model_validate_json(urlsafe_b64decode(content))
    except (ValidationError, ValueError):  # a release before this one sealed it
        return None


def _mark(secret: bytes, kind: type[BaseModel], content: str) -> str:
    return hmac.new(secret, f"kept:{kind.__name__}:{content}".encode(), hashlib.sha256).hexdigest()
