"""S3 Inventory: manifest.json names gzip-compressed CSV files without a header; the manifest has their columns.

Source: Amazon S3 user guide, "Inventory list". Step Functions reads CSV inventories only (AWS, ItemReader).
"""

from typing import Any

from msgspec.structs import replace

from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.integrations.items.manifest_files import DataFiles, manifest_value
from stepwell.integrations.items.reader_config import ReaderConfig


def inventory_files(text: str, config: ReaderConfig) -> DataFiles:
    """The data files of an inventory's manifest. Raises `ItemReaderFailed` for another format or shape."""
    manifest = manifest_value(text)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("fileSchema"), str):
        raise ItemReaderFailed("The object is not the manifest of an S3 inventory.")
    if manifest.get("fileFormat") != "CSV":
        raise ItemReaderFailed("The S3 inventory must be of the format CSV.")
    bucket = str(manifest.get("destinationBucket", "")).rpartition(":::")[2]
    files = manifest.get("files", [])
    if not bucket or not isinstance(files, list):
        raise ItemReaderFailed("The object is not the manifest of an S3 inventory.")
    columns = tuple(name.strip() for name in manifest["fileSchema"].split(","))
    reading = replace(config, input_type="CSV", csv_header_location="GIVEN", csv_headers=columns, csv_delimiter="COMMA")
    return DataFiles(tuple((bucket, _key(file)) for file in files), reading)


def _key(file: Any) -> str:
    if not isinstance(file, dict) or not isinstance(file.get("key"), str):
        raise ItemReaderFailed("The object is not the manifest of an S3 inventory.")
    return str(file["key"])
