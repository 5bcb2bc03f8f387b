"""What the tasks of a definition give to the services that they call, as far as the definition itself says.

The rules about which arguments a service takes are not here: they are the services'.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from stepwell.asl.resource import Resource, parse_resource
from stepwell.asl.template import SUFFIX
from stepwell.query.jsonata import is_jsonata

_FLOWS: Final = ("ItemProcessor", "Iterator")
_FIELDS: Final = ("Parameters", "Arguments")


class Given(NamedTuple):
    """The arguments of one task. `value` is None where there are none, or all of them are known at run time only; a
    member of which that is true is None in it. `location` is the state's, `field` the field's name.
    """

    location: str
    field: str
    resource: Resource
    value: Any


def arguments_in(definition: dict[str, Any]) -> Iterator[Given]:
    """The arguments of all tasks of a definition without faults, in the order of the text, at every depth."""
    yield from _in_flow(definition, "")


def _in_flow(flow: dict[str, Any], at: str) -> Iterator[Given]:
    for name, state in flow["States"].items():
        yield from _in_state(state, f"{at}/States/{name}")


def _in_state(state: dict[str, Any], at: str) -> Iterator[Given]:
    if state["Type"] == "Task":
        resource = parse_resource(state["Resource"])
        field = next((field for field in _FIELDS if field in state), _FIELDS[0])
        if resource is not None and resource.kind == "service":
            yield Given(at, field, resource, _known(state.get(field), is_path=field == "Parameters"))
    for index, branch in enumerate(state.get("Branches", ())):
        yield from _in_flow(branch, f"{at}/Branches[{index}]")
    for field in _FLOWS:
        if field in state:
            yield from _in_flow(state[field], f"{at}/{field}")


def _known(value: Any, *, is_path: bool) -> Any:
    """A value with None for everything that is known at run time only."""
    if isinstance(value, dict):
        return {
            name.removesuffix(SUFFIX) if is_path else name: (
                None if is_path and name.endswith(SUFFIX) else _known(member, is_path=is_path)
            )
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_known(item, is_path=is_path) for item in value]
    return None if not is_path and is_jsonata(value) else value
