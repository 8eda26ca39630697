"""The same benches as for the faults."""

from faults.conftest import bench, elsewhere, light_bench, steady, tmp_path

__all__ = ["bench", "elsewhere", "light_bench", "steady", "tmp_path"]
