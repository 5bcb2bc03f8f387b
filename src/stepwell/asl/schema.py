"""The JSON schema of the States Language, made of the very tables that validate: what editors offer and forms show.

Each object of the language becomes a JSON schema (2020-12) with its fields in the tables' order. What JSON Schema has
no word for stands in `x-` members: the query language of a field, the kind of value (so that a form knows a path from
a text), whether an expression may stand for the value, and the groups of fields that exclude one another.
"""

from functools import singledispatch
from typing import Any, Final

from stepwell.asl.assign import AssignOf
from stepwell.asl.comparison import ComparisonOf
from stepwell.asl.compile import STATE_CLASSES
from stepwell.asl.evaluated import EvaluatedValue
from stepwell.asl.fields import (
    BOTH,
    Boolean,
    Field,
    Kind,
    ListOf,
    Literal,
    Number,
    Object,
    OneOf,
    Table,
    Target,
    Text,
    Timestamp,
)
from stepwell.asl.flow import ROOT, FlowOf, States
from stepwell.asl.paths import PathInto, PathTo
from stepwell.asl.resource import ResourceArn
from stepwell.asl.retry import Handlers
from stepwell.asl.states.choice import NESTED_RULE, AllOf, AnyOf, Condition, NoneOf
from stepwell.asl.states.distributed import Label, S3Resource
from stepwell.asl.states.map import PROCESSOR, Items
from stepwell.asl.states.parallel import BRANCH
from stepwell.asl.states.task import Credentials
from stepwell.asl.template import TemplateOf
from stepwell.query.intrinsics import INTRINSICS
from stepwell.query.jsonata_check import MEMBERS
from stepwell.query.jsonata_functions import BUILT_IN, HOSTED, LATER

