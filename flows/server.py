"""``python -m flows.server``: Prefect's own server, as ``prefect server start`` runs it, but for three things that no setting changes.

On SQLite every writing transaction begins IMMEDIATE. Prefect 3.8 begins them deferred: one that reads, then writes, fails at once when
another has written in between, and the caller tries again after two seconds. Measured from a wake to its run: median 2.2 s deferred, 0.3 s
immediate; refused calls in 30 runs: 72 against none.

An automation's action finds the running application at once. Prefect 3.8 asks for it anew each time, and asking spells out all settings twice
and sets up logging again: 300 ms of the processor in which the server does nothing else, between every wake and its run.

Interface V2 is not served. It carries an Amplitude client that may call outside whatever the settings say, and a cookie that another
installation left in the browser is enough to be sent there.
"""

import functools
import runpy
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import prefect
import prefect.server.api.server
from fastapi import FastAPI
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

_begin = AioSqliteConfiguration.begin_transaction
_create_app = prefect.server.api.server.create_app
_running_app = functools.cache(_create_app)


def _begin_immediate(
    self: AioSqliteConfiguration,
    session: AsyncSession,
    with_for_update: bool = False,  # noqa: FBT001, FBT002  # as Prefect has it
) -> AbstractAsyncContextManager[AsyncSessionTransaction]:
    del with_for_update  # on SQLite, every transaction that may write takes its lock first
    return _begin(self, session, with_for_update=True)


def _find_app(*given: Any, **named: Any) -> FastAPI:
    """The application of this process; whoever asks for another one, with other settings, gets that."""
    return _create_app(*given, **named) if given or named else _running_app()


def main() -> None:
    """Serve until SIGTERM or Ctrl-C, with the options of ``prefect server start``."""
    AioSqliteConfiguration.begin_transaction = _begin_immediate  # type: ignore[assignment, method-assign]  # what this module is for
    prefect.server.api.server.create_app = _find_app
    prefect.__ui_v2_static_path__ = Path("not-served")
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
