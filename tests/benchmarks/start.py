"""What ``passerelle run`` asks of its home before it is ready, in a process of its own: prints the seconds, and the most memory it held.

The schema and what an older release left, the figures of status, and the first look of the relay; Prefect and the portal are not started.
"""

import json
import os
import sys
import time
from pathlib import Path

from services.bootstrap import open_app, upgrade_database
from services.prefect_api import PrefectApi
from services.relay import Relay
from services.settings import Settings
from services.status import status

_NOBODY = "http://127.0.0.1:1/api"
"""Where no Prefect answers; a relay with nothing to tell does not ask."""


def _main() -> None:
    begun = time.perf_counter()
    mine = Settings.from_environment(os.environ)
    upgrade_database(mine)
    app = open_app(mine)
    try:
        status(app, None)
        with PrefectApi(_NOBODY, "nobody:nothing") as api:
            Relay(app, api).look()
    finally:
        app.close()
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - begun, "bytes": _most_memory()}))


def _most_memory() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return 1024 * int(kilobytes)


_main()
