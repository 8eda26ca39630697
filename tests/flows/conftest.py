"""One real system for all flow tests: home, Prefect server, mail sink and worker, each as in production; tests start the relay when they want it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from builders import CHARTER, PEOPLE, Desk, Mailbox
from memory import in_memory
from ports import free_ports

from notifications.sink import running_sink
from services.clock import new_id, wall
from services.homes import environment_of
from services.operations import install
from services.prefect_api import PrefectApi
from services.prefect_env import prefect_environment, prepare_prefect, server_command, working_folder
from services.relay import run_relay
from services.settings import Settings
from services.wakes import STAGES, work


class Process:
    """A program of the home, started as ``passerelle run`` does."""

    def __init__(self, settings, name, command):
        self._settings, self._command = settings, command
        self.log = settings.logs / f"{name}.log"
        self._process = None

    def start(self):
        environment = prefect_environment(self._settings, environment_of(self._settings, os.environ))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own programs
                self._command, env=environment, cwd=working_folder(self._settings), stdout=log, stderr=log, start_new_session=True
            )

    def kill(self):
        """As a power cut would: nothing is told to anybody."""
        self._process.kill()
        self._process.wait()

    def tell_to_stop(self):
        self._process.send_signal(signal.SIGTERM)

    def stop(self, seconds=40):
        """As Ctrl-C would; returns the exit code."""
        self.tell_to_stop()
        return self._process.wait(timeout=seconds)

    def end(self):
        """As Ctrl-C would, and killed if that is not enough: for programs of others, whose own end is not examined here."""
        try:
            self.stop(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def finish(self):
        """Wait for its own end; returns the exit code."""
        return self._process.wait(timeout=60)


class System:
    """The running system, and a few ways to use it and to look at it."""

    def __init__(self, app, api, server):
        self.app, self.api, self.server = app, api, server
        self.settings = app.settings
        self.desk = Desk(app, None)
        self.mailbox = Mailbox(app.settings.smtp_url, app.settings.mailbox)
        self.worker = self.program("worker", "-m", "flows.worker")

    def program(self, name, *arguments):
        return Process(self.settings, name, [sys.executable, *arguments])

    @contextmanager
    def relay(self):
        """The relay, in a thread with a connection of its own."""
        stop = threading.Event()
        with PrefectApi.of(self.settings) as api:
            thread = threading.Thread(target=run_relay, args=(self.app, api, stop), name="relay")
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()

    @staticmethod
    def eventually(look, seconds=45.0):
        """What ``look`` answers once it is true; fails if it never is."""
        end = time.monotonic() + seconds
        while not (answer := look()):
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.1)
        return answer

    def begin(self, deployment, **form):
        """Press Run, with a filled-in form if there is one."""
        return self.api.create_run(deployment, {"form": form} if form else {}, str(new_id())).id

    def run(self, deployment, **form):
        """Press Run and wait for the end."""
        return self.finished(self.begin(deployment, **form))

    def finished(self, run_id):
        return self.eventually(lambda: (run := self.api.run(run_id)).finished and run)

    def runs(self, flow, since, deployment=None):
        """The runs of a flow that have begun since a moment, oldest first."""
        states = {"type": {"any_": ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}
        asked = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"start_time": {"after_": since.isoformat()}, "state": states}}
        asked |= {"deployments": {"name": {"any_": [deployment]}}} if deployment else {}
        return [self.api.run(UUID(row["id"])) for row in self.api.call("POST", "/flow_runs/filter", asked | {"sort": "START_TIME_ASC"})]

    def remove_pool(self, name):
        """With the runs that have fallen due in it meanwhile: no worker would ever take them, and we would wait for them."""
        waiting = {"work_pools": {"name": {"any_": [name]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}}}
        for row in self.api.call("POST", "/flow_runs/filter", waiting):
            self.api.call("DELETE", f"/flow_runs/{row['id']}")
        self.api.call("DELETE", f"/work_pools/{name}")

    def artifact(self, run_id, kind="table"):
        """The table that a run left, or its report (``markdown``)."""
        asked = {"artifacts": {"flow_run_id": {"any_": [str(run_id)]}, "type": {"any_": [kind]}}}
        [artifact] = self.api.call("POST", "/artifacts/filter", asked)
        return artifact

    def table(self, run_id):
        """The rows of the table that a run left."""
        return json.loads(self.artifact(run_id)["data"])

    def work(self):
        """How many items each stage has to deal with now."""
        return work(self.app.db, self.app.clock.now(), self.app.clock.wall())

    def at_rest(self, seconds=60.0):
        """Wait until no stage has anything to do and no run is under way."""
        self.eventually(
            lambda: not self.work() and not any(self.api.unfinished_runs(f"{stage}/stage", wall()) for stage in STAGES), seconds
        )

    @contextmanager
    def held_in(self, deployment):
        """A run that has begun and cannot touch the database before the block ends."""
        with self.app.db.write():
            run_id = self.begin(deployment)
            self.eventually(lambda: self.api.run(run_id).state == "RUNNING")
            yield run_id


@pytest.fixture(scope="session")
def settings():
    ports = free_ports("PREFECT", "SMTP", "PORTAL", "RELAY_METRICS", "WORKER_METRICS")
    with in_memory() as folder:
        yield Settings.from_environment({"PASSERELLE_HOME": str(folder / "home"), **ports})


@pytest.fixture(scope="session")
def whole(settings):
    """A rehearsal home with the first convention and its placeholder persons, and everything that runs on it."""
    app, _ = install(settings, kind="rehearsal", charter=CHARTER, people=PEOPLE)
    prepare_prefect(settings)
    server = Process(settings, "prefect", server_command(settings))
    with ExitStack() as stack:
        stack.callback(app.close)
        stack.enter_context(running_sink(settings.mailbox, port=settings.smtp_port))
        server.start()
        stack.callback(server.stop)
        api = stack.enter_context(PrefectApi.of(settings))
        system = System(app, api, server)
        system.eventually(api.healthy, 90)
        register = system.program("register", "-m", "flows.register")
        register.start()
        assert register.finish() == 0
        system.worker.start()
        stack.callback(system.worker.stop)
        system.eventually(lambda: api.worker_polling("passerelle"))
        yield system


@pytest.fixture
def system(whole):
    """The whole system, at rest."""
    with whole.relay():
        whole.at_rest()
    return whole


@pytest.fixture
def since():
    """A moment before the test did anything."""
    return wall() - timedelta(milliseconds=1)
