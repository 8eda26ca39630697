"""``python -m portal``: serve the portal of the home that the environment names, on loopback, until SIGTERM or Ctrl-C."""

import logging
import os
from logging.handlers import RotatingFileHandler

import uvicorn

from portal.application import create_portal
from services.bootstrap import App, open_app
from services.charter_store import charter_in_force, conventions
from services.settings import Settings

_HOST = "127.0.0.1"
_LOG_BYTES, _LOGS = 5_000_000, 5


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment(os.environ)
    app = open_app(settings)
    _keep_access_log(settings)
    try:
        web = create_portal(app, host=_HOST, longest_file=_longest_file(app))
        uvicorn.run(web, host=_HOST, port=settings.portal_port, log_config=None, access_log=False, server_header=False)
    finally:
        app.close()


def _keep_access_log(settings: Settings) -> None:
    """Apart from everything else: who looked at what kind of page is nobody's business but the operators'."""
    log = logging.getLogger("passerelle.portal.access")
    handler = RotatingFileHandler(settings.logs / "portal-access.log", maxBytes=_LOG_BYTES, backupCount=_LOGS)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _longest_file(app: App) -> int:
    """The largest file that any charter here accepts, in bytes."""
    with app.db.read() as connection:
        return max((charter_in_force(connection, code).attachments.max_bytes for code in conventions(connection)), default=0)


if __name__ == "__main__":
    main()
