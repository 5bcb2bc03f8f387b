"""The one way into the readers: which of them a configuration asks for, and where a checkpoint lets it go on."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Final

from msgspec import Struct

from stepwell.integrations.items.athena_manifest import athena_files
from stepwell.integrations.items.content import Content, ObjectAddress, Reopen, open_content
from stepwell.integrations.items.csv_items import read_csv
from stepwell.integrations.items.inventory import inventory_files
from stepwell.integrations.items.item import Block, Checkpoint, Item, ItemReaderFailed
from stepwell.integrations.items.json_items import read_json
from stepwell.integrations.items.jsonl_items import read_jsonl
from stepwell.integrations.items.manifest_files import ATHENA, read_manifest
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


async def read_items(
    config: ReaderConfig,
    parameters: Mapping[str, Any],
    buckets: Buckets,
    *,
    resume: Checkpoint | None = None,
    limits: Limits = AWS,
) -> AsyncGenerator[Item, None]:
    """The items that an ItemReader reads, one by one, each with the checkpoint after it.

    `parameters` are the evaluated Parameters or Arguments (`Bucket`, `Key`, …). With `resume`, the checkpoint of an
    item, reading goes on behind that item. Memory does not depend on the size of what is read. Close it (`aclosing`)
    when leaving early. Raises `ItemReaderFailed`.
    """
    async with aclosing(read_blocks(config, parameters, buckets, resume=resume, limits=limits)) as blocks:
        async for block in blocks:
            for item in block.items():
                yield item


async def read_blocks(
    config: ReaderConfig,
    parameters: Mapping[str, Any],
    buckets: Buckets,
    *,
    resume: Checkpoint | None = None,
    limits: Limits = AWS,
) -> AsyncGenerator[Block, None]:
    """As `read_items`, in the runs of items in which they were read; no run is empty."""
    wanted = items_wanted(config, limits)
    asked = objects_asked(config, parameters)
    start = resume or Checkpoint("")
    if start.delivered >= wanted:
        return
    try:
        async with aclosing(_Reading(config, asked, buckets, limits).blocks(start)) as blocks:
            async for block in blocks:
                left = wanted - block.start.delivered
                del block.values[left:]
                if block.values:
                    yield block
                if len(block.values) == left:
                    return
    except ObjectError as error:
        raise ItemReaderFailed(error.message) from error


def read_content(
    content: Content, source: str, config: ReaderConfig, limits: Limits, reopen: Reopen
) -> AsyncGenerator[Block, None]:
    """The items of one text, by its type. Raises `ItemReaderFailed` and `ObjectError`."""
    if config.input_type == "CSV":
        return read_csv(content, source, config, limits, reopen)
    if config.input_type == "JSONL":
        return read_jsonl(content, source, limits)
    return read_json(content, source, config, limits)


class _Reading(Struct, frozen=True):
    config: ReaderConfig
    asked: ObjectsAsked
    buckets: Buckets
    limits: Limits

    def blocks(self, start: Checkpoint) -> AsyncGenerator[Block, None]:
        config = self.config
        listing = config.resource == LIST_OBJECTS
        manifest = not listing and (config.manifest_type is not None or config.input_type == "MANIFEST")
        flatten = listing and config.transformation == FLATTEN
        if not manifest and (flatten or not listing) and config.input_type not in _FILES:
            raise ItemReaderFailed(f"The InputType {config.input_type} cannot be read.")
        if manifest:
            return self._manifest(start)
        if flatten:
            return self._flatten(start)
        if listing:
            bucket = self.buckets.bucket(self.asked.bucket, account=self.asked.expected_bucket_owner)
            return read_listing(bucket, self.asked.prefix, start)
        return self._file(self._address(self.asked.key), start if start.key else Checkpoint(self.asked.key), config)

    def _address(self, key: str) -> ObjectAddress:
        bucket = self.buckets.bucket(self.asked.bucket, account=self.asked.expected_bucket_owner)
        return ObjectAddress(bucket, key, self.asked.version_id)

    def _file(self, address: ObjectAddress, start: Checkpoint, config: ReaderConfig) -> AsyncGenerator[Block, None]:
        if config.input_type == "PARQUET":
            return read_parquet(address, start, self.limits)
        return self._text_file(address, start, config)

    async def _text_file(
        self, address: ObjectAddress, start: Checkpoint, config: ReaderConfig
    ) -> AsyncGenerator[Block, None]:
        reopen = partial(open_content, address, limits=self.limits)
        content = await reopen(start)
        try:
            async with aclosing(read_content(content, address.source, config, self.limits, reopen)) as blocks:
                async for block in blocks:
                    yield block
        finally:
            await content.close()

    async def _flatten(self, start: Checkpoint) -> AsyncGenerator[Block, None]:
        """LOAD_AND_FLATTEN: the rows of each listed object. The markers of folders are no files."""
        last = start
        async with aclosing(self._listed(start)) as addresses:
            async for address in addresses:
                fresh = Checkpoint(address.key, delivered=last.delivered)
                begin = start if address.key == start.key else fresh
                async with aclosing(self._file(address, begin, self.config)) as blocks:
                    async for block in blocks:
                        last = block.end()
                        yield block

    async def _listed(self, start: Checkpoint) -> AsyncGenerator[ObjectAddress, None]:
        bucket = self.buckets.bucket(self.asked.bucket, account=self.asked.expected_bucket_owner)
        if start.key:
            yield ObjectAddress(bucket, start.key)
        async for page in bucket.list_(self.asked.prefix, after=start.key):
            for found in page:
                if found.size_bytes or not found.key.endswith("/"):
                    yield ObjectAddress(bucket, found.key)

    async def _manifest(self, start: Checkpoint) -> AsyncGenerator[Block, None]:
        """The rows of each data file that the manifest names; they may lie in other buckets."""
        text, etag = await read_manifest(self._address(self.asked.key), start.list_etag, self.limits)
        make = athena_files if self.config.manifest_type == ATHENA else inventory_files
        files, config = make(text, self.config)
        delivered = start.delivered
        for number in range(start.file, len(files)):
            bucket, key = files[number]
            begin = Checkpoint(key, delivered=delivered, file=number, list_etag=etag)
            if start.etag and number == start.file:
                begin = start
            address = ObjectAddress(self.buckets.bucket(bucket), key)
            async with aclosing(self._file(address, begin, config)) as blocks:
                async for block in blocks:
                    delivered = block.end().delivered
                    yield block
