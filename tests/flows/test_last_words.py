import subprocess
import sys

_STUBBORN = """
import threading, time
from flows.worker import end_within
threading._register_atexit(lambda: time.sleep(600))  # as Prefect registers the threads that hand over its log
end_within(0.5)
"""


def test_a_worker_that_has_done_everything_ends_also_where_prefect_would_hand_over_its_log_for_ever():
    ended = subprocess.run([sys.executable, "-c", _STUBBORN], timeout=60, check=False)  # noqa: S603  # our own program
    assert ended.returncode == 0
