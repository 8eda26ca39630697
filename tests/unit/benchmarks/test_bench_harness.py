"""The harness of the benchmarks: what is printed where, what is run, and how it ends."""

import io
import json
import os
import subprocess
import sys
import time

import pytest
from benchmarks.harness import DONE, FAULT, REFUSED, Benchmark, Line, percentile, run
from benchmarks.peer_venv import NAMES
from benchmarks.suite import SUITE
from builders import ROOT

KEYS = ["name", "value", "unit", "floor", "ratio", "peers"]
PROMISED = {
    *("lifecycle.sqlite", "lifecycle.postgres", "lifecycle.bytes", "lifecycle.statements"),
    *("latency.commit_to_prefect.p95", "latency.commit_to_mail.p50", "latency.commit_to_mail.p95"),
    *("burst.seconds", "burst.flow_runs", "burst.loop_lag_ms", "flatness.100k", "audit.verify", "idle.cpu"),
}


def constant(name, figure, **more):
    def measure(_room):
        yield Line(name, figure, "s", **more)

    return Benchmark({name: "s"}, 10, measure)


def broken(*names):
    def measure(_room):
        yield Line(names[0], 1.0, "s")
        raise ZeroDivisionError("no machine is that fast")

    return Benchmark(dict.fromkeys(names, "s"), 10, measure)


def printed(benchmarks, tmp_path, only="*"):
    out = io.StringIO()
    code = run(benchmarks, only, tmp_path, out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_every_key_of_the_contract(tmp_path):
    code, [line] = printed([constant("one.thing", 12.3456, floor=20.0, ratio=0.61728, peers={"other": 3.00001})], tmp_path)
    assert code == DONE
    assert list(line) == KEYS
    assert line == {"name": "one.thing", "value": 12.35, "unit": "s", "floor": 20.0, "ratio": 0.6173, "peers": {"other": 3.0}}


def test_a_line_without_floor_or_peers_says_so_with_null_and_an_empty_object(tmp_path):
    _, [line] = printed([constant("one.thing", 1.0)], tmp_path)
    assert (line["floor"], line["ratio"], line["peers"]) == (None, None, {})


def test_only_is_a_glob_over_the_names_of_lines(tmp_path):
    benchmarks = [constant("life.one", 1.0), constant("life.two", 2.0), constant("other", 3.0)]
    assert [line["name"] for line in printed(benchmarks, tmp_path, "life.*")[1]] == ["life.one", "life.two"]
    assert [line["name"] for line in printed(benchmarks, tmp_path, "other")[1]] == ["other"]


def test_of_a_benchmark_with_many_lines_only_those_that_are_wanted_are_printed(tmp_path):
    def measure(room):
        assert room.wanted == {"life.p50"}
        yield Line("life", 1.0, "s")
        yield Line("life.p50", 2.0, "ms")

    code, lines = printed([Benchmark({"life": "s", "life.p50": "ms"}, 10, measure)], tmp_path, "*.p50")
    assert (code, [line["name"] for line in lines]) == (DONE, ["life.p50"])


def test_a_name_that_nothing_has_is_refused_and_those_that_exist_are_told(tmp_path, capsys):
    code, lines = printed([constant("life.one", 1.0)], tmp_path, "lief.*")
    assert (code, lines) == (REFUSED, [])
    assert "life.one" in capsys.readouterr().err


def test_a_benchmark_that_cannot_run_prints_its_lines_with_the_error_and_the_others_go_on(tmp_path):
    code, lines = printed([broken("bad.one", "bad.two"), constant("good", 1.0)], tmp_path)
    assert code == FAULT
    assert [(line["name"], line["value"]) for line in lines] == [("bad.one", 1.0), ("bad.two", None), ("good", 1.0)]
    assert [line.get("error") for line in lines] == [None, "ZeroDivisionError: no machine is that fast", None]
    assert list(lines[1]) == [*KEYS, "error"]


def test_a_figure_from_which_something_is_missing_counts_as_a_failure(tmp_path):
    code, [line] = printed([constant("life", 1.0, error="peers: not installed")], tmp_path)
    assert (code, line["value"], line["error"]) == (FAULT, 1.0, "peers: not installed")


def test_a_line_that_a_benchmark_forgets_is_an_error(tmp_path):
    def measure(_room):
        yield from ()

    code, [line] = printed([Benchmark({"forgotten": "s"}, 10, measure)], tmp_path)
    assert (code, line["value"], line["error"]) == (FAULT, None, "it was not measured")


def test_a_benchmark_that_hangs_is_ended_when_its_time_is_over(tmp_path):
    def measure(_room):
        time.sleep(30)
        yield Line("slow", 1.0, "s")

    code, [line] = printed([Benchmark({"slow": "s"}, 0.1, measure)], tmp_path)
    assert code == FAULT
    assert line["error"].startswith("OutOfTime")


def test_each_benchmark_has_a_folder_of_its_own_that_is_gone_afterwards(tmp_path):
    def measure(room):
        (room.folder / "file").write_text("something")
        yield Line("one", 1.0, "s")

    printed([Benchmark({"one": "s"}, 10, measure)], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_whatever_else_is_printed_goes_to_standard_error():
    script = (
        "import subprocess, sys; from benchmarks.harness import own_output\n"
        "with own_output() as out:\n"
        "    print('chatter'); sys.stdout.flush(); subprocess.run(['echo', 'more chatter']); out.write('figure\\n')\n"
        "print('afterwards')"
    )
    paths = os.pathsep.join(map(str, (ROOT / "tests", ROOT)))
    environment = {"PYTHONPATH": paths, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # our own
    assert done.stdout == "figure\nafterwards\n"
    assert done.stderr == "chatter\nmore chatter\n"


def test_no_two_benchmarks_share_a_line_and_every_promised_line_is_there():
    names = [name for benchmark in SUITE for name in benchmark.lines]
    assert len(names) == len(set(names))
    assert set(names) >= PROMISED


def test_every_promised_peer_has_its_script():
    assert NAMES == ("dbos", "eventsourcing", "spiffworkflow", "viewflow")


def test_the_lock_of_the_peers_holds_hashes_and_names_no_index():
    lock = (ROOT / "tests/benchmarks/peers.lock").read_text(encoding="utf-8")
    pins = [line for line in lock.splitlines() if "==" in line and not line.lstrip().startswith("#")]
    assert len(pins) >= len(NAMES)
    assert all(line.endswith("\\") for line in pins)
    assert "://" not in lock
    assert "index-url" not in lock


@pytest.mark.parametrize(("share", "expected"), [(0.5, 51), (0.95, 96), (0.99, 100), (1.0, 100)])
def test_a_percentile_is_one_of_the_figures(share, expected):
    assert percentile([float(number) for number in range(100, 0, -1)], share) == expected
