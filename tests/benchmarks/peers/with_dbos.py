"""DBOS: eight steps in a workflow, each recorded. Nobody is waited for: on SQLite a message from a person takes a second, by polling.

Usage: FOLDER INSTANCES. Prints one JSON object: transitions and seconds. SQLite in WAL (better than its default) with synchronous=FULL.
"""

import json
import sqlite3
import sys
import time
from pathlib import Path

from dbos import DBOS

TRANSITIONS = 8


@DBOS.step()
def move(state):
    return {"state": state, "actor": "seat-017", "via": "cli", "note": "x" * 90}


@DBOS.workflow()
def life():
    for state in range(1, TRANSITIONS + 1):
        move(state)


def main():
    path, instances = Path(sys.argv[1]) / "dbos.db", int(sys.argv[2])
    sqlite3.connect(path).execute("pragma journal_mode=wal").fetchone()
    DBOS(config={"name": "peer", "system_database_url": f"sqlite:///{path}", "log_level": "WARNING"})
    DBOS.launch()
    life()
    begun = time.perf_counter()
    for _ in range(instances):
        life()
    print(json.dumps({"transitions": instances * TRANSITIONS, "seconds": time.perf_counter() - begun}))  # noqa: T201  # the answer
    DBOS.destroy()


if __name__ == "__main__":
    main()
