"""``python -m flows.server``: Prefect's own server, as ``prefect server start`` runs it, but for two things that no setting changes.

On SQLite every writing transaction begins IMMEDIATE. Prefect 3.8 begins them deferred: one that reads, then writes, fails at once when
another has written in between, and the caller tries again after two seconds. Measured from a wake to its run: median 2.2 s deferred, 0.3 s
immediate; refused calls in 30 runs: 72 against none.

Interface V2 is not served. It carries an Amplitude client that may call outside whatever the settings say, and a cookie that another
installation left in the browser is enough to be sent there.
"""

import runpy
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import prefect
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

_begin = AioSqliteConfiguration.begin_transaction


def _begin_immediate(
    self: AioSqliteConfiguration,
    session: AsyncSession,
    with_for_update: bool = False,  # noqa: FBT001, FBT002  # as Prefect has it
) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
    del with_for_update  # on SQLite, every transaction that may write takes its lock first
    return _begin(self, session, with_for_update=True)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C, with the options of ``prefect server start``."""
    AioSqliteConfiguration.begin_transaction = _begin_immediate  # type: ignore[assignment, method-assign]  # what this module is for
    prefect.__ui_v2_static_path__ = Path("not-served")
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
