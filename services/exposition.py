"""Showing a process's metrics to Prometheus, on loopback, and looking whether they are shown."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.parser import text_string_to_metric_families

from services.bootstrap import App
from services.metrics import ProcessMetrics, home_mark
from services.settings import METRICS_PORTS, Settings

_LOG = logging.getLogger("passerelle.metrics")
_AGAIN_SECONDS = 15.0
_TICK_SECONDS = 0.5
_PATIENCE_SECONDS = 3.0
_ADDRESS = "127.0.0.1"
Standing = Literal["off", "shown", "silent", "taken"]


class _Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


@contextmanager
def shown(app: App, metrics: ProcessMetrics) -> Iterator[None]:
    """Answer ``/metrics`` on this process's port for as long as the block lasts; not at all where its port is 0.

    A port that is taken stops nothing: it is told once in the log, and tried again every fifteen seconds.
    """
    variable, port = METRICS_PORTS[metrics.process][0], app.settings.metrics_port(metrics.process)
    metrics.watch(app)
    stop = threading.Event()
    thread = threading.Thread(target=_serve, args=(metrics, port, variable, stop), name="metrics", daemon=True)
    if port:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if port:
            thread.join()


def _serve(metrics: ProcessMetrics, port: int, variable: str, stop: threading.Event) -> None:
    told = False
    while not stop.is_set():
        try:
            server = make_server(_ADDRESS, port, make_wsgi_app(metrics.registry), ThreadingWSGIServer, _Quiet)
        except OSError as error:
            if not told:
                _LOG.warning(
                    "no metrics are shown: port %s (%s) cannot be had: %s; tried again until it can", port, variable, error.strerror
                )
            told = True
            stop.wait(_AGAIN_SECONDS)
            continue
        if told:
            _LOG.warning("the metrics are shown on port %s", port)
        with server:
            server.timeout = _TICK_SECONDS
            while not stop.is_set():
                server.handle_request()


def standing(settings: Settings, process: str) -> Standing:
    """Whether the metrics of a process are shown: ``taken`` where something else answers on its port, ``silent`` where nothing does."""
    port = settings.metrics_port(process)
    if not port:
        return "off"
    asked = {"name[]": "passerelle_process_info"}
    try:
        answer = httpx.get(f"http://{_ADDRESS}:{port}/metrics", params=asked, timeout=_PATIENCE_SECONDS, trust_env=False)
    except httpx.ConnectError:
        return "silent"
    except httpx.HTTPError:
        return "taken"
    return "shown" if _is_ours(answer.text, settings, process) else "taken"


def _is_ours(text: str, settings: Settings, process: str) -> bool:
    wanted = {"process": process, "home": home_mark(settings)}
    try:
        return any(sample.labels == wanted for family in text_string_to_metric_families(text) for sample in family.samples)
    except ValueError:  # it speaks HTTP, but not of metrics
        return False
