"""How accessible the portal is, counted from the audit that it serves."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from portal.guides import text_of

ASSESSED_ON = date(2026, 11, 30)
"""When the audit was last done."""
_LINE = re.compile(r"^\| (\d+\.\d+) \|.*\| (C|NC|NA) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many criteria are met, are not, and have nothing to apply to."""

    met: int
    unmet: int
    without_object: int

    @property
    def percent(self) -> int:
        """The share of the criteria with an object that are met, rounded down."""
        return 100 * self.met // (self.met + self.unmet)

    @property
    def state(self) -> str:
        """As the French framework words it: ``full``, ``partial`` from half of the criteria on, else ``none``."""
        return "full" if not self.unmet else "partial" if 2 * self.met >= self.met + self.unmet else "none"


@cache
def verdicts() -> Mapping[str, str]:
    """The audit's verdict on each criterion of RGAA 4.1: ``C`` met, ``NC`` not met, ``NA`` nothing to apply to."""
    return dict(_LINE.findall(text_of("audit")))


@cache
def figures() -> Figures:
    """The audit in figures."""
    counted = Counter(verdicts().values())
    return Figures(counted["C"], counted["NC"], counted["NA"])
