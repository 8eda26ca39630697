"""The processes of an installation that a service manager watches: each in its place, on a home that was set up before."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from cli.opened import present_mark, settings
from cli.options import option
from cli.screen import tell
from cli.words import say
from models.database import Database
from models.errors import Refused
from models.migrations import standing
from services.bootstrap import open_app, upgrade_database
from services.former_dues import place_everywhere
from services.homes import environment_of, prepare_folder
from services.prefect_api import PrefectApi, PrefectUnreachable
from services.prefect_env import prefect_environment, prepare_prefect, read_secret, server_command, working_folder
from services.settings import Settings

_SERVER_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_POOL = Annotated[str | None, option("pool", "--pool")]
_PASSED_ON = Annotated[str, Parameter(name=say("place.passed_on"), help=say("option.passed_on"), allow_leading_hyphen=True)]


def migrate() -> None:
    """Bring the database of an existing home to this release's schema."""
    mine = settings()
    if not _is_set_up(mine):
        raise Refused.because("home_absent", str(mine.home))
    upgrade_database(mine)
    app = open_app(mine)
    place_everywhere(app)
    app.close()
    tell(say("installed.migrated"))


def server() -> None:
    """Become Prefect's server."""
    mine = settings()
    prepare_folder(mine)
    prepare_prefect(mine)
    _become(mine, server_command(mine))


def register(*, pool: _POOL = None) -> None:
    """Wait until Prefect answers, then become the program that tells it what may run."""
    _wait_for_prefect(settings())
    _become_client("flows.register", *(("--pool", pool, "--pool-type", "process") if pool else ()))


def worker() -> None:
    """Become the worker."""
    _become_client("flows.worker")


def portal() -> None:
    """Become the portal. Refuses a home that was not set up, and one of another release."""
    mine = settings()
    if present_mark(mine) is None:
        raise Refused.because("home_absent", str(mine.home))
    os.execve(sys.executable, [sys.executable, "-m", "portal"], environment_of(mine, os.environ))  # noqa: S606  # our own program


def prefect(*arguments: _PASSED_ON) -> None:
    """Become Prefect's own command, on the server of this home."""
    _become_client("prefect", *arguments)


def _wait_for_prefect(mine: Settings) -> None:
    end = time.monotonic() + _SERVER_SECONDS
    with PrefectApi.of(mine) as api:
        while not api.healthy():
            if time.monotonic() > end:
                raise PrefectUnreachable(mine.prefect_url)
            time.sleep(_LOOK_SECONDS)


def _is_set_up(mine: Settings) -> bool:
    db = Database(mine.database_url)
    try:
        return not db.missing and standing(db.engine) != "absent"
    finally:
        db.close()


def _become_client(module: str, *arguments: str) -> None:
    """Refuses a home that was not set up, one of another release, and one where Prefect's server has never been started."""
    mine = settings()
    if present_mark(mine) is None:
        raise Refused.because("home_absent", str(mine.home))
    read_secret(mine.prefect_auth)
    prepare_prefect(mine)
    _become(mine, [sys.executable, "-m", module, *arguments])


def _become(mine: Settings, command: Sequence[str]) -> None:
    """Go on as another program: the service manager's signals reach it, and its end is ours."""
    environment = prefect_environment(mine, environment_of(mine, os.environ))
    os.chdir(working_folder(mine))
    os.execve(command[0], list(command), environment)  # noqa: S606  # our own programs
