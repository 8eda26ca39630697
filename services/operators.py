"""Telling those who operate an installation: what broke, and what they should keep."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from notifications.channels import OPERATORS
from notifications.dates import short_date
from services.notices import new_delivery, write_deliveries
from services.wakes import DELIVERIES
from services.wording import Wording
from services.work import Work

_PREFIX = "operators-"


def tell_operators(work: Work, kind: str, *, key: str, details: Mapping[str, Any], channel: str | None = None) -> int:
    """Write one message to the operators, and to their ``channel`` if there is one, in the transaction at work.

    ``kind`` names its sentences, ``operators.<kind>`` in the catalogues. The same ``key`` is told once; returns how many messages are new.
    """
    told = {"event_id": None, "stage": DELIVERIES, "message": f"{_PREFIX}{kind}", "because": "operator", "person_id": None}
    rows = [
        new_delivery(work, **told, unique_key=f"{kind}:{key}:{to}", channel=to, details=dict(details)) for to in (OPERATORS, channel) if to
    ]
    return write_deliveries(work, rows)


def say_to_operators(message: str, details: Mapping[str, Any], wording: Wording, *, rehearsal: bool) -> tuple[str, str]:
    """The title and the text of a message to operators; its ``day`` as a reader writes it."""
    kind = message.removeprefix(_PREFIX)
    filled = {**details, **({"day": short_date(date.fromisoformat(details["day"]), wording.language)} if "day" in details else {})}
    title = wording.say(f"operators.{kind}.rehearsal" if rehearsal else f"operators.{kind}.subject", **filled)
    return title, wording.say(f"operators.{kind}.text", **filled)
