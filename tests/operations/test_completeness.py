"""The whole API: whatever AWS's service model knows is handled here, or named below as missing.

A newer model fails these tests, and so does a name below that is handled by now: the lists only get shorter.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from stepwell import operations
from stepwell.api.codec import snake_name
from stepwell.engine.history import TYPES
from stepwell.errors import ApiError
from stepwell.operations import OPERATIONS

MODEL: dict[str, Any] = Loader().load_service_model("stepfunctions", "service-2")
SHAPES: dict[str, Any] = MODEL["shapes"]
PACKAGE = Path(operations.__file__).parent.parent

MISSING_OPERATIONS: set[str] = set()
MISSING_INPUTS: set[str] = set()
MISSING_OUTPUTS: set[str] = set()
MISSING_EVENTS: set[str] = set()
UNUSED_ERRORS = {
    # A token that we made names a task that there was: it is over (TaskTimedOut, recorded). Any other text is no token
    # (InvalidToken, recorded). No case is left that AWS is known to answer with this error.
    "TaskDoesNotExist",
}


def differs(found: set[str], named: set[str]) -> set[str]:
    """What is missing and not named, and what is named and not missing."""
    return found ^ named


def text_of(*rooms: str) -> str:
    return "\n".join(path.read_text() for room in rooms for path in sorted((PACKAGE / room).rglob("*.py")))


def members_of(shape: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """All names in an answer, at every depth."""
    found = SHAPES[shape]
    if shape in seen or shape == "HistoryEvent":
        return
    seen |= {shape}
    if found["type"] == "structure":
        for name, member in found["members"].items():
            yield name
            yield from members_of(member["shape"], seen)
    for inner in ("member", "value"):
        if inner in found:
            yield from members_of(found[inner]["shape"], seen)


def test_every_operation_is_there():
    assert not OPERATIONS.keys() - MODEL["operations"].keys()
    assert not differs(MODEL["operations"].keys() - OPERATIONS.keys(), MISSING_OPERATIONS)


def test_every_input_member_is_taken():
    missing = set()
    for name, function in OPERATIONS.items():
        taken = inspect.signature(function).parameters
        given = SHAPES[MODEL["operations"][name]["input"]["shape"]]["members"]
        missing |= {f"{name}.{member}" for member in given if snake_name(member) not in taken}
    assert not differs(missing, MISSING_INPUTS)


def test_every_output_member_is_given():
    text = text_of("operations", "asl")
    words = set(re.findall(r"\w+", text))
    missing = set()
    for name in OPERATIONS:
        for member in members_of(MODEL["operations"][name]["output"]["shape"]):
            if snake_name(member) not in words:
                missing.add(f"{name}.{member}")
    assert not differs(missing, MISSING_OUTPUTS)


def test_every_history_event_is_known():
    kinds = set(SHAPES["HistoryEventType"]["enum"])
    assert {row.name for row in TYPES} == kinds
    known = {row.member: {detail.name for detail in row.details} for row in TYPES if row.member is not None}
    missing = set()
    for member, target in SHAPES["HistoryEvent"]["members"].items():
        details = SHAPES[target["shape"]].get("members")
        if details is None:
            continue
        for name in details:
            if name not in known.get(member, ()) and name.removesuffix("Details") not in known.get(member, ()):
                missing.add(f"{member}.{name}")
    assert not differs(missing, MISSING_EVENTS)


def test_every_error_is_known_and_used():
    modelled = {name for name, shape in SHAPES.items() if shape.get("exception")}
    assert not modelled - {kind.__name__ for kind in ApiError.BY_CODE.values()}
    text = text_of("operations", "runtime", "api") + (PACKAGE / "arn.py").read_text()
    unused = {name for name in modelled if not re.search(rf"\b{name}\b", text)}
    assert not differs(unused, UNUSED_ERRORS)
