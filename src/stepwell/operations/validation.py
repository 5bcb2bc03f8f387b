"""ValidateStateMachineDefinition: what is wrong or doubtful in a definition, without creating anything."""

from typing import Any, Final

from stepwell.asl.compile import compile_definition
from stepwell.asl.diagnostics import ERROR, Diagnostic
from stepwell.caller import Caller
from stepwell.operations.arguments import argument_findings
from stepwell.operations.service import Service

_DIAGNOSTICS_MAX: Final = 100  # AWS: default and maximum


async def validate_state_machine_definition(
    service: Service,
    caller: Caller,
    *,
    definition: str,
    type: str = "STANDARD",
    severity: str = ERROR,
    max_results: int | None = None,
) -> dict[str, Any]:
    """The findings in AWS's order. Warnings only if asked for; `result` is FAIL when any is an error."""
    compiled = compile_definition(definition, type=type, limits=service.limits)
    found = compiled.errors if severity == ERROR else compiled.diagnostics
    if not compiled.errors:
        found = (*await argument_findings(service, definition), *found)
    size = min(max_results or _DIAGNOSTICS_MAX, _DIAGNOSTICS_MAX)
    return {
        "result": "FAIL" if any(finding.severity == ERROR for finding in found) else "OK",
        "diagnostics": [_line(finding) for finding in found[:size]],
        "truncated": len(found) > size,
    }


def _line(finding: Diagnostic) -> dict[str, Any]:
    return finding._asdict()
