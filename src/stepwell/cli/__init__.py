"""The command line: `stepwell serve`, `run`, `validate`, `demo`, `functions`, `version`."""

from stepwell.cli.program import main

__all__ = ["main"]