Schema = dict[str, Any]
EXPRESSION: Final = r"^\{%[\s\S]*%\}$"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_RULE: Final = "Test"
_FLOWS: Final = {id(BRANCH): "Branch", id(PROCESSOR): "Processor"}
# AWS, "Error names": what Retry and Catch may name, and what executions end with.
ERROR_NAMES: Final = (
    *("States.ALL", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout", "States.Runtime"),
    *("States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold", "States.ItemReaderFailed"),
    *("States.ResultWriterFailed", "States.QueryEvaluationError", "States.IntrinsicFailure"),
    *("States.ParameterPathFailure", "States.ResultPathMatchFailure", "States.NoChoiceMatched"),
    *("States.BranchFailed", "States.Permissions", "States.Http.Socket"),
)


def language_schema() -> Schema:
    """The schema of a definition. `$defs` has the root, both kinds of nested flow, each type of state, and a test
    within a Choice rule; `x-words` the names that expressions and handlers of errors know.
    """
    states = {name: _of_table(cls.table, name) for name, cls in STATE_CLASSES.items()}
    return {
        "$schema": _DIALECT,
        "title": "Amazon States Language",
        "$ref": "#/$defs/Definition",
        "$defs": {
            "Definition": _of_table(ROOT),
            "Branch": _of_table(BRANCH),
            "Processor": _of_table(PROCESSOR),
            "State": {"oneOf": [_ref(name) for name in states]},
            **states,
            _RULE: _of_table(NESTED_RULE),
        },
        "x-words": {
            "errors": list(ERROR_NAMES),
            "intrinsics": {name: list(intrinsic.kinds) for name, intrinsic in sorted(INTRINSICS.items())},
            "jsonata": sorted((BUILT_IN | HOSTED) - LATER),
            "states": sorted(MEMBERS),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _of_table(table: Table, state_type: str = "") -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {row.name: _of_field(row) for row in table.fields},
        "required": [row.name for row in table.fields if row.required and row.language is BOTH],
        "additionalProperties": False,
    }
    if state_type:
        schema["properties"]["Type"] = {"const": state_type, "x-kind": "type"}
    groups = [{"name": group.name, "fields": list(names), "required": group.required} for group, names in table.groups]
    if groups:
        schema["x-groups"] = groups
    return schema


def _of_field(row: Field) -> Schema:
    schema = {**schema_of(row.kind), "description": row.kind.describe()}
    if row.language is not BOTH:
        schema["x-language"] = row.language.value
        if row.required:
            schema["x-required"] = True
    if row.evaluable:
        schema = _or_expression(schema)
    if row.default not in (None, "", ()):
        schema["default"] = row.default
    return schema


def _or_expression(schema: Schema) -> Schema:
    """The same value, or in a JSONata state a text with an expression in it."""
    if schema["type"] == "string":
        return {**{name: member for name, member in schema.items() if name != "format"}, "x-expression": True}
    return {**schema, "type": [schema["type"], "string"], "pattern": EXPRESSION, "x-expression": True}


@singledispatch
def schema_of(kind: Kind) -> Schema:
    """The schema of a kind of value. Raises TypeError for a kind that nobody has taught this page."""
    raise TypeError(f"the schema of {type(kind).__name__} is not known")


@schema_of.register
def _(kind: Text) -> Schema:
    schema: Schema = {"type": "string", "x-kind": "text"}
    if kind.characters_min:
        schema["minLength"] = kind.characters_min
    if kind.characters_max:
        schema["maxLength"] = kind.characters_max
    return schema


@schema_of.register
def _(kind: Number) -> Schema:
    schema: Schema = {"type": "integer" if kind.whole else "number", "x-kind": "number"}
    if kind.minimum is not None:
        schema["minimum"] = kind.minimum
    if kind.maximum is not None:
        schema["maximum"] = kind.maximum
    return schema


@schema_of.register
def _(kind: Boolean) -> Schema:
    return {"type": "boolean", "x-kind": "boolean"}


@schema_of.register
def _(kind: OneOf) -> Schema:
    return {"type": "string", "enum": list(kind.choices), "x-kind": "choice"}


@schema_of.register
def _(kind: ListOf) -> Schema:
    schema: Schema = {"type": "array", "items": schema_of(kind.item), "x-kind": "list"}
    if kind.items_min:
        schema["minItems"] = kind.items_min
    return schema


@schema_of.register
def _(kind: Object) -> Schema:
    return {**_of_table(kind.table), "x-kind": "object"}


@schema_of.register
def _(kind: Handlers) -> Schema:
    return {"type": "array", "items": _of_table(kind.table), "x-kind": "handlers"}


@schema_of.register
def _(kind: Literal) -> Schema:
    return {"x-kind": "json"}


@schema_of.register
def _(kind: Timestamp) -> Schema:
    return {"type": "string", "format": "date-time", "x-kind": "timestamp"}


@schema_of.register
def _(kind: Target) -> Schema:
    return {"type": "string", "x-kind": "state"}


@schema_of.register
def _(kind: PathTo) -> Schema:
    type_names: Any = ["string", "null"] if kind.null_to_nothing else "string"
    return {"type": type_names, "x-kind": "path", "x-definite": kind.definite, "x-calls": kind.calls}


@schema_of.register
def _(kind: PathInto) -> Schema:
    return {"type": ["string", "null"], "x-kind": "path-into"}


@schema_of.register
def _(kind: TemplateOf | Credentials) -> Schema:
    """An object; in a JSONata state also one expression."""
    return {"type": ["object", "string"], "pattern": EXPRESSION, "x-kind": "template"}


@schema_of.register
def _(kind: AssignOf) -> Schema:
    return {"type": "object", "x-kind": "assign", "x-offers": sorted(kind.allowed)}


@schema_of.register
def _(kind: EvaluatedValue) -> Schema:
    return {"x-kind": "value", "x-offers": sorted(kind.allowed)}


@schema_of.register
def _(kind: Items) -> Schema:
    return {"type": ["array", "object", "string"], "pattern": EXPRESSION, "x-kind": "value"}


@schema_of.register
def _(kind: Condition) -> Schema:
    return {"type": ["boolean", "string"], "pattern": EXPRESSION, "x-kind": "condition"}


@schema_of.register
def _(kind: ComparisonOf) -> Schema:
    return {**schema_of(kind.operand), "x-comparison": True}


@schema_of.register
def _(kind: AnyOf | AllOf) -> Schema:
    return {"type": "array", "items": _ref(_RULE), "minItems": 1, "x-kind": "rules"}


@schema_of.register
def _(kind: NoneOf) -> Schema:
    return {**_ref(_RULE), "x-kind": "rule"}


@schema_of.register
def _(kind: States) -> Schema:
    return {"type": "object", "additionalProperties": _ref("State"), "minProperties": 1, "x-kind": "states"}


@schema_of.register
def _(kind: FlowOf) -> Schema:
    return {**_ref(_FLOWS[id(kind.table)]), "x-kind": "flow"}


@schema_of.register
def _(kind: ResourceArn) -> Schema:
    return {"type": "string", "x-kind": "resource"}


@schema_of.register
def _(kind: S3Resource) -> Schema:
    return {"type": "string", "enum": [f"arn:aws:states:::s3:{action}" for action in kind.actions], "x-kind": "choice"}


@schema_of.register
def _(kind: Label) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": 40, "x-kind": "text"}
