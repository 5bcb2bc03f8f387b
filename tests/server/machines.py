"""Definitions that the tests share, as JSON values."""

from typing import Any


def machine(**states: Any) -> dict[str, Any]:
    """A flow of these states; the first one is the start."""
    return {"StartAt": next(iter(states)), "States": states}


def passing(**fields: Any) -> dict[str, Any]:
    """One Pass state, alone."""
    return machine(A={"Type": "Pass", **fields, "End": True})


def task(resource: str, **fields: Any) -> dict[str, Any]:
    """One Task state, alone."""
    return machine(T={"Type": "Task", "Resource": resource, **fields, "End": True})


def looping(**fields: Any) -> dict[str, Any]:
    """A Pass state again and again: the Choice behind it never finds what it looks for."""
    again = {"Variable": "$$.Execution.Never", "IsPresent": True, "Next": "Over"}
    return machine(
        A={"Type": "Pass", **fields, "Next": "Again"},
        Again={"Type": "Choice", "Choices": [again], "Default": "A"},
        Over={"Type": "Succeed"},
    )


def mapping(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One Map state, alone."""
    return machine(M={"Type": "Map", "ItemProcessor": inner, **fields, "End": True})


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One Parallel state, alone."""
    return machine(P={"Type": "Parallel", "Branches": list(branches), **fields, "End": True})


def choosing(*rules: dict[str, Any]) -> dict[str, Any]:
    """One Choice state and where all its ways lead."""
    choices = [{**rule, "Next": "Over"} for rule in rules]
    return machine(C={"Type": "Choice", "Choices": choices, "Default": "Over"}, Over={"Type": "Succeed"})
