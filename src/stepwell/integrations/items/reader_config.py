"""What a Map's ItemReader says, once its definition has been checked and its paths have been read."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.limits import AWS, Limits

GET_OBJECT: Final = "getObject"
LIST_OBJECTS: Final = "listObjectsV2"
FLATTEN: Final = "LOAD_AND_FLATTEN"
DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


class ReaderConfig(Struct, frozen=True):
    """The fields of `ReaderConfig` under AWS's names, and `resource`, the action of the reader's resource.

    `max_items` 0 means all of them.
    """

    resource: str = GET_OBJECT
    input_type: str | None = None
    transformation: str = "NONE"
    manifest_type: str | None = None
    csv_header_location: str | None = None
    csv_headers: tuple[str, ...] = ()
    csv_delimiter: str = "COMMA"
    items_pointer: str = ""
    max_items: int = 0


class ObjectsAsked(Struct, frozen=True):
    """Which objects the reader's Parameters or Arguments name."""

    bucket: str
    key: str = ""
    prefix: str = ""
    version_id: str | None = None
    expected_bucket_owner: str | None = None


def objects_asked(config: ReaderConfig, parameters: Mapping[str, Any]) -> ObjectsAsked:
    """The evaluated parameters, checked. Raises `ItemReaderFailed` (texts are ours)."""
    for name in ("Bucket",) if config.resource == LIST_OBJECTS else ("Bucket", "Key"):
        if not isinstance(parameters.get(name), str) or not parameters[name]:
            raise ItemReaderFailed(f"The field '{name}' of the item reader must be a text that is not empty.")
    for name in ("Prefix", "VersionId", "ExpectedBucketOwner"):
        if not isinstance(parameters.get(name, ""), str):
            raise ItemReaderFailed(f"The field '{name}' of the item reader must be a text.")
    return ObjectsAsked(
        bucket=parameters["Bucket"],
        key=parameters.get("Key", ""),
        prefix=parameters.get("Prefix", ""),
        version_id=parameters.get("VersionId"),
        expected_bucket_owner=parameters.get("ExpectedBucketOwner"),
    )


def items_wanted(config: ReaderConfig, limits: Limits = AWS) -> int:
    """How many items at most: MaxItems, 0 being all; more than AWS reads is no error (recorded).

    Raises `ItemReaderFailed` for a negative number ("field MaxItems must be positive", recorded).
    """
    if config.max_items < 0:
        raise ItemReaderFailed("field MaxItems must be positive")
    return min(config.max_items or limits.map_items_max, limits.map_items_max)
