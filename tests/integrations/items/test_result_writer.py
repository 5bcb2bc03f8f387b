"""Result files: their shapes as recorded, rolling, redrives, and trouble."""

import json

import pytest

from stepwell.integrations.items import (
    ChildResult,
    ExportTarget,
    ResultFile,
    ResultWriter,
    ResultWriterFailed,
    WriterConfig,
    result_texts,
    succeeded_files,
)
from stepwell.limits import Limits
from tests.integrations.items.reads import BUCKET, store

RUN = "arn:aws:states:us-east-1:123456789012:mapRun:machine/TestMap:11111111-2222-3333-4444-555555555555"
CHILD = "arn:aws:states:us-east-1:123456789012:execution:machine/TestMap:child"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:machine/TestMap"


def child(status="SUCCEEDED", output='{"a":1}', **more):
    given = {"execution_arn": CHILD, "name": "child", "state_machine_arn": MACHINE, "start_ms": 1_789_180_622_007}
    return ChildResult(status, '"in"', output=output, stop_ms=1_789_180_622_120, **given, **more)


def test_records():
    assert result_texts(child(), "NONE") == [
        f'{{"ExecutionArn":"{CHILD}","Input":"\\"in\\"","InputDetails":{{"Included":true}},"Name":"child",'
        '"Output":"{\\"a\\":1}","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE",'
        '"RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2026-09-12T02:37:02.007Z",'
        f'"StateMachineArn":"{MACHINE}","Status":"SUCCEEDED","StopDate":"2026-09-12T02:37:02.120Z"}}'
    ]
    assert result_texts(child("FAILED", None, error="E", cause="C"), "FLATTEN") == [
        f'{{"Cause":"C","Error":"E","ExecutionArn":"{CHILD}","Input":"\\"in\\"","InputDetails":{{"Included":true}},'
        '"Name":"child","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"REDRIVABLE_BY_MAP_RUN",'
        f'"StartDate":"2026-09-12T02:37:02.007Z","StateMachineArn":"{MACHINE}","Status":"FAILED",'
        '"StopDate":"2026-09-12T02:37:02.120Z"}'
    ]
    pending = '{"Input":"[1]","InputDetails":{"Included":true},"Status":"PENDING"}'
    assert result_texts(ChildResult("PENDING", "[1]"), "COMPACT") == [pending]


@pytest.mark.parametrize(
    "output, compact, flat",
    [
        ("[1, [2]]", ["[1,[2]]"], ["1", "[2]"]),
        ("[]", ["[]"], []),
        ('{"a": [1.00]}', ['{"a":[1.0]}'], ['{"a":[1.0]}']),
        ('"a\\nb"', ['"a\\nb"'], ['"a\\nb"']),
        ("null", ["null"], ["null"]),
    ],
)
def test_outputs(output, compact, flat):
    assert result_texts(child(output=output), "COMPACT") == compact
    assert result_texts(child(output=output), "FLATTEN") == flat


def target(bucket, **more):
    return ExportTarget(bucket, "mapJobs", RUN, **more)


async def export(bucket, results, config=WriterConfig(), limits=Limits(), **more):  # noqa: B008
    where = target(bucket, **more)
    writer = ResultWriter(where, config, limits)
    for result in results:
        await writer.add(result)
    await writer.finish()
    return where


def files(tmp_path):
    root = tmp_path / BUCKET
    return {f"{path.relative_to(root)}": path.read_text() for path in root.rglob("*") if path.is_file()}


FOLDER = "mapJobs/11111111-2222-3333-4444-555555555555"


async def test_an_export(tmp_path):
    bucket = store(tmp_path).bucket(BUCKET)
    results = [child(), child("FAILED", None), child("TIMED_OUT", None), child("ABORTED", None), child()]
    where = await export(bucket, [*results, ChildResult("PENDING", "1")])
    assert where.output() == {
        "MapRunArn": RUN,
        "ResultWriterDetails": {"Bucket": BUCKET, "Key": f"{FOLDER}/manifest.json"},
    }
    written = files(tmp_path)
    sizes = {key: len(text) for key, text in written.items()}
    assert written.pop(f"{FOLDER}/manifest.json") == (
        f'{{"DestinationBucket":"{BUCKET}","MapRunArn":"{RUN}","ResultFiles":{{'
        f'"FAILED":[{{"Key":"{FOLDER}/FAILED_0.json","Size":{sizes[f"{FOLDER}/FAILED_0.json"]}}}],'
        f'"PENDING":[{{"Key":"{FOLDER}/PENDING_0.json","Size":{sizes[f"{FOLDER}/PENDING_0.json"]}}}],'
        f'"SUCCEEDED":[{{"Key":"{FOLDER}/SUCCEEDED_0.json","Size":{sizes[f"{FOLDER}/SUCCEEDED_0.json"]}}}]}}}}'
    )
    statuses = {key[len(FOLDER) + 1 :]: [one["Status"] for one in json.loads(text)] for key, text in written.items()}
    assert statuses == {
        "SUCCEEDED_0.json": ["SUCCEEDED"] * 2,
        "FAILED_0.json": ["FAILED", "TIMED_OUT", "ABORTED"],
        "PENDING_0.json": ["PENDING"],
    }


