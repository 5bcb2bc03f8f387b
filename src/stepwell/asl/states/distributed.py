"""The fields that only a Map in DISTRIBUTED mode has: where its items come from, how they are put together into the
inputs of child executions, and where results go.

Here live the fields and the rules between them (AWS: ItemReader, ItemBatcher, ResultWriter, Label). How objects are
read and written never lives here: that is the integrations' to know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.evaluated import Evaluated, EvaluatedValue
from stepwell.asl.fields import JSONATA, JSONPATH, UNREADABLE, Field, Group, ListOf, Number, Object, OneOf, Table, Text
from stepwell.asl.paths import PathTo
from stepwell.asl.reading import Place
from stepwell.asl.template import SUFFIX, Template, TemplateOf
from stepwell.query.intrinsics import Expression

LABEL_CHARACTERS_MAX: Final = 40
GET_OBJECT: Final = "getObject"
LIST_OBJECTS: Final = "listObjectsV2"
PUT_OBJECT: Final = "putObject"
GIVEN: Final = "GIVEN"
MANIFEST: Final = "MANIFEST"
ATHENA: Final = "ATHENA_DATA"
INVENTORY: Final = "S3_INVENTORY"
FLATTEN: Final = "LOAD_AND_FLATTEN"
_OBJECT_FIELDS: Final = {GET_OBJECT: ("Bucket", "Key"), LIST_OBJECTS: ("Bucket",)}
_ITEMS_MAX: Final = 100_000_000
_ITEMS_POINTER_MAX: Final = 2_000
_CSV_HEADERS_BYTES_MAX: Final = 10_240
_BATCH_BYTES_MAX: Final = 262_144
_FORBIDDEN_IN_LABEL: Final = frozenset('<>{}[]?*"#%\\^|~`$&,;:/')
_FORBIDDEN_POINTS: Final = frozenset({0xFFFE, 0xFFFF, 0x10FFFF})
_REFERENCE: Final = PathTo(definite=True)


class ItemReader:
    """`action` is that of the Resource. Parameters or Arguments name the objects."""

    __slots__ = ("action", "arguments", "config", "parameters")

    action: str
    parameters: Template | None
    arguments: Evaluated | None
    config: ReaderFields | None


class ReaderFields:
    """The fields of ReaderConfig, as written."""

    __slots__ = (
        "csv_delimiter",
        "csv_header_location",
        "csv_headers",
        "evaluated_max_items",
        "input_type",
        "items_pointer",
        "manifest_type",
        "max_items",
        "max_items_path",
        "transformation",
    )

    input_type: str | None
    transformation: str
    manifest_type: str | None
    csv_header_location: str | None
    csv_headers: tuple[str, ...]
    csv_delimiter: str
    items_pointer: str
    max_items: int
    max_items_path: Expression | None
    evaluated_max_items: Evaluated | None


class ItemBatcher:
    """A number of 0 means that there is no such bound."""

    __slots__ = (
        "batch_input",
        "evaluated_max_bytes",
        "evaluated_max_items",
        "max_bytes",
        "max_bytes_path",
        "max_items",
        "max_items_path",
    )

    max_items: int
    max_items_path: Expression | None
    evaluated_max_items: Evaluated | None
    max_bytes: int
    max_bytes_path: Expression | None
    evaluated_max_bytes: Evaluated | None
    batch_input: Template | Evaluated | None


class ResultWriter:
    """`exports` says that it has a Resource; without one it only says how results are put together."""

    __slots__ = ("arguments", "config", "exports", "parameters")

    exports: bool
    parameters: Template | None
    arguments: Evaluated | None
    config: WriterFields | None


class WriterFields:
    """The fields of WriterConfig."""

    __slots__ = ("output_type", "transformation")

    transformation: str
    output_type: str


class S3Resource(Struct, frozen=True):
    """An optimized integration with S3: it compiles to its action."""

    actions: tuple[str, ...]

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, str):
            place.report("Expected value of type String")
            return UNREADABLE
        head, _, action = value.rpartition(":")
        pieces = head.split(":")
        if len(pieces) == 6 and (pieces[0], *pieces[2:]) == ("arn", "states", "", "", "s3") and action in self.actions:
            return action
        place.report(
            f"The resource provided {value} is not recognized. The value is not a valid resource ARN, or the resource "
            "is not available in this region."
        )
        return UNREADABLE

    def describe(self) -> str:
        return "ARN of s3:" + " or s3:".join(self.actions)


class Label(Struct, frozen=True):
    """The name of the workflow inside the Map, unique in the definition. (AWS: the characters of names, at most 40.)"""

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, str):
            place.report("Expected value of type String")
            return UNREADABLE
        wrong = next((character for character in value if _is_forbidden(character)), None)
        if not value:
            place.report("Label cannot be empty")
        elif len(value) > LABEL_CHARACTERS_MAX:
            place.report(f"Label cannot exceed {LABEL_CHARACTERS_MAX} characters")
        elif wrong is not None:
            place.report(f"Label contains invalid character: {wrong!r}")
        elif value in place.reading.labels:
            place.report(f"Label must be unique within the state machine: {value}")
        else:
            place.reading.labels.add(value)
            return value
        return UNREADABLE

    def describe(self) -> str:
        return f"label of at most {LABEL_CHARACTERS_MAX} characters"


def _is_forbidden(character: str) -> bool:
    point = ord(character)
    if character in _FORBIDDEN_IN_LABEL or character.isspace() or point in _FORBIDDEN_POINTS:
        return True
    return point < 0x20 or 0x7F <= point <= 0x9F or 0xD800 <= point <= 0xDFFF


def label_of(state_name: str) -> str:
    """The label of a Map that has none: it follows from the state's name, so that an update of the machine keeps it."""
    digits = hashlib.blake2b(state_name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _check_reader(reader: ItemReader, value: Mapping[str, Any], place: Place) -> None:
    """Which objects, and that there is a type for their content. (AWS, ItemReader)"""
    _check_objects(_OBJECT_FIELDS.get(reader.action, ()), value, place)
    config = reader.config
    if reader.action == GET_OBJECT and "ReaderConfig" not in value:
        place.report("These fields are required: [ReaderConfig]")
    given = value.get("ReaderConfig")
    if config is None or not isinstance(given, dict):
        return
    below = place.at("ReaderConfig")
    if reader.action == GET_OBJECT:
        _check_file(config, given, below)
    elif reader.action == LIST_OBJECTS:
        _check_listing(config, given, below)


def _check_objects(names: tuple[str, ...], value: Mapping[str, Any], place: Place) -> None:
    """Whether the objects are named, as far as that can be seen. (The text is that for other services.)"""
    field = "Arguments" if place.language is JSONATA else "Parameters"
    given = value.get(field)
    if not isinstance(given, dict):
        return
    for name in names:
        if name not in given and (place.language is JSONATA or name + SUFFIX not in given):
            place.at(field).report(f"The field '{name}' is required but was missing")


def _check_file(config: ReaderFields, given: Mapping[str, Any], place: Place) -> None:
    if config.transformation == FLATTEN:
        place.report(f"The Transformation {FLATTEN} is only supported for the resource s3:{LIST_OBJECTS}")
    if "InputType" not in given and config.manifest_type != INVENTORY:
        place.report("These fields are required: [InputType]")
    if config.manifest_type == INVENTORY and config.input_type not in (None, MANIFEST):
        place.report(f"Field 'InputType' is not supported for the ManifestType {INVENTORY}")
    if config.manifest_type == ATHENA and config.input_type == MANIFEST:
        place.report(f"The ManifestType {ATHENA} needs the InputType of its data files")


def _check_listing(config: ReaderFields, given: Mapping[str, Any], place: Place) -> None:
    if config.transformation == FLATTEN and "InputType" not in given:
        place.report("These fields are required: [InputType]")
    if config.transformation != FLATTEN and config.input_type is not None:
        place.report(f"Field 'InputType' needs the Transformation {FLATTEN} for the resource s3:{LIST_OBJECTS}")
    if config.manifest_type is not None:
        place.report(f"Field 'ManifestType' is only supported for the resource s3:{GET_OBJECT}")


def _check_config(config: ReaderFields, value: Mapping[str, Any], place: Place) -> None:
    """What belongs to one type of content only. (AWS, ReaderConfig)"""
    kinds = {"CSV"} if config.manifest_type is None else {"CSV", None}
    if config.input_type not in kinds and (config.input_type or "InputType" not in value):
        for name in ("CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"):
            if name in value:
                place.report(f"Field '{name}' is only supported for the InputType CSV")
    if config.input_type == "CSV" and config.manifest_type is None and "CSVHeaderLocation" not in value:
        place.report("These fields are required: [CSVHeaderLocation]")
    if config.csv_header_location == GIVEN and "CSVHeaders" not in value:
        place.report("These fields are required: [CSVHeaders]")
    if config.csv_header_location != GIVEN and "CSVHeaders" in value:
        place.report(f"Field 'CSVHeaders' is only supported for the CSVHeaderLocation {GIVEN}")
    if sum(len(header.encode("utf-8", "surrogatepass")) for header in config.csv_headers) > _CSV_HEADERS_BYTES_MAX:
        place.at("CSVHeaders").report(f"CSV headers can have at most {_CSV_HEADERS_BYTES_MAX} bytes")
    if config.items_pointer and config.input_type != "JSON":
        place.report("Field 'ItemsPointer' is only supported for the InputType JSON")
    if config.items_pointer and not config.items_pointer.startswith("/"):
        place.at("ItemsPointer").report("Value is not a valid JSON pointer")


def _check_batcher(_batcher: ItemBatcher, value: Mapping[str, Any], place: Place) -> None:
    if not any(name.startswith("Max") for name in value):
        place.report("One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]")


def _check_writer(writer: ResultWriter, value: Mapping[str, Any], place: Place) -> None:
    """WriterConfig alone, or Resource with its Parameters or Arguments, or all of them. (AWS, ResultWriter)"""
    name = "Arguments" if place.language is JSONATA else "Parameters"
    writer.exports = "Resource" in value
    if "Resource" in value and name not in value:
        place.report(f"These fields are required: [{name}]")
    elif "Resource" not in value and name in value:
        place.report("These fields are required: [Resource]")
    elif not value:
        place.report("One of these fields is required: [Resource, WriterConfig]")
    _check_objects(("Bucket",), value, place)


_MAX_ITEMS: Final = Group("max items")
_BATCH_ITEMS: Final = Group("batch items")
_BATCH_BYTES: Final = Group("batch bytes")

READER_CONFIG: Final = Table(
    ReaderFields,
    (
        Field("InputType", OneOf(("CSV", "JSON", "JSONL", "PARQUET", MANIFEST)), "input_type"),
        Field("Transformation", OneOf(("NONE", FLATTEN)), "transformation", default="NONE"),
        Field("ManifestType", OneOf((ATHENA, INVENTORY)), "manifest_type"),
        Field("CSVHeaderLocation", OneOf(("FIRST_ROW", GIVEN)), "csv_header_location"),
        Field("CSVHeaders", ListOf(Text(), items_min=1), "csv_headers", default=()),
        Field(
            "CSVDelimiter",
            OneOf(("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")),
            "csv_delimiter",
            default="COMMA",
        ),
        Field("ItemsPointer", Text(0, _ITEMS_POINTER_MAX), "items_pointer", default=""),
        Field(
            "MaxItems",
            Number(0, _ITEMS_MAX, whole=True),
            "max_items",
            group=_MAX_ITEMS,
            default=0,
            evaluable="evaluated_max_items",
        ),
        Field("MaxItemsPath", _REFERENCE, "max_items_path", group=_MAX_ITEMS, language=JSONPATH),
    ),
    _check_config,
)
ITEM_READER: Final = Table(
    ItemReader,
    (
        Field("Resource", S3Resource((GET_OBJECT, LIST_OBJECTS)), "action", required=True, default=""),
        Field("ReaderConfig", Object(READER_CONFIG), "config"),
        Field("Parameters", TemplateOf(), "parameters", required=True, language=JSONPATH),
        Field("Arguments", EvaluatedValue(), "arguments", required=True, language=JSONATA),
    ),
    _check_reader,
)
ITEM_BATCHER: Final = Table(
    ItemBatcher,
    (
        Field(
            "MaxItemsPerBatch",
            Number(1, whole=True),
            "max_items",
            group=_BATCH_ITEMS,
            default=0,
            evaluable="evaluated_max_items",
        ),
        Field("MaxItemsPerBatchPath", _REFERENCE, "max_items_path", group=_BATCH_ITEMS, language=JSONPATH),
        Field(
            "MaxInputBytesPerBatch",
            Number(1, _BATCH_BYTES_MAX, whole=True),
            "max_bytes",
            group=_BATCH_BYTES,
            default=0,
            evaluable="evaluated_max_bytes",
        ),
        Field("MaxInputBytesPerBatchPath", _REFERENCE, "max_bytes_path", group=_BATCH_BYTES, language=JSONPATH),
        Field("BatchInput", TemplateOf(), "batch_input"),
    ),
    _check_batcher,
)
WRITER_CONFIG: Final = Table(
    WriterFields,
    (
        Field("Transformation", OneOf(("NONE", "COMPACT", "FLATTEN")), "transformation", required=True, default="NONE"),
        Field("OutputType", OneOf(("JSON", "JSONL")), "output_type", required=True, default="JSON"),
    ),
)
RESULT_WRITER: Final = Table(
    ResultWriter,
    (
        Field("Resource", S3Resource((PUT_OBJECT,))),
        Field("WriterConfig", Object(WRITER_CONFIG), "config"),
        Field("Parameters", TemplateOf(), "parameters", language=JSONPATH),
        Field("Arguments", EvaluatedValue(), "arguments", language=JSONATA),
    ),
    _check_writer,
)
DISTRIBUTED_ROWS: Final = (
    Field("ItemReader", Object(ITEM_READER), "item_reader"),
    Field("ItemBatcher", Object(ITEM_BATCHER), "item_batcher"),
    Field("ResultWriter", Object(RESULT_WRITER), "result_writer"),
    Field("Label", Label(), "label"),
)
DISTRIBUTED_FIELDS: Final = frozenset(row.name for row in DISTRIBUTED_ROWS)
