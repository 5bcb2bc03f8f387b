"""Writes the console's TypeScript types from the Python model: `python -m tests.console.typescript`.

`test_typescript` fails when a file that is there is not what this would write.
"""

import re
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import fields

from stepwell.api.model import read_model
from stepwell.engine import model, places
from stepwell.operations import job_list
from stepwell.operations.reads import (
    documents,
    iterations,
    jobs,
    live,
    logs,
    machines,
    metrics,
    overview,
    pictures,
    search,
    workers,
)

FOLDER: Final = Path(__file__).parents[2] / "console" / "src" / "api" / "generated"
HEAD: Final = "// Written by `python -m tests.console.typescript` from the Python model. Do not edit.\n"
PLAIN: Final = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "unknown"}
SHAPES: Final = {
    "string": "string",
    "boolean": "boolean",
    "integer": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "timestamp": "number",
}


ANSWERS: Final = (
    search.ExecutionPage,
    pictures.Picture,
    pictures.EventPage,
    pictures.OneEvent,
    iterations.IterationPage,
    logs.VisitLogs,
    live.StatusNow,
    live.Gap,
    live.Bye,
    metrics.Metrics,
    metrics.StateMetrics,
    overview.Overview,
    machines.MachinePage,
    workers.ActivityQueues,
    workers.Workers,
    job_list.Job,
    jobs.JobPage,
    documents.Document,
    documents.Documents,
)
"""What console reads answer, and what streams tell."""


# Structs


def structs_text(roots: Iterable[type[Struct]], imported: Iterable[str] = ()) -> str:
    """Interfaces of these structs and of all that they are made of, but for those that `history.ts` has."""
    found = dict.fromkeys(imported, "")
    for root in roots:
        _add(root, found)
    texts = [text for text in found.values() if text]
    used = sorted(name for name in imported if any(f": {name}" in text for text in texts))
    head = f'\nimport type {{ {", ".join(used)} }} from "./history";\n' if used else ""
    return HEAD + head + "".join(f"\n{text}" for text in texts)


def _add(struct: type[Struct], found: dict[str, str]) -> None:
    if struct.__name__ in found:
        return
    found[struct.__name__] = ""  # it may speak of itself
    hints = get_type_hints(struct)
    lines = [f"  {field.encode_name}: {_type(hints[field.name], found)};\n" for field in fields(struct)]
    found[struct.__name__] = f"export interface {struct.__name__} {{\n{''.join(lines)}}}\n"


def _type(hint: Any, found: dict[str, str]) -> str:
    if hint in PLAIN:
        return PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in inner)
    if origin in (Union, types.UnionType):
        return " | ".join(_type(one, found) for one in inner)
    if origin is dict:
        return f"Record<{_type(inner[0], found)}, {_type(inner[1], found)}>"
    if origin is tuple:
        return (
            f"({_type(inner[0], found)})[]"
            if inner[-1] is ...
            else f"[{', '.join(_type(one, found) for one in inner)}]"
        )
    if origin is list:
        text = _type(inner[0], found)
        return f"({text})[]" if "|" in text else f"{text}[]"
    if isinstance(hint, type) and issubclass(hint, Struct):
        _add(hint, found)
        return hint.__name__
    raise TypeError(f"no TypeScript for {hint!r}")


# The service model


def service_text() -> str:
    """Interfaces of the service model's shapes, and one that names each operation's input and output."""
    service = read_model()
    shapes = service["shapes"]
    used = _used_shapes(service)
    lines = [HEAD, "\n/** Times are seconds since 1970 UTC. */\n"]
    lines += [_shape(name, shapes) for name in sorted(used) if shapes[name]["type"] == "structure"]
    lines.append("\nexport interface Operations {\n")
    for name, operation in sorted(service["operations"].items()):
        given, answer = operation["input"]["shape"], operation["output"]["shape"]
        lines.append(f"  {name}: {{ input: {given}; output: {answer} }};\n")
    lines.append("}\n")
    return "".join(lines)


def _used_shapes(service: dict[str, Any]) -> set[str]:
    used: set[str] = set()
    waiting = [operation[way]["shape"] for operation in service["operations"].values() for way in ("input", "output")]
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        shape = service["shapes"][name]
        waiting += [member["shape"] for member in shape.get("members", {}).values()]
        waiting += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    return used


def _shape(name: str, shapes: dict[str, Any]) -> str:
    shape = shapes[name]
    required = set(shape.get("required", ()))
    members = shape.get("members", {})
    if not members:
        return f"\nexport type {name} = Record<string, never>;\n"
    lines = [
        f"  {member}{'' if member in required else '?'}: {_shape_type(row['shape'], shapes)};\n"
        for member, row in members.items()
    ]
    return f"\nexport interface {name} {{\n{''.join(lines)}}}\n"


def _shape_type(name: str, shapes: dict[str, Any]) -> str:
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        return name
    if kind == "list":
        inner = _shape_type(shape["member"]["shape"], shapes)
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if kind == "map":
        return f"Record<string, {_shape_type(shape['value']['shape'], shapes)}>"
    if "enum" in shape:
        return " | ".join(f'"{value}"' for value in shape["enum"])
    return SHAPES[kind]


def files() -> dict[Path, str]:
    """All generated files and what has to stand in them."""
    history = structs_text([places.HistoryEvent, model.Model])
    return {
        FOLDER / "history.ts": history,
        FOLDER / "reads.ts": structs_text(ANSWERS, re.findall(r"interface (\w+)", history)),
        FOLDER / "service.ts": service_text(),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
