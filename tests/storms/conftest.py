"""The same benches as for the faults."""

from faults.conftest import bench, light_bench, steady, tmp_path

__all__ = ["bench", "light_bench", "steady", "tmp_path"]
