"""django-viewflow: eight Handle nodes in a row, without HTTP and without forms. Each transition completes a task and activates the next.

Usage: FOLDER INSTANCES. Prints one JSON object: transitions and seconds. SQLite in WAL with synchronous=FULL, a transaction for each transition.
"""

import json
import sys
import time
from pathlib import Path

import django
from django.conf import settings

TRANSITIONS = 8


def _configure(folder):
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / "viewflow.db"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": pragmas},
    }
    apps = ["django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow", "viewflow_life"]
    settings.configure(INSTALLED_APPS=apps, DATABASES={"default": database}, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()


def main():
    _configure(Path(sys.argv[1]))
    from django.core.management import call_command  # noqa: PLC0415  # not before it is configured
    from django.db import transaction  # noqa: PLC0415  # as above
    from viewflow_life.flows import Life  # noqa: PLC0415  # as above

    call_command("migrate", verbosity=0)
    processes = [Life.start.run() for _ in range(int(sys.argv[2]))]
    begun = time.perf_counter()
    for process in processes:
        for number in range(1, TRANSITIONS + 1):
            with transaction.atomic():
                node = getattr(Life, f"step{number}")
                node.run(process.task_set.get(flow_task=node))
    seconds = time.perf_counter() - begun
    process.refresh_from_db()
    assert process.finished is not None
    print(json.dumps({"transitions": len(processes) * TRANSITIONS, "seconds": seconds}))  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
