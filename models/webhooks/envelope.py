"""What is posted of an event: that it happened, when and to which action. No payload, no text, nobody's name or seat."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

VERSION = 1
"""Of the shape below. Keys may be added under the same version; none is renamed or taken away, nor changes its meaning."""
TEST = "webhook.test"
"""The type of a post that somebody asked for, to see whether it arrives."""
_SYSTEM, _SOMEBODY = "system", "seat"


def envelope(event: Mapping[str, Any], *, page: str, rehearsal: bool) -> bytes:
    """The body of the post about an event, the same bytes each time. ``event``: its row, with the number of its action as ``action``."""
    recorded = _moment(event["recorded_at"])
    data = {
        "convention": event["convention"],
        "action": event["action"],
        "body": event["body"],
        "occurred_on": event["occurred_on"].isoformat(),
        "recorded_at": recorded,
        "before": event["before"],
        "after": event["after"],
        "actor": _SYSTEM if event["actor"] == _SYSTEM else _SOMEBODY,
        "page": page,
    }
    return _written(str(event["id"]), event["topic"], recorded, data, rehearsal=rehearsal)


def trial_envelope(message: str, convention: str, at: datetime, *, page: str, rehearsal: bool) -> bytes:
    """The body of a test."""
    return _written(message, TEST, _moment(at), {"convention": convention, "page": page}, rehearsal=rehearsal)


def _written(message: str, kind: str, at: str, data: Mapping[str, Any], *, rehearsal: bool) -> bytes:
    whole = {"version": VERSION, "id": message, "type": kind, "timestamp": at, "rehearsal": rehearsal, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
