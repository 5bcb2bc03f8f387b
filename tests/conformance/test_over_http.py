"""The same cases once more, over HTTP with boto3: what the engine does right, the wire tells right."""

from typing import Any

import pytest

from tests.conformance.test_cases import CASES, NAMES
from tests.conformance.wire import run_case_over_http

GONE = {"deleted_machine"}  # the execution is deleted with its machine, and nobody can ask for its history any more


@pytest.mark.parametrize("case", [c for c in CASES if c["name"] not in GONE], ids=[n for n in NAMES if n not in GONE])
async def test_case(case: dict[str, Any]) -> None:
    await run_case_over_http(case)
