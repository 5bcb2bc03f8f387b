"""Small definitions for tests, and their findings in short form."""

import json
from collections.abc import Iterable
from random import Random
from typing import Any

from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import State, StateMachine
from stepwell.limits import AWS, Limits
from stepwell.query.scope import Scope

SCHEMA = "SCHEMA_VALIDATION_FAILED"


def definition_of(state: Any, **top: Any) -> dict[str, Any]:
    """A machine whose state under test is `S`, with an end `Z` that is reachable from it only by name."""
    states = {"S": state}
    if '"Z"' in json.dumps(state):
        states["Z"] = {"Type": "Succeed"}
    return {"StartAt": "S", "States": states, **top}


def findings(definition: Any, type: str = "STANDARD", limits: Limits = AWS) -> list[str]:
    """`message at location` of each diagnostic; the code in front unless it is the usual one, `!` before a warning."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    shown = []
    for finding in compile_definition(text, type=type, limits=limits).diagnostics:
        code = "" if finding.code == SCHEMA else f"{finding.code}: "
        mark = "!" if finding.severity == "WARNING" else ""
        shown.append(f"{mark}{code}{finding.message} at {finding.location}")
    return shown


def state_findings(state: Any, **how: Any) -> list[str]:
    return findings(definition_of(state), **how)


def machine_of(definition: Any, type: str = "STANDARD", known: Iterable[str] = ()) -> StateMachine:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    compiled = compile_definition(text, type=type, known=frozenset(known))
    assert compiled.machine is not None, compiled.diagnostics
    return compiled.machine


def state_of(state: Any, **top: Any) -> Any:
    """The compiled state; `$var` and `$v` have values before it runs."""
    made: State = machine_of(definition_of(state, **top), known=("var", "v")).states["S"]
    return made


def scope(input: Any, context: Any = None, variables: Any = None) -> Scope:
    return Scope(input, lambda: context or {}, variables or {}, Random(1))
