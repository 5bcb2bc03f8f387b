"""Map Runs in a world: definitions, buckets, and what has come of a run."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from stepwell.runtime.map_run_codec import decode_progress
from tests.runtime.world import World, flow

PASS = ("P", {"Type": "Pass"})
GET = "arn:aws:states:::s3:getObject"
PUT = "arn:aws:states:::s3:putObject"
KINDS = pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])

FAILING = (
    ("C", {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}], "Default": "P"}),
    ("F", {"Type": "Fail", "Error": "Bad"}),
    ("P", {"Type": "Pass"}),
)


def spread(kind: str, *states: Any, **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {**flow(*(states or (PASS,))), "ProcessorConfig": config}
    return flow(("M", {"Type": "Map", "Label": "L", "ItemProcessor": processor, **fields}))


def reader(kind: str = "JSONL", key: str = "items", **config: Any) -> dict[str, Any]:
    config = {"InputType": kind, **config}
    return {"Resource": GET, "ReaderConfig": config, "Parameters": {"Bucket": "bucket", "Key": key}}


EXPORT = {"Resource": PUT, "Parameters": {"Bucket": "bucket", "Prefix": "out"}}


async def over(made: World, execution_id: bytes) -> tuple[str, Any, str | None, str | None]:
    """Status, output, error and cause of a closed execution."""
    await asyncio.wait_for(made.runtime.wait_closed(execution_id), 20)
    status, output, error, cause = await made.result(execution_id)
    return status, None if output is None else json.loads(output), error, cause


async def ran(made: World, machine: dict[str, Any], given: Any) -> tuple[str, Any, str | None, str | None]:
    await made.machine(machine)
    return await over(made, await made.start(given=json.dumps(given)))


async def counts(made: World, execution_id: bytes) -> tuple[str, list[int], list[int]]:
    """The status of its run, its children and its items from PENDING to ABORTED."""
    [run] = await made.inner.list_map_runs(execution_id, None, 5)
    progress = decode_progress(run.progress)
    return run.status, progress.counts[1:7], progress.items[1:7]


def folder(tmp_path: Path, lines: int) -> Path:
    bucket = tmp_path / "buckets" / "bucket"
    bucket.mkdir(parents=True)
    (bucket / "items").write_text("".join(f'{{"id":{number}}}\n' for number in range(lines)))
    return tmp_path / "buckets"


def exported(buckets: Path, kind: str = "SUCCEEDED") -> list[Any]:
    [manifest] = buckets.glob("bucket/out/*/manifest.json")
    files = json.loads(manifest.read_text())["ResultFiles"][kind]
    return [record for file in files for record in json.loads((buckets / "bucket" / file["Key"]).read_text())]
