"""The processes of the system that this command is itself: the relay and the mail sink."""

import logging
import signal
import threading
from dataclasses import replace

from cli.opened import settings
from notifications.sink import serve
from services.bootstrap import open_app
from services.exposition import shown
from services.metrics import RelayMetrics
from services.prefect_api import PrefectApi
from services.relay import run_relay


def relay() -> None:
    """Tell Prefect what happens and wake the stages, until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _sign, _frame: stop.set())
    metrics = RelayMetrics()
    app = replace(open_app(settings()), meter=metrics)
    try:
        with shown(app, metrics), PrefectApi.of(app.settings) as api:
            run_relay(app, api, stop)
    finally:
        app.close()


def sink() -> None:
    """Take every mail and keep it in the home's mailbox, until SIGTERM or Ctrl-C."""
    mine = settings()
    serve("127.0.0.1", mine.smtp_port, mine.mailbox)
