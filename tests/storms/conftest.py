"""The same benches as for the faults; all processes that share the storms draw from one seed, which the head of the report says."""

import os

from faults.conftest import bench, elsewhere, light_bench, steady, tmp_path
from storms.weather import SEED, SHORT

__all__ = ["bench", "elsewhere", "light_bench", "steady", "tmp_path"]
os.environ["PASSERELLE_STORM_SEED"] = str(SEED)


def pytest_report_header():
    return f"storms: PASSERELLE_STORM_SEED={SEED}{' (short)' if SHORT else ''}"
