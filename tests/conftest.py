"""Fixtures of all tests: a clean environment, a ready home copied from a template, on SQLite and on PostgreSQL, with a clock that tests move."""

import gc
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from xdist.scheduler import LoadScopeScheduling

TEST_POSTGRES = os.environ.get("PASSERELLE_TEST_POSTGRES") or "postgresql://postgres@127.0.0.1:5432/postgres"
for _name in [name for name in os.environ if name.startswith(("PASSERELLE_", "PREFECT_")) and not name.startswith("PASSERELLE_STORM_")]:
    del os.environ[_name]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a third of what each short command takes is reading our own modules anew

from builders import Desk, Ids, Mailbox, Watch, install_at, read_once, settings_of  # noqa: E402  # forms choose their language when loaded
from databases import Kept, connected, kept  # noqa: E402  # as above
from hypothesis import settings as hypothesis_settings  # noqa: E402  # as above
from machine import IN_CI, lacking  # noqa: E402  # as above
from memory import memory  # noqa: E402  # as above

from notifications.sink import running_sink  # noqa: E402  # as above
from services import charter_loading  # noqa: E402  # as above
from services.bootstrap import App, open_app  # noqa: E402  # as above
from services.clock import Clock  # noqa: E402  # as above

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.load_profile("ci" if IN_CI else "here")


if place := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))  # where pytest makes the folders of all tests


class _ByFolder(LoadScopeScheduling):
    """Tests that share one Prefect server, or one running home, stay together in one process; the others are spread by file."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in ("flows", "e2e") else nodeid.partition("::")[0]


def pytest_collection_finish():
    """What is loaded by now stays: looking through all of it for garbage, again and again, takes a twentieth of the time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """How tests are shared between processes when there are several."""
    return _ByFolder(config, log)


@pytest.fixture(scope="session", autouse=True)
def _each_charter_is_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charter_loading, "read_charter", read_once)
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """A home with the real charter and the placeholder persons, made once; tests copy its database."""
    home = tmp_path_factory.mktemp("template")
    install_at(home)
    return home / "passerelle.db"


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The server for tests; without one, its tests are skipped, but never in continuous integration."""
    try:
        with connected(TEST_POSTGRES):
            return TEST_POSTGRES
    except psycopg.OperationalError as error:
        lacking(f"no PostgreSQL answers (set PASSERELLE_TEST_POSTGRES): {error}")


@pytest.fixture(scope="session")
def postgres_database(postgres_server, tmp_path_factory) -> Iterator[Kept]:
    """The same as ``sqlite_template``, as a database of this process on PostgreSQL that can be brought back."""
    home = tmp_path_factory.mktemp("template_postgres")
    with kept(postgres_server, f"passerelle_test_{os.getpid()}", lambda url: install_at(home, url)) as database:
        yield database


@pytest.fixture(scope="session")
def _empty_database(postgres_server) -> Iterator[Kept]:
    with kept(postgres_server, f"passerelle_empty_{os.getpid()}", lambda _: None) as database:
        yield database


@pytest.fixture
def empty_postgres(_empty_database) -> str:
    """The address of a PostgreSQL database without anything in it."""
    return _empty_database.fresh()


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path) -> str:
    """A fresh copy of the template on SQLite."""
    shutil.copy(sqlite_template, tmp_path / "passerelle.db")
    return f"sqlite:///{tmp_path / 'passerelle.db'}"


@pytest.fixture
def postgres_url(postgres_database) -> str:
    """The same as ``sqlite_url``, on PostgreSQL."""
    return postgres_database.fresh()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request) -> str:
    """A ready database, once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def watch() -> Watch:
    """The clock of the test."""
    return Watch()


def _open(home: Path, url: str, watch: Watch) -> App:
    app = open_app(settings_of(home, url))
    return replace(app, clock=Clock(app.clock._offset, watch), ids=Ids())


@pytest.fixture
def app(database_url, tmp_path, watch) -> Iterator[App]:
    """A ready rehearsal home, once on each database, with the test's clock and ids that count up."""
    opened = _open(tmp_path, database_url, watch)
    yield opened
    opened.close()


@pytest.fixture
def light_app(sqlite_url, tmp_path, watch) -> Iterator[App]:
    """The same as ``app``, on SQLite only."""
    opened = _open(tmp_path, sqlite_url, watch)
    yield opened
    opened.close()


@pytest.fixture
def desk(app, watch) -> Desk:
    """A secretary's desk on each database: asks for things by form and runs the stages."""
    return Desk(app, watch)


@pytest.fixture
def light_desk(light_app, watch) -> Desk:
    """The same as ``desk``, on SQLite only."""
    return Desk(light_app, watch)


@pytest.fixture
def sink(tmp_path) -> Iterator[Mailbox]:
    """A real mail server that keeps what arrives."""
    with running_sink(tmp_path / "mailbox") as port:
        yield Mailbox(f"smtp://127.0.0.1:{port}", tmp_path / "mailbox")
