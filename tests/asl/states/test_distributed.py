"""A Map in DISTRIBUTED mode: findings and compiled form of its own fields."""

import pytest

from tests.asl.definitions import findings, state_findings, state_of

FLOW = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
DISTRIBUTED = {**FLOW, "ProcessorConfig": CONFIG}
GET = "arn:aws:states:::s3:getObject"
LIST = "arn:aws:states:::s3:listObjectsV2"
PUT = "arn:aws:states:::s3:putObject"
OBJECT = {"Bucket": "b", "Key.$": "$.key"}
AT = "at /States/S"


def reader(config=None, resource=GET, **more):
    config = {} if config is None else {"ReaderConfig": config}
    return {"ItemReader": {"Resource": resource, "Parameters": OBJECT, **config, **more}}


FINDINGS = [
    ({}, []),
    ({"Label": "x", "MaxConcurrency": 10_000, "ToleratedFailureCount": 1}, []),
    ({"Label": ""}, [f"Label cannot be empty {AT}/Label"]),
    ({"Label": "x" * 41}, [f"Label cannot exceed 40 characters {AT}/Label"]),
    ({"Label": "a/b"}, [f"Label contains invalid character: '/' {AT}/Label"]),
    ({"Label": "a\x0e"}, [f"Label contains invalid character: '\\x0e' {AT}/Label"]),
    ({"Label": 1}, [f"Expected value of type String {AT}/Label"]),
    ({"ItemReader": 1}, [f"Expected value of type Object {AT}/ItemReader"]),
    ({"ItemReader": {}}, [f"These fields are required: [Resource, Parameters] {AT}/ItemReader"]),
    (
        {"ItemReader": {"Resource": LIST, "Parameters": {"Prefix": "p"}}},
        [f"The field 'Bucket' is required but was missing {AT}/ItemReader/Parameters"],
    ),
    (
        reader({"InputType": "JSON"}, Parameters={"Bucket.$": "$.bucket"}),
        [f"The field 'Key' is required but was missing {AT}/ItemReader/Parameters"],
    ),
    (
        reader({"InputType": "XML"}),
        [
            "The field 'InputType' should have one of these values: [CSV, JSON, JSONL, PARQUET, MANIFEST] "
            f"{AT}/ItemReader/ReaderConfig/InputType"
        ],
    ),
    (reader({"InputType": "JSON"}), []),
    (reader(), [f"These fields are required: [ReaderConfig] {AT}/ItemReader"]),
    (reader({}), [f"These fields are required: [InputType] {AT}/ItemReader/ReaderConfig"]),
    (reader(resource=LIST), []),
    (reader({"MaxItems": 0}, LIST), []),
    (
        reader({"InputType": "JSON"}, LIST),
        [
            "Field 'InputType' needs the Transformation LOAD_AND_FLATTEN for the resource s3:listObjectsV2 "
            f"{AT}/ItemReader/ReaderConfig"
        ],
    ),
    (reader({"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}, LIST), []),
    (
        reader({"Transformation": "LOAD_AND_FLATTEN"}, LIST),
        [f"These fields are required: [InputType] {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}),
        [
            "The Transformation LOAD_AND_FLATTEN is only supported for the resource s3:listObjectsV2 "
            f"{AT}/ItemReader/ReaderConfig"
        ],
    ),
    (
        reader({"InputType": "JSON"}, "arn:aws:states:::s3:putObject"),
        [
            "The resource provided arn:aws:states:::s3:putObject is not recognized. The value is not a valid resource "
            f"ARN, or the resource is not available in this region. {AT}/ItemReader/Resource"
        ],
    ),
    (
        reader({"InputType": "CSV"}),
        [f"These fields are required: [CSVHeaderLocation] {AT}/ItemReader/ReaderConfig"],
    ),
    (reader({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "PIPE"}), []),
    (
        reader({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}),
        [f"These fields are required: [CSVHeaders] {AT}/ItemReader/ReaderConfig"],
    ),
    (reader({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]}), []),
    (
        reader({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a" * 10_241]}),
        [f"CSV headers can have at most 10240 bytes {AT}/ItemReader/ReaderConfig/CSVHeaders"],
    ),
    (
        reader({"InputType": "JSON", "CSVDelimiter": "TAB"}),
        [f"Field 'CSVDelimiter' is only supported for the InputType CSV {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "ItemsPointer": "/a"}),
        [f"Field 'ItemsPointer' is only supported for the InputType JSON {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"InputType": "JSON", "ItemsPointer": "a"}),
        [f"Value is not a valid JSON pointer {AT}/ItemReader/ReaderConfig/ItemsPointer"],
    ),
    (reader({"ManifestType": "S3_INVENTORY"}), []),
    (reader({"InputType": "MANIFEST"}), []),
    (reader({"InputType": "JSON", "ManifestType": "ATHENA_DATA"}), []),
    (
        reader({"InputType": "JSON", "ManifestType": "S3_INVENTORY"}),
        [f"Field 'InputType' is not supported for the ManifestType S3_INVENTORY {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"InputType": "MANIFEST", "ManifestType": "ATHENA_DATA"}),
        [f"The ManifestType ATHENA_DATA needs the InputType of its data files {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"ManifestType": "S3_INVENTORY"}, LIST),
        [
            f"Field 'ManifestType' is only supported for the resource s3:getObject {AT}/ItemReader/ReaderConfig",
        ],
    ),
    (
        reader({"InputType": "JSON", "MaxItems": 1, "MaxItemsPath": "$.n"}),
        [f"Only one of these fields is allowed: [MaxItems, MaxItemsPath] {AT}/ItemReader/ReaderConfig"],
    ),
    (
        reader({"InputType": "JSON", "MaxItems": -1}),
        [f"Minimum value is 0 {AT}/ItemReader/ReaderConfig/MaxItems"],
    ),
    (
        reader({"InputType": "JSON", "MaxItems": 100_000_001}),
        [f"Maximum value is 100000000 {AT}/ItemReader/ReaderConfig/MaxItems"],
    ),
    (
        {"ItemBatcher": {}},
        [f"One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch] {AT}/ItemBatcher"],
    ),
    ({"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"a.$": "$.a"}}}, []),
    ({"ItemBatcher": {"MaxInputBytesPerBatchPath": "$.n"}}, []),
    (
        {"ItemBatcher": {"MaxInputBytesPerBatch": 262_145}},
        [f"Maximum value is 262144 {AT}/ItemBatcher/MaxInputBytesPerBatch"],
    ),
    ({"ResultWriter": {"Resource": PUT, "Parameters": {"Bucket": "b", "Prefix": "p"}}}, []),
    ({"ResultWriter": {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}}, []),
    ({"ResultWriter": {}}, [f"One of these fields is required: [Resource, WriterConfig] {AT}/ResultWriter"]),
    ({"ResultWriter": {"Resource": PUT}}, [f"These fields are required: [Parameters] {AT}/ResultWriter"]),
    (
        {"ResultWriter": {"Resource": PUT, "Parameters": {"Prefix": "p"}}},
        [f"The field 'Bucket' is required but was missing {AT}/ResultWriter/Parameters"],
    ),
    (
        {"ResultWriter": {"Parameters": {"Bucket": "b"}}},
        [f"These fields are required: [Resource] {AT}/ResultWriter"],
    ),
    (
        {"ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}}},
        [f"These fields are required: [OutputType] {AT}/ResultWriter/WriterConfig"],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), FINDINGS)
def test_findings(fields, expected):
    assert state_findings({"Type": "Map", "End": True, "ItemProcessor": DISTRIBUTED, **fields}) == expected


def test_labels_are_unique_in_the_definition():
    inner = {"Type": "Map", "End": True, "Label": "same", "ItemProcessor": DISTRIBUTED}
    processor = {"StartAt": "I", "States": {"I": inner}, "ProcessorConfig": CONFIG}
    outer = {"Type": "Map", "End": True, "Label": "same", "ItemProcessor": processor}
    [finding] = findings({"StartAt": "S", "States": {"S": outer}})
    assert finding.startswith("Label must be unique within the state machine: same at /States/S")


def test_express_children_have_no_distributed_map():
    inner = {"Type": "Map", "End": True, "ItemProcessor": DISTRIBUTED}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    processor = {"StartAt": "I", "States": {"I": inner}, "ProcessorConfig": config}
    [finding] = state_findings({"Type": "Map", "End": True, "ItemProcessor": processor})
    assert finding == (
        "Express state machine does not support a Map state in DISTRIBUTED mode "
        "at /States/S/ItemProcessor/States/I/ItemProcessor/ProcessorConfig"
    )


def test_compiled():
    state = state_of({
        "Type": "Map",
        "ItemProcessor": DISTRIBUTED,
        **reader({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "MaxItemsPath": "$.n"}),
        "ItemBatcher": {"MaxItemsPerBatch": 7},
        "ResultWriter": {"Resource": PUT, "Parameters": {"Bucket": "b"}},
        "Label": "rows",
        "End": True,
    })  # fmt: skip
    assert state.is_distributed and state.label == "rows"
    read = state.item_reader
    assert (read.action, read.config.csv_headers, read.config.max_items_path.text) == ("getObject", ("a",), "$.n")
    assert (state.item_batcher.max_items, state.item_batcher.max_bytes) == (7, 0)
    assert state.result_writer.exports and state.result_writer.config is None
    assert state.processor.source["StartAt"] == "B"


def test_a_label_is_made_of_the_state_name():
    bare = {"Type": "Map", "ItemProcessor": DISTRIBUTED, "End": True}
    label = state_of(bare).label
    assert len(label) == 36 and label == state_of({**bare, "Comment": "another definition"}).label
    assert (state_of(bare).item_reader, state_of(bare).item_batcher, state_of(bare).result_writer) == (None,) * 3


def test_compiled_in_jsonata():
    state = state_of({
        "Type": "Map",
        "QueryLanguage": "JSONata",
        "ItemProcessor": DISTRIBUTED,
        "ItemReader": {
            "Resource": GET,
            "Arguments": {"Bucket": "{% $states.input.bucket %}", "Key": "k"},
            "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% 3 %}"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": "{% 2 %}", "BatchInput": {"a": "{% 1 %}"}},
        "ResultWriter": {"Resource": PUT, "Arguments": "{% $states.input.out %}"},
        "End": True,
    })  # fmt: skip
    assert state.item_reader.arguments.field == "ItemReader/Arguments"
    assert state.item_reader.config.evaluated_max_items.field == "ItemReader/ReaderConfig/MaxItems"
    assert state.item_batcher.evaluated_max_items.field == "ItemBatcher/MaxItemsPerBatch"
    assert state.item_batcher.batch_input.field == "ItemBatcher/BatchInput"
    assert state.result_writer.arguments.field == "ResultWriter/Arguments"
