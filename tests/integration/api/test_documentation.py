"""The examples of ``docs/api.md`` work as they are written."""

import json
import os
import re
import shutil
import subprocess

import pytest
from builders import ROOT

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")
SHELL = shutil.which("sh") or "/bin/sh"
EXAMPLES = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in re.split(r"(?<!\\)\n", block) if line]


def test_every_example_is_found():
    assert len(EXAMPLES) == 9
    assert {word for line in EXAMPLES for word in re.findall(r"\$\w+", line)} == {"$API", "$TOKEN"}


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_example_is_answered_as_the_page_promises(light_program):
    assert light_program.desk.to_technical() == "A-2026-001"
    environment = {**os.environ, "API": f"{light_program.client.base_url}/api/v1".replace("//api", "/api"), "TOKEN": light_program.shown}
    answers = []
    for example in EXAMPLES:
        done = subprocess.run(  # noqa: S603  # what the page says
            [SHELL, "-c", f"{example} -w '\\n%{{http_code}}'"], env=environment, capture_output=True, text=True, check=True
        )
        content, _, status = done.stdout.rpartition("\n")
        answers.append((int(status), json.loads(content)))
    assert [status for status, _ in answers] == [200] * 6 + [201, 200, 200], answers
    assert answers[1][1]["items"][0]["number"] == "A-2026-001"
    assert {one["verb"] for one in answers[3][1]["verbs"] if one["possible"]} >= {"close_review", "extend_review"}


def test_the_figures_of_the_page_are_those_of_the_program():
    from portal.api import reading, routes  # noqa: PLC0415  # beside what it is compared with
    from services.tokens import LONGEST_DAYS  # noqa: PLC0415  # as above

    said = f"{reading.SHORTEST_KEY} to {reading.LONGEST_KEY} characters"
    figures = (said, f"{routes.READS:,} reads and {routes.COMMANDS} commands a minute", f"{LONGEST_DAYS} days", f"{reading.DEEPEST} levels")
    assert [figure for figure in figures if figure not in TEXT] == []
