"""What the engine reaches, against a floor and against its peers: ``make bench``. One JSON object a line; see docs/benchmarks.md."""
