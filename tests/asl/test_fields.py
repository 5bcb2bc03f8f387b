"""The tables themselves: complete, consistent, and describable."""

import pytest

from stepwell.asl.compile import STATE_CLASSES
from stepwell.asl.fields import UNREADABLE, ListOf, Object
from stepwell.asl.flow import ROOT, STATE_TYPES, FlowOf
from stepwell.asl.retry import Handlers

P, N, B = "JSONPath", "JSONata", "both"
# the field matrix of the language: field, then types with their query language
MATRIX = {
    "Type": dict.fromkeys(STATE_TYPES, B),
    "Comment": dict.fromkeys(STATE_TYPES, B),
    "QueryLanguage": dict.fromkeys(STATE_TYPES, B),
    "Next": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait"], B),
    "End": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait"], B),
    "InputPath": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed"], P),
    "OutputPath": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed"], P),
    "Parameters": dict.fromkeys(["Task", "Parallel", "Map", "Pass"], P),
    "ResultSelector": dict.fromkeys(["Task", "Parallel", "Map"], P),
    "ResultPath": dict.fromkeys(["Task", "Parallel", "Map", "Pass"], P),
    "Assign": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait", "Choice"], B),
    "Arguments": dict.fromkeys(["Task", "Parallel"], N),
    "Output": dict.fromkeys(["Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed"], N),
    "Retry": dict.fromkeys(["Task", "Parallel", "Map"], B),
    "Catch": dict.fromkeys(["Task", "Parallel", "Map"], B),
    "Result": {"Pass": P},
    "Items": {"Map": N},
    "ItemsPath": {"Map": P},
    "ItemSelector": {"Map": B},
    "ItemProcessor": {"Map": B},
    "Iterator": {"Map": B},
    "ItemReader": {"Map": B},
    "ItemBatcher": {"Map": B},
    "ResultWriter": {"Map": B},
    "Label": {"Map": B},
    "MaxConcurrency": {"Map": B},
    "MaxConcurrencyPath": {"Map": P},
    "ToleratedFailureCount": {"Map": B},
    "ToleratedFailureCountPath": {"Map": P},
    "ToleratedFailurePercentage": {"Map": B},
    "ToleratedFailurePercentagePath": {"Map": P},
    "Branches": {"Parallel": B},
    "Resource": {"Task": B},
    "Credentials": {"Task": B},
    "TimeoutSeconds": {"Task": B},
    "HeartbeatSeconds": {"Task": B},
    "TimeoutSecondsPath": {"Task": P},
    "HeartbeatSecondsPath": {"Task": P},
    "Choices": {"Choice": B},
    "Default": {"Choice": B},
    "Seconds": {"Wait": B},
    "SecondsPath": {"Wait": P},
    "Timestamp": {"Wait": B},
    "TimestampPath": {"Wait": P},
    "Error": {"Fail": B},
    "Cause": {"Fail": B},
    "ErrorPath": {"Fail": P},
    "CausePath": {"Fail": P},
}


@pytest.mark.parametrize("type", STATE_TYPES)
def test_the_field_matrix(type):
    expected = {field: types[type] for field, types in MATRIX.items() if type in types}
    assert {row.name: row.language.value for row in STATE_CLASSES[type].table.fields} == expected


def tables(table, seen):
    if id(table) not in seen:
        seen[id(table)] = table
        for row in table.fields:
            kind = row.kind.item if isinstance(row.kind, ListOf) else row.kind
            if isinstance(kind, Object | FlowOf | Handlers):
                tables(kind.table, seen)
    return seen.values()


def all_tables():
    seen = {}
    for cls in STATE_CLASSES.values():
        tables(cls.table, seen)
    return list(tables(ROOT, seen))


def test_every_table_is_sound():
    found = all_tables()
    assert len(found) >= 12
    for table in found:
        made = table.make()
        assert not hasattr(made, "__dict__")
        names = [row.name for row in table.fields]
        assert len(names) == len(set(names)) == len(table.by_name)
        for row in table.fields:
            assert row.kind.describe()
            if row.attribute:
                setattr(made, row.attribute, row.default)  # a slot of that name exists


def test_unreadable_prints():
    assert repr(UNREADABLE) == "UNREADABLE"
