"""Items of a distributed Map in, results out: readers and writers, and the buckets they work on.

`read_items` (or `read_blocks`, many items at a time) reads what an ItemReader names, from a checkpoint on; `Batcher`
makes the inputs of child executions; `ResultWriter` exports results. They know nothing of Map Runs, children or
histories. Nothing heavy is loaded before it is needed: HTTP at the first request, pyarrow at the first Parquet file.
"""

from stepwell.integrations.items.batching import Batch, BatchConfig, Batcher, ItemTooLarge, batches
from stepwell.integrations.items.given import read_given
from stepwell.integrations.items.item import Block, Checkpoint, Item, ItemReaderFailed
from stepwell.integrations.items.local_bucket import LocalBuckets
from stepwell.integrations.items.reader_config import ReaderConfig, items_wanted
from stepwell.integrations.items.reading import read_blocks, read_items
from stepwell.integrations.items.result_record import ChildResult, result_texts
from stepwell.integrations.items.result_writer import (
    ExportTarget,
    ResultFile,
    ResultWriter,
    ResultWriterFailed,
    WriterConfig,
    succeeded_files,
)
from stepwell.integrations.items.s3_bucket import S3Buckets
from stepwell.integrations.items.s3_client import S3Client, endpoint_of
from stepwell.integrations.items.source import Bucket, Buckets, ObjectError

__all__ = [
    "Batch",
    "BatchConfig",
    "Batcher",
    "Block",
    "Bucket",
    "Buckets",
    "Checkpoint",
    "ChildResult",
    "ExportTarget",
    "Item",
    "ItemReaderFailed",
    "ItemTooLarge",
    "LocalBuckets",
    "ObjectError",
    "ReaderConfig",
    "ResultFile",
    "ResultWriter",
    "ResultWriterFailed",
    "S3Buckets",
    "S3Client",
    "WriterConfig",
    "batches",
    "endpoint_of",
    "items_wanted",
    "read_blocks",
    "read_given",
    "read_items",
    "result_texts",
    "succeeded_files",
]
