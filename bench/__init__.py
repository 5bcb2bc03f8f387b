"""Our own benchmarks. `python -m bench --help`, or `make bench`."""
