"""Athena's UNLOAD: its manifest has one line for each data file, `s3://bucket/key` (AWS, Athena user guide)."""

from typing import Final

from msgspec.structs import replace

from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.integrations.items.manifest_files import DataFiles, bucket_and_key
from stepwell.integrations.items.reader_config import ReaderConfig

_READABLE: Final = {"CSV", "JSON", "JSONL", "PARQUET"}


def athena_files(text: str, config: ReaderConfig) -> DataFiles:
    """The data files of an UNLOAD query. Raises `ItemReaderFailed` for a line that is no address.

    Athena's own JSON format has an object on each line, so `JSON` is read as `JSONL` here.
    """
    if config.input_type not in _READABLE:
        raise ItemReaderFailed(f"Files of the type {config.input_type} cannot be read from an Athena manifest.")
    lines = (line.strip().strip('"') for line in text.split("\n"))
    files = bucket_and_key(line for line in lines if line)
    input_type = "JSONL" if config.input_type == "JSON" else config.input_type
    return DataFiles(files, replace(config, input_type=input_type))
