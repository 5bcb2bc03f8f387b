"""The console's types are those of the server."""

from pathlib import Path

import pytest

from tests.console.typescript import files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_is_there_is_what_would_be_written(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `python -m tests.console.typescript`"
