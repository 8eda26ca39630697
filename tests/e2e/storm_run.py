"""``passerelle run`` from an empty home: killed half-way through its first start, started again, stopped, started once more."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import CHARTER
from ports import free_ports

from models.lifecycle import State
from notifications.mailbox import list_mails
from services.bootstrap import open_app
from services.charters import read_charter
from services.prefect_api import PrefectApi
from services.queries import list_actions
from services.settings import Settings
from services.status import status

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(600)]
PROVISIONS = [sheet.title for sheet in read_charter(CHARTER).provisions]


def until(reached, seconds):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


@dataclass
class Home:
    """A home, and the command on it."""

    folder: Path
    environment: dict[str, str]

    @property
    def settings(self):
        return Settings.from_environment(self.environment)

    def command(self, *arguments):
        return [sys.executable, "-m", "cli.main", *arguments]

    def start(self):
        with (self.folder.parent / "console.txt").open("w", encoding="utf-8") as console:
            return subprocess.Popen(self.command("run"), env=self.environment, stdout=console, stderr=console)  # noqa: S603  # our own command

    def ask(self, *arguments):
        return subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  # as above

    @property
    def console(self):
        return (self.folder.parent / "console.txt").read_text(encoding="utf-8")

    def ready(self, running):
        until(lambda: "Ctrl-C arrête tout." in self.console or running.poll() is not None, 240)
        assert running.poll() is None, self.console

    def look(self, what):
        app = open_app(self.settings)
        try:
            return what(app)
        finally:
            app.close()

    def count_actions(self):
        if not (self.folder / "run.lock").exists() or not self.settings.prefect_auth.exists():
            return 0
        return len(self.look(list_actions))


def children_of(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()]


def alive(pids):
    return [
        pid for pid in pids if Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    ]


def stop(running, sign):
    pids, begun = children_of(running), time.monotonic()
    running.send_signal(sign)
    code = running.wait(30)
    return {"code": code, "seconds": time.monotonic() - begun, "left": alive(pids), "children": len(pids)}


def figures(app):
    with PrefectApi.of(app.settings) as api:
        return status(app, api)


def run_names(settings):
    with PrefectApi.of(settings) as api:
        return [(row["name"], row["state_type"]) for row in api.call("POST", "/flow_runs/filter", {"limit": 200})]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Everything that is looked at, seen once on one home that lives through it all."""
    folder = tmp_path_factory.mktemp("maison") / "var"
    ports = free_ports("PREFECT", "SMTP", "RELAY_METRICS", "WORKER_METRICS")
    home = Home(folder, {**os.environ, "PASSERELLE_HOME": str(folder), **ports})
    seen = {"home": home}

    running = home.start()
    until(lambda: home.count_actions() >= 2 or running.poll() is not None, 240)
    pids = children_of(running)
    running.kill()
    running.wait()
    until(lambda: not alive(pids), 40)
    seen["when killed"] = home.count_actions()

    running = home.start()
    home.ready(running)
    seen |= {"console": home.console, "actions": home.look(list_actions), "status": home.look(figures), "runs": run_names(home.settings)}
    seen |= {"mails": list_mails(home.settings.mailbox), "doctor": home.ask("doctor"), "second": home.ask("run")}
    seen["interrupted"] = stop(running, signal.SIGINT)

    running = home.start()
    home.ready(running)
    seen["actions again"] = home.look(list_actions)
    seen["mails again"] = list_mails(home.settings.mailbox)
    seen["terminated"] = stop(running, signal.SIGTERM)
    return seen


def test_a_first_start_that_is_killed_half_way_loses_and_doubles_no_provision(lived):
    assert 2 <= lived["when killed"] < len(PROVISIONS)
    assert [action["title"] for action in lived["actions"]] == PROVISIONS


def test_the_provisions_are_in_technical_review_when_the_console_says_ready(lived):
    assert {action["state"] for action in lived["actions"]} == {State.TECHNICAL_REVIEW}
    assert lived["console"].splitlines()[0] == "Passerelle \u2013 maison répétition. C'est une répétition\u00a0: rien n'y engage personne."
    assert "Prêt en " in lived["console"]


def test_the_status_is_ready_and_every_process_answers(lived):
    found = lived["status"]
    assert (found["ready"], found["processes"], found["events"]["unpublished"]) == (True, {"relay": True, "worker": True}, 0)
    assert found["portal"]["url"].startswith("http://127.0.0.1:")


def test_the_doctor_finds_nothing_to_mend(lived):
    assert (lived["doctor"].returncode, [line for line in lived["doctor"].stdout.splitlines() if line.startswith("à corriger")]) == (0, [])


def test_prefect_shows_completed_runs_named_after_what_they_did(lived):
    done = [name for name, state in lived["runs"] if state == "COMPLETED"]
    proposed = {name for name in done if name.startswith("propose: ")}
    assert proposed <= {f"propose: A-2026-00{n}" for n in range(1, 8)}
    assert len(proposed) >= len(PROVISIONS) - 1, "only the run that was killed has no name"
    assert [name for name in done if re.match(r"proposal: [1-9]\d* actions?\b", name)] != []


def test_the_mailbox_holds_requests_for_opinion_to_the_committee_and_the_groups(lived):
    asked = {mail.to for mail in lived["mails"] if "Votre avis d\u2019ici" in mail.subject}
    assert any("urbanisme@ville.example" in to for to in asked)
    assert any("energie.campus@universite.example" in to for to in asked)
    assert all(mail.rehearsal for mail in lived["mails"])


def test_a_second_run_in_the_same_home_is_refused(lived):
    assert (lived["second"].returncode, "est déjà au travail dans cette maison" in lived["second"].stderr) == (2, True)


@pytest.mark.parametrize("way", ["interrupted", "terminated"])
def test_stopping_ends_every_process_within_ten_seconds(lived, way):
    ended = lived[way]
    assert (ended["code"], ended["left"], ended["children"], ended["seconds"] < 10) == (0, [], 5, True)


def test_a_further_start_keeps_all_data_and_proposes_nothing_again(lived):
    assert lived["actions again"] == lived["actions"]
    assert len(lived["mails again"]) == len(lived["mails"])