async def test_lines(tmp_path):
    bucket = store(tmp_path).bucket(BUCKET)
    results = [child(output="[1, 2]"), child(output="[]"), child(output='{"a": 3}')]
    await export(bucket, results, WriterConfig("FLATTEN", "JSONL"))
    assert files(tmp_path)[f"{FOLDER}/SUCCEEDED_0.jsonl"] == '1\n2\n{"a":3}\n'


async def test_no_results(tmp_path):
    await export(store(tmp_path).bucket(BUCKET), [])
    (manifest,) = files(tmp_path).values()
    assert json.loads(manifest)["ResultFiles"] == {"FAILED": [], "PENDING": [], "SUCCEEDED": []}


@pytest.mark.parametrize("output_type", ["JSON", "JSONL"])
async def test_files_are_rolled(tmp_path, small_chunks, output_type):
    bucket = store(tmp_path).bucket(BUCKET)
    results = [child(output=json.dumps("x" * (n % 90))) for n in range(100)]
    where = await export(bucket, results, WriterConfig("COMPACT", output_type), Limits(result_file_bytes_max=500))
    named = await succeeded_files(bucket, where.manifest_key)
    written = files(tmp_path)
    assert [file.key for file in named] == [f"{FOLDER}/SUCCEEDED_{n}.{output_type.lower()}" for n in range(len(named))]
    texts = [written[file.key] for file in named]
    assert [file.size_bytes for file in named] == [len(text) for text in texts]
    assert max(file.size_bytes for file in named) <= 500
    if output_type == "JSON":
        found = [one for text in texts for one in json.loads(text)]
    else:
        found = [json.loads(line) for text in texts for line in text.splitlines()]
    assert found == [json.loads(result.output) for result in results]


@pytest.mark.parametrize("prefix, folder", [("", ""), ("a/b", "a/b/"), ("a/", "a/")])
def test_prefixes(tmp_path, prefix, folder):
    bucket = store(tmp_path).bucket(BUCKET)
    run = RUN.rpartition(":")[2]
    assert ExportTarget(bucket, prefix, RUN).manifest_key == f"{folder}{run}/manifest.json"
    assert ExportTarget(bucket, prefix, RUN, 3).manifest_key == f"{folder}{run}/Redrive-3/manifest.json"


async def test_a_redrive_keeps_what_succeeded(tmp_path):
    bucket = store(tmp_path).bucket(BUCKET)
    first = await export(bucket, [child(), child("FAILED", None), ChildResult("PENDING", "1")])
    before = files(tmp_path)
    earlier = await succeeded_files(bucket, first.manifest_key)
    second = await export(bucket, [child(redrive_count=1)], redrive_count=1, earlier=earlier)
    manifest = json.loads(files(tmp_path)[second.manifest_key])
    keys = {kind: [file["Key"] for file in named] for kind, named in manifest["ResultFiles"].items()}
    again = f"{FOLDER}/Redrive-1/SUCCEEDED_0.json"
    assert keys == {"FAILED": [], "PENDING": [], "SUCCEEDED": [f"{FOLDER}/SUCCEEDED_0.json", again]}
    assert before.items() <= files(tmp_path).items()
    assert await succeeded_files(bucket, second.manifest_key) == (
        *earlier,
        ResultFile(again, len(files(tmp_path)[again])),
    )


async def test_trouble(tmp_path):
    bucket = store(tmp_path, key="{}").bucket(BUCKET)
    (tmp_path / BUCKET / "mapJobs").write_text("in the way")
    writer = ResultWriter(target(bucket), WriterConfig())
    await writer.add(child())
    with pytest.raises(ResultWriterFailed, match="cannot be written"):
        await writer.finish()
    await writer.abort()
    assert not list((tmp_path / ".uploads").iterdir())
    for key, cause in (("none", "The specified key does not exist"), ("key", "is not the manifest of a Map Run's")):
        with pytest.raises(ResultWriterFailed, match=cause):
            await succeeded_files(bucket, key)


async def test_a_missing_bucket(tmp_path):
    with pytest.raises(ResultWriterFailed, match="The specified bucket does not exist"):
        await export(store(tmp_path).bucket("none"), [])
