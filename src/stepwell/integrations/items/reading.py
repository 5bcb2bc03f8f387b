"""The one way into the readers: which of them a configuration asks for, and where a checkpoint lets it go on."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final, cast

from stepwell.integrations.items.athena_manifest import athena_files
from stepwell.integrations.items.content import ObjectAddress, open_content
from stepwell.integrations.items.csv_items import read_csv
from stepwell.integrations.items.inventory import inventory_files
from stepwell.integrations.items.item import Block, Checkpoint, Item, ItemReaderFailed
from stepwell.integrations.items.json_items import read_json
from stepwell.integrations.items.jsonl_items import read_jsonl
from stepwell.integrations.items.manifest_files import ATHENA, INVENTORY, DataFiles, read_manifest
from stepwell.integrations.items.parquet_items import read_parquet
from stepwell.integrations.items.reader_config import (
    FLATTEN,
    LIST_OBJECTS,
    ObjectsAsked,
    ReaderConfig,
    items_wanted,
    objects_asked,
)
from stepwell.integrations.items.s3_list import read_listing
from stepwell.integrations.items.source import Buckets, ObjectError
from stepwell.limits import AWS, Limits

_FILES: Final = {"CSV", "JSON", "JSONL", "PARQUET"}
