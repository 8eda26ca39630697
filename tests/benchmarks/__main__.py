"""``make bench``: every benchmark, or those whose lines ``ONLY`` names. Exit codes: 0 all measured, 1 a line has an error, 2 no such line."""

import os
import sys
from pathlib import Path

from benchmarks.harness import own_output, run
from benchmarks.suite import SUITE

_ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run what the environment asks for: ``ONLY`` (a glob over the names of lines), ``PASSERELLE_BENCH_CACHE`` (a folder on the disk to measure)."""
    cache = Path(os.environ.get("PASSERELLE_BENCH_CACHE") or _ROOT / "build" / "bench").absolute()
    only = os.environ.get("ONLY") or "*"
    for name in [name for name in os.environ if name.startswith(("PASSERELLE_", "PREFECT_")) and name != "PASSERELLE_TEST_POSTGRES"]:
        del os.environ[name]
    with own_output() as out:
        return run(SUITE, only, cache, out)


if __name__ == "__main__":
    sys.exit(main())
