"""The API does what its description says, tried at random: every operation, with a token, on a home in which something of everything has happened."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from api_http import token_of
from builders import CLERK, Desk, provision
from portal_http import served
from secretariat import Secretariat

from portal.limits import Limits
from services.forms import DeclareConflictForm, KeepOpinionForm

NOT_PROMISED = (
    "positive_data_acceptance",  # what a schema allows, the rules of an action may still refuse
    "ignored_auth",  # tried below, with words: here every answer without a token would count as a try too many
)
FILE = b"%PDF-1.7\nA deliberation\n"


def lived_in(desk: Desk) -> list[str]:
    """Something of everything; returns the numbers of actions and meetings."""
    examined, decided, ended = desk.to_technical(provision(1)), desk.to_work(), desk.to_final_report()
    reserved, steering = desk.reserving("COTECH-06"), desk.to_steering()
    desk.opine(examined, "cotech", seats=("COTECH-03",))
    desk.ask(DeclareConflictForm(seat="COTECH-07", action=examined, kind="other", reason="Un cousin y travaille"))
    desk.ask(KeepOpinionForm(seat="COPIL-03", action=examined, body="copil", voter="COPIL-03", opinion="unfavourable", reason="Trop cher"))
    desk.report(decided)
    office = Secretariat(desk, "cotech", CLERK)
    meetings = [office.plan(items=("Un point",)), office.convened(items=("Un point",)), office.held()]
    return [examined, decided, ended, reserved, steering, desk.propose(provision(2, description=None)), *meetings]


@contextmanager
def patient(app):
    """The portal, where a minute of its limits lasts a moment: how often programs may ask is tried elsewhere."""
    with served(app, lambda portal: replace(portal, limits=Limits(lambda: time.monotonic() * 1000))) as address:
        yield address


def configured(folder: Path, numbers: list[str], seats: list[str]) -> Path:
    """What the tool may take where a number or a seat is wanted, besides whatever comes to its mind."""
    lists = {
        "actions": [number for number in numbers if number.startswith("A-")],
        "meetings": [number for number in numbers if "-S-" in number],
        "seats": seats,
        "bodies": ["cotech", "copil", "gt-inclusion"],
    }
    text = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in lists.items()]
    named = {"path.number": "actions", "body.seat": "seats", "body.voter": "seats", "body.body": "bodies", "query.body": "bodies"}
    text.append("[parameters]\n" + "\n".join(f'"{place}" = {_often(name)}' for place, name in named.items()))
    text.append(f'[[operations]]\ninclude-path-regex = "^/meetings/"\nparameters = {{ "path.number" = {_often("meetings")} }}')
    file = folder / "schemathesis.toml"
    file.write_text("\n".join(text), encoding="utf-8")
    return file


def _often(name: str) -> str:
    return f'{{ dictionary = "{name}", probability = 0.8 }}'


@pytest.fixture
def tried(tmp_path):
    """Tries the API at random with so many examples an operation; returns what the tool says and whether it is content."""

    def run(desk: Desk, *options: str, seat: str = CLERK, seconds: int = 220) -> tuple[int, str]:
        numbers, token = lived_in(desk), token_of(desk, seat)
        config = configured(tmp_path, numbers, [seat, seat, seat, "COTECH-03", "COPIL-03", "COTECH-06"])
        with patient(desk.app) as address:
            command = [
                *(
                    str(Path(sys.executable).with_name("schemathesis")),
                    "--config-file",
                    str(config),
                    "run",
                    f"{address}/api/v1/openapi.json",
                ),
                *("--url", f"{address}/api/v1", "--header", f"Authorization: Bearer {token}", "--no-color"),
                *("--exclude-checks", ",".join(NOT_PROMISED), "--generation-deterministic"),
                *("--suppress-health-check", "all", "--continue-on-failure", *options),
            ]
            done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=seconds, check=False)  # noqa: S603  # our own command
        return done.returncode, done.stdout[-60_000:] + done.stderr[-2_000:]

    return run


def test_nothing_breaks_and_every_answer_is_as_described(light_desk, tried):
    code, said = tried(light_desk, "--phases", "fuzzing", "--max-examples", "5", "--no-shrink")
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing,stateful"])
def test_nothing_breaks_however_long_it_is_tried(light_desk, tried, phases):
    code, said = tried(light_desk, "--phases", phases, "--max-examples", "40", seconds=1700)
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_breaks_on_the_other_database_nor_for_a_member(desk, tried):
    code, said = tried(desk, "--phases", "fuzzing", "--max-examples", "20", "--no-shrink", seat="COTECH-03", seconds=1700)
    assert code == 0, said
