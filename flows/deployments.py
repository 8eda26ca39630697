"""The deployments, in one list: what may run, where its code is, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.events import Stage
from services.wakes import STAGES

POOL = "passerelle"
POOL_TYPE = "passerelle"
MANAGED = "passerelle"
"""The tag of every run that operators want to hear of when it fails."""
OPERATIONS = "passerelle-operations"
"""The tag of the runs that tell operators; kept apart, so that an alert never alerts about itself."""

ALERT = "operations/alert"
SWEEP_EVERY = timedelta(minutes=10)
_STAGGER = timedelta(minutes=2)
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)

_FORMS: dict[str, tuple[str, ...]] = {
    Stage.PROPOSAL: ("propose", "resubmit", "withdraw"),
    Stage.COMMITTEE_REVIEW: ("open-review", "close-review", "opinion", "decision"),
    Stage.IMPLEMENTATION: ("register", "start", "suspend", "resume", "progress", "complete", "abandon"),
    Stage.REPORTING: ("final-report", "close"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A deployment as it should be. ``sweep_from`` anchors the schedule of those that sweep."""

    flow: str
    name: str
    tags: tuple[str, ...]
    sweep_from: datetime | None = None

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
    return (*sweeps, *forms, Planned(ALERT.partition("/")[0], ALERT.partition("/")[2], (OPERATIONS,)))
