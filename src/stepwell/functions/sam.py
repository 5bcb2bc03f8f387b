"""The functions of a SAM or CloudFormation template, as `sam local` would find them.

Code is where `CodeUri` says, relative to the template, so that a template works before and after `sam build`. Values
that only a deployment knows become what is known here: a parameter's default, the pseudo parameters, a function's ARN,
otherwise the logical name of what is referred to; a variable that cannot be known is left out.
YAML needs the package pyyaml, loaded here only; templates in JSON need nothing.

Source: AWS, "AWS SAM resources and properties", "Intrinsic function reference" of CloudFormation.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from stepwell.functions.source import Traits, is_function_name

TIMEOUT_S: Final = 3.0
"""What a function gets whose template names no Timeout (AWS: 3 seconds)."""
TEMPLATE_BYTES_MAX: Final = 1_048_576
_FUNCTIONS: Final = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_LAYERS: Final = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
_PLACEHOLDER: Final = re.compile(r"\$\{([^!}][^}]*)\}")
_MISSING: Final = "Reading a template in YAML needs the package pyyaml: install stepwell[sam]."


@dataclass(frozen=True, slots=True)
class Described:
    """A function of a template."""

    root: Path
    handler: str
    traits: Traits


def read_template(file: Path, *, account: str, region: str) -> dict[str, Described]:
    """The functions by their `FunctionName`, and by their logical names. Raises `ValueError`."""
    if file.stat().st_size > TEMPLATE_BYTES_MAX:
        raise ValueError(f"a template has at most {TEMPLATE_BYTES_MAX} bytes")
    document = _parse(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise ValueError("this is no template: it has no Resources")
    return _Template(document, file.parent, account, region).functions()


class _Template:
    """A template's functions, with what can be known of its references."""

    def __init__(self, document: dict[str, Any], folder: Path, account: str, region: str) -> None:
        self._folder = folder
        self._account = account
        self._region = region
        self._resources = {name: node for name, node in document["Resources"].items() if isinstance(node, dict)}
        self._parameters = _members(document, "Parameters")
        self._globals = _members(_members(document, "Globals"), "Function")

    def functions(self) -> dict[str, Described]:
        """All of them. A logical name never hides another function's own name."""
        found: dict[str, Described] = {}
        named: dict[str, Described] = {}
        for logical, node in self._resources.items():
            if node.get("Type") in _FUNCTIONS:
                found[logical] = self._function(_members(node, "Properties"))
                named[self._name(logical)] = found[logical]
        return {name: function for name, function in {**found, **named}.items() if is_function_name(name)}

    def _function(self, own: Mapping[str, Any]) -> Described:
        given = {**self._globals, **own}
        variables = {**_variables(self._globals), **_variables(own)}
        known = {name: self._value(value) for name, value in variables.items()}
        layers = [*_listed(self._globals, "Layers"), *_listed(own, "Layers")]
        folders = [self._layer(layer) for layer in layers]
        traits = Traits(
            str(self._value(given.get("Runtime")) or given.get("PackageType") or ""),
            _number(self._value(given.get("Timeout")), TIMEOUT_S),
            int(_number(self._value(given.get("MemorySize")), 128)),
            _reserved(self._value(given.get("ReservedConcurrentExecutions"))),
            {name: value for name, value in known.items() if value is not None},
            tuple(folder for folder in folders if folder is not None),
        )
        code = given.get("CodeUri", given.get("Code"))
        root = self._folder / code if isinstance(code, str) else self._folder
        return Described(root, str(given.get("Handler") or ""), traits)

    def _layer(self, reference: Any) -> Path | None:
        """The folder of a layer that this template builds; others are on AWS and cannot be had here."""
        node = self._resources.get(str(reference.get("Ref", ""))) if isinstance(reference, dict) else None
        if node is None or node.get("Type") not in _LAYERS:
            return None
        content = _members(node, "Properties").get("ContentUri", _members(node, "Properties").get("Content"))
        return self._folder / content if isinstance(content, str) else None

    # --- values -----------------------------------------------------------------------------------------------------

    def _value(self, value: Any) -> str | None:
        """A property's text, None where only a deployment would know it."""
        if isinstance(value, bool):
            return json.dumps(value)
        if isinstance(value, str | int | float):
            return str(value)
        if not isinstance(value, dict) or len(value) != 1:
            return None
        [(function, argument)] = value.items()
        match function:
            case "Ref":
                return self._reference(str(argument))
            case "Fn::GetAtt":
                return self._attribute(argument)
            case "Fn::Sub":
                return self._substituted(argument)
            case "Fn::Join":
                return self._joined(argument)
        return None

    def _reference(self, name: str) -> str | None:
        pseudo = {"AWS::Region": self._region, "AWS::AccountId": self._account, "AWS::Partition": "aws"}
        if name in pseudo:
            return pseudo[name]
        if name in self._parameters:
            default = _members(self._parameters, name).get("Default")
            return None if default is None else str(default)
        return self._name(name) if name in self._resources else None

    def _attribute(self, argument: Any) -> str | None:
        parts = argument.split(".") if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) != 2 or parts[0] not in self._resources:
            return None
        if parts[1] == "Arn" and self._resources[parts[0]].get("Type") in _FUNCTIONS:
            return f"arn:aws:lambda:{self._region}:{self._account}:function:{self._name(parts[0])}"
        return self._name(str(parts[0]))

    def _substituted(self, argument: Any) -> str | None:
        text, given = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(given, dict):
            return None
        known = {name: self._value(value) for name, value in given.items()}
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                known[name] = self._attribute(name) if "." in name else self._reference(name)
        if any(known[name] is None for name in _PLACEHOLDER.findall(text)):
            return None
        return _PLACEHOLDER.sub(lambda found: known[found[1]] or "", text).replace("${!", "${")

    def _joined(self, argument: Any) -> str | None:
        if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[1], list):
            return None
        parts = [self._value(part) for part in argument[1]]
        return None if None in parts else str(argument[0]).join(part or "" for part in parts)

    def _name(self, logical: str) -> str:
        given = _members(self._resources[logical], "Properties").get("FunctionName")
        return (self._value(given) if given is not None else None) or logical


def _members(node: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = node.get(name)
    return value if isinstance(value, dict) else {}


def _listed(node: Mapping[str, Any], name: str) -> list[Any]:
    value = node.get(name)
    return value if isinstance(value, list) else []


def _variables(properties: Mapping[str, Any]) -> dict[str, Any]:
    return _members(_members(properties, "Environment"), "Variables")


def _number(text: str | None, default: float) -> float:
    return default if text is None else float(text)


def _reserved(text: str | None) -> int | None:
    return None if text is None else int(text)


# --- the text ---------------------------------------------------------------------------------------------------------


def _parse(text: str) -> Any:
    if text.lstrip().startswith("{"):
        return json.loads(text)
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise ValueError(_MISSING) from None
    try:
        return yaml.load(text, _loader(yaml))
    except yaml.YAMLError as error:
        raise ValueError(f"the YAML cannot be read: {error}") from None


def _loader(yaml: Any) -> Any:
    """The safe loader, with CloudFormation's short forms: `!Ref X` is `{"Ref": "X"}`, `!Sub` is `Fn::Sub`."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # the package is optional
        """A loader of its own, so that nobody else's YAML means more than before."""

    def construct(loader: Any, suffix: str, node: Any) -> Any:
        name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
        if isinstance(node, yaml.ScalarNode):
            return {name: loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {name: loader.construct_sequence(node, deep=True)}
        return {name: loader.construct_mapping(node, deep=True)}

    Loader.add_multi_constructor("!", construct)
    return Loader
