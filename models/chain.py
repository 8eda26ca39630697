"""The hash chain of an action's log: each event's hash covers its own content and the hash of the event before it.

What is hashed is what is stored: a JSON array of the columns in the order of ``FIELDS``, as text; a payload goes in as the very text
of its column. Nothing a person wrote is in it but under a salted hash, so a text can be erased and the chain still agrees.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from orjson import dumps

FIELDS = (
    "id",
    "seq",
    "topic",
    "schema_version",
    "occurred_on",
    "recorded_at",
    "actor",
    "on_behalf_of",
    "via",
    "cause",
    "before",
    "after",
    "body",
    "seen_version",
    "payload",
    "digest",
)
"""The columns of an event that its hash covers, in this order: ids and hashes in hexadecimal, days as ``YYYY-MM-DD``,
moments in UTC as ``YYYY-MM-DD HH:MM:SS.ffffff``, counts as numbers, what is absent as null."""


def document_text(document: Any) -> str:
    """A JSON document as every column of the database stores it: compact, keys in the order given, letters as they are."""
    return dumps(document, default=list).decode()


def genesis(convention: str, number: str) -> bytes:
    """What the first event of an action is chained to: the action itself, so that no log can stand in for another's."""
    return hashlib.sha256(f"{convention}/{number}".encode()).digest()


def link(before: bytes, content: Sequence[Any]) -> bytes:
    """The hash of an event: 32 bytes over the hash before it and its content, in the order of ``FIELDS``."""
    return hashlib.sha256(before + dumps(content, default=list)).digest()
