"""The deployments, in one list: what may run, where its code is, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.events import Stage
from services.sweep_watch import SWEEP_EVERY
from services.wakes import STAGES

POOL = "passerelle"
POOL_TYPE = "passerelle"
MANAGED = "passerelle"
"""The tag of every run that operators want to hear of when it fails."""
OPERATIONS = "passerelle-operations"
"""The tag of the runs that tell operators; kept apart, so that an alert never alerts about itself."""

_OPERATIONS = "operations"
ALERT = f"{_OPERATIONS}/alert"
CHECKPOINT_EVERY = timedelta(days=1)
_STAGGER = timedelta(minutes=2)
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
_BY_NIGHT = datetime(2026, 1, 1, 2, 25, tzinfo=UTC)

_FORMS: dict[str, tuple[str, ...]] = {
    Stage.PROPOSAL: ("propose", "resubmit", "withdraw", "supersede"),
    Stage.COMMITTEE_REVIEW: (
        *("open-review", "consult-group", "chase", "extend-review", "move-review"),
        *("close-review", "note-conflict", "opinion", "decision", "lift-reservation"),
        *("plan-meeting", "change-meeting", "convene-meeting", "open-meeting", "attendance", "close-meeting", "cancel-meeting"),
    ),
    Stage.IMPLEMENTATION: (
        *("register", "deliberation", "start", "suspend", "resume", "progress"),
        *("raise-blocker", "lift-blocker", "complete", "abandon"),
    ),
    Stage.REPORTING: ("final-report", "close"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A deployment as it should be. ``begins`` anchors the schedule of those that have one, which repeats ``every`` so often."""

    flow: str
    name: str
    tags: tuple[str, ...]
    begins: datetime | None = None
    every: timedelta = SWEEP_EVERY

    @property
    def full_name(self) -> str:
        """As Prefect writes it: ``proposal/propose``."""
        return f"{self.flow}/{self.name}"

    @property
    def entrypoint(self) -> str:
        """A module path: a file path would put this folder first on ``sys.path``."""
        return f"flows.{self.flow}.{self.name}".replace("-", "_")


def planned() -> tuple[Planned, ...]:
    """Every deployment, forms included."""
    sweeps = [Planned(flow, "stage", (MANAGED, flow), _ANCHOR + _STAGGER * order) for order, flow in enumerate(STAGES)]
    forms = [Planned(flow, name, (MANAGED, flow, "form")) for flow, names in _FORMS.items() for name in names]
    checkpoint = Planned(_OPERATIONS, "checkpoint", (MANAGED,), _BY_NIGHT, CHECKPOINT_EVERY)
    return (*sweeps, *forms, checkpoint, Planned(_OPERATIONS, "alert", (OPERATIONS,)))
