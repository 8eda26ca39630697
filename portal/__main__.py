"""``python -m portal``: serve the portal of the home that the environment names, on loopback, until SIGTERM or Ctrl-C."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging.handlers import RotatingFileHandler

import uvicorn
from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI

from portal.application import create_portal
from portal.context import templates
from services.bootstrap import App, open_app
from services.charter_store import charter_in_force, conventions
from services.settings import Settings

_HOST = "127.0.0.1"
_LOG_BYTES, _LOGS = 5_000_000, 5
AT_ONCE, _A_MOMENT = 8, 0.05


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment(os.environ)
    app = open_app(settings)
    _keep_access_log(settings)
    try:
        web = create_portal(app, host=_HOST, longest_file=_longest_file(app))
        web.router.lifespan_context = _few_at_once
        uvicorn.run(web, host=_HOST, port=settings.portal_port, log_config=None, access_log=False, server_header=False)
    finally:
        app.close()


@asynccontextmanager
async def _few_at_once(_web: FastAPI) -> AsyncIterator[None]:
    """Pages are made by so many threads at most: more of them only take the processor from one another, and a page takes several times as long.

    Their templates are read beforehand, one now and then, so that nobody waits for that.
    """
    current_default_thread_limiter().total_tokens = AT_ONCE
    reading = asyncio.create_task(_read_templates())
    yield
    reading.cancel()


async def _read_templates() -> None:
    for name in templates().list_templates():
        await run_sync(templates().get_template, name)
        await asyncio.sleep(_A_MOMENT)


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
