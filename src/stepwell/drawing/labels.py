"""What is written on the nodes and edges of a drawing: what a state does, when a rule holds, what a catcher takes.

Fields may be of any type here, since definitions are drawn while they are written.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

LABEL_CHARACTERS_MAX: Final = 40
_DEPTH_MAX: Final = 4  # rules inside rules; what lies deeper is an ellipsis
_SIGNS: Final = {
    "Equals": "=",
    "LessThan": "<",
    "LessThanEquals": "≤",
    "GreaterThan": ">",
    "GreaterThanEquals": "≥",
    "Matches": "≈",
}
_COMPARISON: Final = re.compile(
    r"(?:String|Numeric|Boolean|Timestamp)(Equals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals|Matches)(Path)?"
)
_TESTS: Final = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsString": "a string",
    "IsNumeric": "a number",
    "IsBoolean": "a boolean",
    "IsTimestamp": "a timestamp",
}
_PATTERNS: Final = (".waitForTaskToken", ".sync:2", ".sync")


def rule_label(index: int, rule: Mapping[str, Any]) -> str:
    """The number of a Choice rule, counted from 1, and its test."""
    return shortened(f"#{index + 1} {_test(rule, 0)}".rstrip())


def catch_label(catcher: Mapping[str, Any]) -> str:
    """The names of the errors that a catcher takes."""
    names = catcher.get("ErrorEquals")
    if not isinstance(names, list):
        return ""
    return shortened(", ".join(str(name) for name in names))


def shortened(text: str) -> str:
    """A text in one line that is not too long for an edge."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LABEL_CHARACTERS_MAX else flat[: LABEL_CHARACTERS_MAX - 1].rstrip() + "…"


def _test(rule: Mapping[str, Any], depth: int) -> str:
    condition = rule.get("Condition")
    if isinstance(condition, bool):
        return "true" if condition else "false"
    if isinstance(condition, str):
        return condition.strip().removeprefix("{%").removesuffix("%}").strip()
    for word in ("And", "Or"):
        if isinstance(rule.get(word), list):
            return f" {word.lower()} ".join(_inner(part, depth) for part in rule[word])
    if "Not" in rule:
        return f"not ({_inner(rule['Not'], depth)})"
    return _comparison(rule)


def _inner(rule: Any, depth: int) -> str:
    if depth >= _DEPTH_MAX or not isinstance(rule, dict):
        return "…"
    text = _test(rule, depth + 1)
    return f"({text})" if "And" in rule or "Or" in rule else text


def _comparison(rule: Mapping[str, Any]) -> str:
    variable = str(rule.get("Variable", ""))
    for field, value in rule.items():
        if field in _TESTS:
            return f"{variable} is {'' if value is True else 'not '}{_TESTS[field]}"
        found = _COMPARISON.fullmatch(field)
        if found:
            shown = str(value) if found[2] else json.dumps(value, ensure_ascii=False)
            return f"{variable} {_SIGNS[found[1]]} {shown}"
    return variable


def detail_of(state: Mapping[str, Any]) -> str:
    """What a state does, in a few words: the line below its name."""
    kind = state.get("Type")
    if kind == "Task":
        return _task_detail(state.get("Resource"))
    if kind == "Wait":
        return _wait_detail(state)
    if kind == "Fail" and isinstance(state.get("Error"), str):
        return f"Fail: {state['Error']}"
    if kind == "Map":
        processor = state.get("ItemProcessor")
        config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
        distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
        return "Map, distributed" if distributed else "Map"
    return kind if isinstance(kind, str) else ""


def _task_detail(resource: Any) -> str:
    """`arn:aws:states:::dynamodb:putItem` is `dynamodb: putItem`; functions and activities are told by their names."""
    if not isinstance(resource, str) or not resource:
        return "Task"
    parts = resource.split(":")
    if resource.startswith("${"):
        return resource
    if len(parts) < 6 or parts[0] != "arn":
        return "Task"
    if parts[2] == "lambda":
        return f"lambda: {parts[6]}" if len(parts) > 6 else "lambda"
    if parts[5] == "activity":
        return f"activity: {':'.join(parts[6:])}"
    return _service_detail(":".join(parts[5:]))


def _service_detail(action: str) -> str:
    pattern = next((ending for ending in _PATTERNS if action.endswith(ending)), "")
    service, _, name = action.removesuffix(pattern).removeprefix("aws-sdk:").partition(":")
    waits = {"": "", ".waitForTaskToken": " (token)"}.get(pattern, " (sync)")
    return (f"{service}: {name}" if name else service) + waits


def _wait_detail(state: Mapping[str, Any]) -> str:
    for field, words in (("Seconds", "Wait {} s"), ("Timestamp", "Wait until {}")):
        value = state.get(field)
        if isinstance(value, int | float | str):
            return words.format(str(value).strip().removeprefix("{%").removesuffix("%}").strip())
    for field, words in (("SecondsPath", "Wait {} s"), ("TimestampPath", "Wait until {}")):
        if isinstance(state.get(field), str):
            return words.format(state[field])
    return "Wait"
