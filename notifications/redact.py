"""Reasons without secrets: what other programs say about a failure, with addresses, links and keys taken out."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from notifications.text import one_line

HIDDEN = "***"
_LIMIT = 300
_SHORTEST_SECRET = 4
_PATTERNS = (
    re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S+"),
    re.compile(r"\b(?:with )?url: \S+"),
    re.compile(r"[^\s<>@\"'(,;:=]+@[^\s<>@\"'),;]+"),
    re.compile(r"(?i)\b(?:bearer|token|key|password|secret|authorization)\b\s*[=:]\s*\S+"),
    re.compile(r"\b(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_+=-]{16,}"),
)


def secrets_of(url: str) -> set[str]:
    """Return the parts of a link that must not be shown: user, password, host, path and query, as written and as meant."""
    parts = urlsplit(url)
    pieces = [parts.netloc, parts.hostname or "", parts.username or "", parts.password or "", parts.path, parts.query]
    pieces += [*parts.path.split("/"), *re.split("[&=]", parts.query)]
    return {form for piece in pieces for form in (piece, unquote(piece)) if len(form) >= _SHORTEST_SECRET}


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text on one short line, without the secrets named and without anything that looks like a link, an address or a key."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return one_line(text)[:_LIMIT]
