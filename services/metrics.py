"""The metrics of a process that is watched, in Prometheus's terms: what it does itself, and how its home stands.

Each process owns its registry. Names begin with ``passerelle_`` and end in their unit; nothing in them tells of a person or an action.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from models.events import Stage
from services.backup import last_backup
from services.bootstrap import App
from services.checkpoints import last_written
from services.figures import Figures, Waiting, read_figures
from services.meter import Meter
from services.portal_health import portal_standing
from services.settings import Settings
from services.wakes import STAGES

_LOG = logging.getLogger("passerelle.metrics")
_LAGS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
_DELIVERY_LAGS = (*_LAGS[4:], 21_600.0, 86_400.0, 172_800.0)
_CHUNKS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 5.0)
_PULSES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_OUTCOMES = ("sent", "cancelled", "suppressed", "retrying", "uncertain", "dead")


def home_mark(settings: Settings) -> str:
    """What tells the figures of this home from those of another on the same machine; its path is not shown."""
    return hashlib.sha256(str(settings.home).encode()).hexdigest()[:12]


class ProcessMetrics(Meter):
    """A meter with a registry of its own."""

    process: str

    def __init__(self) -> None:
        """Every series is there from the start, at zero: a rate over the first failure is right."""
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="passerelle", registry=self.registry)

    def watch(self, app: App) -> None:
        """Add how the home of ``app`` stands, asked of its database at every scrape. Once in the life of a process."""
        info = Info("passerelle_process", "Which process of which home this is.", registry=self.registry)
        info.info({"process": self.process, "home": home_mark(app.settings)})
        self.registry.register(HomeCollector(app))


class RelayMetrics(ProcessMetrics):
    """What a relay does."""

    process = "relay"

    def __init__(self) -> None:
        """Nothing published yet, and no lease."""
        super().__init__()
        self._until = float("-inf")
        self._published = Histogram(
            "passerelle_publish_lag_seconds", "From the commit of an event to Prefect's receipt.", registry=self.registry, buckets=_LAGS
        )
        self._wakes = Counter("passerelle_wakes_total", "Wakes sent, by stage.", ["stage"], registry=self.registry)
        for stage in STAGES:
            self._wakes.labels(stage)
        self._hearing = Gauge(
            "passerelle_relay_hearing", "1 while the relay gets through to Prefect and the database.", registry=self.registry
        )
        leading = Gauge(
            "passerelle_relay_leading", "1 while this relay is the one at work; others wait for its lease.", registry=self.registry
        )
        leading.set_function(lambda: float(time.monotonic() < self._until))

    def published(self, lag: float) -> None:
        """One more event, in its place in the histogram."""
        self._published.observe(lag)

    def woke(self, stage: str) -> None:
        """One more wake of this stage."""
        self._wakes.labels(stage).inc()

    def leads(self, seconds: float) -> None:
        """Leading until then, unless it is told again: a relay that hangs leads no longer."""
        self._until = time.monotonic() + seconds

    def heard(self, *, well: bool) -> None:
        """As it is now."""
        self._hearing.set(well)


class WorkerMetrics(ProcessMetrics):
    """What a worker does: the stages' work and the mails that its runs carry in this process, and how free its event loop is."""

    process = "worker"

    def __init__(self) -> None:
        """Nothing done yet."""
        super().__init__()
        self._longest = 0.0
        self._chunks = self._histogram("passerelle_chunk_seconds", "Duration of a chunk of a stage, one transaction.", _CHUNKS, "stage")
        self._reacted = self._histogram("passerelle_reaction_lag_seconds", "From the commit of an event to its reaction.", _LAGS, "stage")
        for stage in Stage:
            self._chunks.labels(stage)
            self._reacted.labels(stage)
        told = "From the writing of a message, with the reaction, to its acceptance by the mail server or the channel."
        self._delivered = self._histogram("passerelle_delivery_lag_seconds", told, _DELIVERY_LAGS)
        self._tries = Counter(
            "passerelle_delivery_tries_total", "Messages tried, by the state they came to.", ["state"], registry=self.registry
        )
        for state in _OUTCOMES:
            self._tries.labels(state)
        told = "How late the worker's event loop comes back: asked twenty times a second while it carries runs, four times at rest."
        self._pulse = self._histogram("passerelle_worker_loop_lag_seconds", told, _PULSES)
        told = "The longest of these lags since the scrape before."
        Gauge("passerelle_worker_loop_lag_max_seconds", told, registry=self.registry).set_function(self._take_longest)

    def _histogram(self, name: str, told: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, told, labels, registry=self.registry, buckets=buckets)

    def chunk_ended(self, stage: str, seconds: float) -> None:
        """One more chunk of this stage."""
        self._chunks.labels(stage).observe(seconds)

    def reacted(self, stage: str, lag: float) -> None:
        """One more event of this stage."""
        self._reacted.labels(stage).observe(lag)

    def answered(self, state: str, lag: float) -> None:
        """One more try; the lag counts once the message is accepted."""
        self._tries.labels(state).inc()
        if state == "sent":
            self._delivered.observe(lag)

    def loop_lagged(self, lag: float) -> None:
        """One more look at the loop; the longest is kept until it is scraped."""
        self._pulse.observe(lag)
        self._longest = max(self._longest, lag)

    def _take_longest(self) -> float:
        longest, self._longest = self._longest, 0.0
        return longest


