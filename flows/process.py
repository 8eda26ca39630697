"""What everything in one process of Prefect's shares: one application, one meter."""

import functools
import os
from dataclasses import replace

from services.bootstrap import App, open_app
from services.metrics import WorkerMetrics
from services.settings import Settings


@functools.cache
def process_app() -> App:
    """The application on the home of the environment, opened once; it measures with ``process_metrics``. Refuses wrong settings."""
    return replace(open_app(Settings.from_environment(os.environ)), meter=process_metrics())


@functools.cache
def process_metrics() -> WorkerMetrics:
    """What the runs of this process did. The worker shows it; where a pool starts a process for each run, nobody asks for it."""
    return WorkerMetrics()
