"""The command line: `stepwell serve`, `run`, `validate`, `graph`, `demo`, `functions`, `version`."""

from stepwell.cli.program import main

__all__ = ["main"]