class HomeCollector(Collector):
    """How a home stands, read at every scrape. Of a database that does not answer it says so, and nothing else."""

    def __init__(self, app: App) -> None:
        """Read nothing yet."""
        self._app = app
        self._silent = False

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families; see ``read_figures``."""
        begun = time.monotonic()
        figures = self._read()
        yield _one("passerelle_database_up", "1 if the database of record answered this scrape.", float(figures is not None))
        if figures is not None:
            yield from _families(figures)
        yield _one("passerelle_look_seconds", "How long the database took for this scrape.", time.monotonic() - begun)
        yield from _files(self._app.settings, self._app.clock.wall())
        told = "1 if the portal gave its page on its own port of this machine."
        yield _one("passerelle_portal_up", told, float(portal_standing(self._app.settings) == "answers"))

    def _read(self) -> Figures | None:
        try:
            figures = read_figures(self._app)
        except SQLAlchemyError as error:
            if not self._silent:
                _LOG.warning("the database does not answer the metrics: %s", type(error).__name__)
            self._silent = True
            return None
        self._silent = False
        return figures


def _families(found: Figures) -> Iterator[GaugeMetricFamily]:
    yield _by("passerelle_home_info", "1 for what the home is: a rehearsal, or live.", "kind", {found.kind: 1.0})
    yield _one("passerelle_clock_ahead_seconds", "How far a rehearsal's clock is set ahead.", found.ahead)
    yield _one("passerelle_sending_stopped", "1 while an operator has stopped all messages.", float(found.stopped))
    yield _one("passerelle_events_unpublished", "Events that Prefect has not heard of.", found.unpublished.count)
    told = "Events that wait for their stage to react."
    yield _by("passerelle_events_unreacted", told, "stage", _each(found.unreacted, lambda waiting: waiting.count))
    yield _by("passerelle_deadlines_due", "Deadlines that have fallen and wait for their stage.", "stage", found.deadlines_due)
    yield _by("passerelle_items_parked", "Events and deadlines set aside after five failures.", "stage", found.parked)
    told = "Messages on their way (ready, retrying, sending) and those that a person has to settle (uncertain, dead)."
    yield _by("passerelle_deliveries", told, "state", _each(found.deliveries, lambda waiting: waiting.count))
    yield _by("passerelle_backlog_oldest_seconds", "How long the oldest has waited, by what it waits for.", "waits_for", _oldest(found))
    told = "Since the last sweep of a stage, or since the home was made."
    yield _by("passerelle_sweep_age_seconds", told, "stage", found.sweep_ages)
    told = "How often the outstanding wake of a stage was sent; 0 where none is out."
    yield _by("passerelle_wake_attempts", told, "stage", found.wake_attempts)
    told = "1 if some process holds this role's lease now."
    yield _by("passerelle_lease_held", told, "process", {name: float(held) for name, held in found.leases.items()})
    told = "Programs that are told of events, by state: off is one that was switched off because it took nothing any more."
    yield _by("passerelle_webhooks", told, "state", {state: float(number) for state, number in found.webhooks.items()})
    yield _one("passerelle_webhook_posts_waiting", "Posts that wait for programs that are on.", found.posts.count)
    yield from _waiting_reviews(found)


def _waiting_reviews(found: Figures) -> Iterator[GaugeMetricFamily]:
    """Bodies without an open review have no series: what is absent has nothing waiting."""
    asked: Sequence[tuple[str, str, Callable[[Waiting], float]]] = (
        ("passerelle_reviews_open", "Reviews that are open, by body.", lambda waiting: waiting.count),
        (
            "passerelle_oldest_waiting_seconds",
            "Since the day on which the oldest open review of a body was opened.",
            lambda waiting: waiting.oldest,
        ),
    )
    for name, told, figure in asked:
        family = GaugeMetricFamily(name, told, labels=["convention", "body"])
        for labels, waiting in found.open_reviews.items():
            family.add_metric(labels, figure(waiting))
        yield family


def _oldest(found: Figures) -> dict[str, float]:
    return {
        "prefect": found.unpublished.oldest,
        "reaction": max(waiting.oldest for waiting in found.unreacted.values()),
        "delivery": max(waiting.oldest for waiting in found.deliveries.values()),
        "webhook": found.posts.oldest,
    }


def _files(settings: Settings, wall: datetime) -> Iterator[GaugeMetricFamily]:
    """Of what was never written there is no age: an alert asks for its absence."""
    backup = last_backup(settings)
    if backup is not None:
        yield _one("passerelle_backup_age_seconds", "Since the last backup of this home, wherever it was put.", _seconds(wall - backup[0]))
    checkpoint = last_written(settings.checkpoints)
    if checkpoint is not None:
        yield _one("passerelle_checkpoint_age_seconds", "Since the last checkpoint of the log was written.", _seconds(wall - checkpoint))


def _seconds(span: timedelta) -> float:
    return max(span.total_seconds(), 0.0)


def _each(waiting: Mapping[str, Waiting], figure: Callable[[Waiting], float]) -> dict[str, float]:
    return {name: figure(each) for name, each in waiting.items()}


def _one(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=value)


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family
