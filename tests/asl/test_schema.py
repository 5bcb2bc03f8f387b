"""The schema for editors says of every field what its table says."""

import json
from pathlib import Path
from typing import Any

import pytest

from stepwell.asl.compile import STATE_CLASSES
from stepwell.asl.fields import BOTH, Field, Table
from stepwell.asl.flow import ROOT
from stepwell.asl.retry import CATCHER, RETRIER
from stepwell.asl.schema import language_schema, schema_of
from stepwell.asl.states.choice import NESTED_RULE, RULE
from stepwell.asl.states.distributed import ITEM_BATCHER, ITEM_READER, READER_CONFIG, RESULT_WRITER, WRITER_CONFIG
from stepwell.asl.states.map import PROCESSOR, PROCESSOR_CONFIG
from stepwell.asl.states.parallel import BRANCH

SCHEMA = language_schema()
DEFS = SCHEMA["$defs"]
MAP = DEFS["Map"]["properties"]
TABLES: dict[str, tuple[Table, Any]] = {
    "Definition": (ROOT, DEFS["Definition"]),
    "Branch": (BRANCH, DEFS["Branch"]),
    "Processor": (PROCESSOR, DEFS["Processor"]),
    "ProcessorConfig": (PROCESSOR_CONFIG, DEFS["Processor"]["properties"]["ProcessorConfig"]),
    "Test": (NESTED_RULE, DEFS["Test"]),
    "Rule": (RULE, DEFS["Choice"]["properties"]["Choices"]["items"]),
    "Retrier": (RETRIER, DEFS["Task"]["properties"]["Retry"]["items"]),
    "Catcher": (CATCHER, DEFS["Task"]["properties"]["Catch"]["items"]),
    "ItemReader": (ITEM_READER, MAP["ItemReader"]),
    "ReaderConfig": (READER_CONFIG, MAP["ItemReader"]["properties"]["ReaderConfig"]),
    "ItemBatcher": (ITEM_BATCHER, MAP["ItemBatcher"]),
    "ResultWriter": (RESULT_WRITER, MAP["ResultWriter"]),
    "WriterConfig": (WRITER_CONFIG, MAP["ResultWriter"]["properties"]["WriterConfig"]),
    **{name: (cls.table, DEFS[name]) for name, cls in STATE_CLASSES.items()},
}


@pytest.mark.parametrize("name", TABLES)
def test_every_field_of_a_table_is_there_in_its_order(name: str) -> None:
    table, schema = TABLES[name]
    assert list(schema["properties"]) == [row.name for row in table.fields]
    assert schema["required"] == [row.name for row in table.fields if row.required and row.language is BOTH]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", TABLES)
def test_a_field_says_what_its_row_says(name: str) -> None:
    table, schema = TABLES[name]
    for row in table.fields:
        shown = schema["properties"][row.name]
        assert shown.get("x-language", "both") == row.language.value
        assert ("x-expression" in shown) is bool(row.evaluable)
        if shown["x-kind"] != "type":
            assert shown["description"] == row.kind.describe()


@pytest.mark.parametrize("name", TABLES)
def test_groups_are_the_tables(name: str) -> None:
    table, schema = TABLES[name]
    shown = [(group["name"], tuple(group["fields"]), group["required"]) for group in schema.get("x-groups", [])]
    assert shown == [(group.name, names, group.required) for group, names in table.groups]


def test_every_type_of_state_can_be_a_state() -> None:
    assert DEFS["State"]["oneOf"] == [{"$ref": f"#/$defs/{name}"} for name in STATE_CLASSES]
    assert all(DEFS[name]["properties"]["Type"]["const"] == name for name in STATE_CLASSES)


def test_every_reference_leads_somewhere() -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].removeprefix("#/$defs/") in DEFS
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(SCHEMA)


def test_an_expression_may_stand_for_a_number() -> None:
    seconds = DEFS["Wait"]["properties"]["Seconds"]
    assert seconds["type"] == ["integer", "string"] and seconds["maximum"] == 99_999_999
    assert DEFS["Fail"]["properties"]["Error"]["type"] == "string"


def test_a_kind_that_nobody_taught_it_is_refused() -> None:
    class Strange:
        def read(self, value: Any, place: Any) -> Any:
            return value

        def describe(self) -> str:
            return "strange"

    with pytest.raises(TypeError, match="Strange"):
        schema_of(Field("Odd", Strange()).kind)


def test_the_console_has_this_very_schema() -> None:
    """Mended by `stepwell schema > console/src/editor/schema.json`."""
    held = Path(__file__).parents[2] / "console" / "src" / "editor" / "schema.json"
    assert json.loads(held.read_text()) == SCHEMA


def test_the_words_of_expressions_are_those_that_are_known() -> None:
    words = SCHEMA["x-words"]
    assert words["intrinsics"]["States.ArrayPartition"] == ["array", "number"]
    assert {"sum", "uuid", "partition"} <= set(words["jsonata"]) and "eval" not in words["jsonata"]
    assert words["states"] == ["context", "errorOutput", "input", "result"]
    assert words["errors"][0] == "States.ALL"
