"""Whether everybody was told of what happened, or is about to be."""

from collections.abc import Iterator

from services.bootstrap import App
from services.doctor_check import Check, counted
from services.proof import named_as, prove, some


def examine_telling(app: App) -> Iterator[Check]:
    """What the proof finds of all events, and what should have left long ago."""
    found = prove(app)
    missing = some(named_as(gap.action, gap.seq) for gap in found.gaps)
    counts: dict[str, str | int] = {"events": found.events, "deliveries": found.deliveries}
    yield Check("telling", "mend", {"count": len(found.gaps), "missing": missing}) if found.gaps else Check("telling", "right", counts)
    yield counted("deliveries_overdue", found.overdue)
