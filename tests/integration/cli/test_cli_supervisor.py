"""The supervisor with real processes; where it would replace this process's signal handlers, it works in a process of its own."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from cli.logs import open_log, rotate, tail
from cli.supervisor import GaveUp, Program, Supervisor

HEAD = """
import sys
from pathlib import Path
from cli.supervisor import Program, Stopped, Supervisor
folder = Path(sys.argv[1])
def program(name, code, rank=0):
    return Program(name, [sys.executable, "-c", code], {}, folder, folder / f"{name}.log", rank)
SLEEP = "import time; open('{0}', 'w').write(str(__import__('os').getpid())); time.sleep(600)"
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('stubborn.pid', 'w').write(str(__import__('os').getpid())); time.sleep(600)"


@pytest.fixture
def supervisor():
    kept = {sign: signal.getsignal(sign) for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    told = []
    watcher = Supervisor(lambda name, code, pause: told.append((name, code, pause)))
    yield watcher, told
    watcher.stop()
    for sign, handler in kept.items():
        signal.signal(sign, handler)


def program(folder, code):
    return Program("enfant", [sys.executable, "-c", code], {}, folder, folder / "enfant.log", 0)


def test_a_process_that_dies_is_started_again_and_that_is_told(supervisor, tmp_path):
    watcher, told = supervisor
    code = "import pathlib, sys, time; p = pathlib.Path('vu'); seen = p.exists(); p.touch(); sys.exit(3) if not seen else time.sleep(600)"
    watcher.start(program(tmp_path, code))
    assert watcher.wait_until(lambda: bool(told), 10)
    assert told == [("enfant", 3, 1.0)]
    assert not watcher.wait_until(lambda: len(told) > 1, 3)


def test_three_deaths_in_a_row_end_everything_with_the_log(supervisor, tmp_path):
    watcher, told = supervisor
    watcher.start(program(tmp_path, "import sys; sys.exit('je ne peux pas')"))
    with pytest.raises(GaveUp) as gave_up:
        watcher.wait_until(lambda: False, 20)
    assert (gave_up.value.name, len(told), tail(gave_up.value.log).splitlines()) == ("enfant", 2, ["je ne peux pas"] * 3)


def test_a_task_that_fails_gives_up_and_one_that_ends_well_does_not(supervisor, tmp_path):
    watcher, _ = supervisor
    watcher.run_once(program(tmp_path, "pass"))
    with pytest.raises(GaveUp):
        watcher.run_once(program(tmp_path, "import sys; sys.exit(1)"))


def run_script(folder, body):
    return subprocess.Popen([sys.executable, "-c", HEAD + textwrap.dedent(body), str(folder)], stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own program


def pid_in(file, seconds=10.0):
    end = time.monotonic() + seconds
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return int(file.read_text())


def alive(pid):
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def gone(pid, seconds=5.0):
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


WATCH = """
    supervisor = Supervisor(lambda *_: None)
    supervisor.start(program("polite", SLEEP.format("polite.pid"), 1))
    supervisor.start(program("child", {child!r}))
    try:
        supervisor.wait_until(lambda: False)
    except Stopped:
        supervisor.stop()
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_when_asked_to_stop_nothing_is_left(tmp_path, sign):
    script = run_script(
        tmp_path, WATCH.format(child="import time; open('child.pid', 'w').write(str(__import__('os').getpid())); time.sleep(600)")
    )
    pids = [pid_in(tmp_path / "polite.pid"), pid_in(tmp_path / "child.pid")]
    script.send_signal(sign)
    assert (script.wait(10), [gone(pid) for pid in pids]) == (0, [True, True])
    script.stdout.close()


def test_a_process_that_will_not_stop_is_made_to_within_ten_seconds(tmp_path):
    script = run_script(tmp_path, WATCH.format(child=STUBBORN))
    pid = pid_in(tmp_path / "stubborn.pid")
    begun = time.monotonic()
    script.send_signal(signal.SIGINT)
    assert (script.wait(10), gone(pid), time.monotonic() - begun < 10) == (0, True, True)
    script.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the promise is Linux's")
def test_when_the_supervisor_is_killed_its_processes_end_too(tmp_path):
    script = run_script(
        tmp_path, WATCH.format(child="import time; open('child.pid', 'w').write(str(__import__('os').getpid())); time.sleep(600)")
    )
    pids = [pid_in(tmp_path / "polite.pid"), pid_in(tmp_path / "child.pid")]
    script.kill()
    script.wait()
    assert [gone(pid) for pid in pids] == [True, True]
    script.stdout.close()


def test_a_log_that_has_grown_is_put_aside_and_its_writer_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("cli.logs._LARGEST", 10)
    log = tmp_path / "enfant.log"
    with open_log(log) as writer:
        writer.write(b"avant la coupure\n")
        writer.flush()
        rotate(log)
        writer.write(b"ensuite\n")
    assert (tail(log), (tmp_path / "enfant.log.1").read_text(encoding="utf-8")) == ("ensuite", "avant la coupure\n")
