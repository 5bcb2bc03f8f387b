"""What comes of a Map Run: the output of its state, joined from its children's or exported to a bucket.

Results are read back a part at a time, in the order of pages, so memory does not depend on their number. An export that
a crash broke off is written anew: its names follow from the run. (AWS: ResultWriter; shapes recorded.)
"""

from collections.abc import AsyncIterator
from typing import Any

from msgspec.structs import replace

from stepwell.asl.states.map import Map
from stepwell.engine.child_ids import child_id, uuid_of
from stepwell.engine.commands import MapPlan
from stepwell.engine.execution import too_large
from stepwell.engine.failure import DATA_LIMIT_EXCEEDED, RESULT_WRITER_FAILED, Failure
from stepwell.engine.map_run import Status
from stepwell.integrations.items import (
    Buckets,
    ChildResult,
    ExportTarget,
    ObjectError,
    ResultWriter,
    ResultWriterFailed,
    WriterConfig,
    result_texts,
    succeeded_files,
)
from stepwell.limits import Limits
from stepwell.payload import Payload
from stepwell.runtime.machines import Machine
from stepwell.runtime.map_run_codec import ChildEnd
from stepwell.runtime.map_run_ends import Ends
from stepwell.runtime.map_run_source import Child
from stepwell.runtime.reader import Reader
from stepwell.store.protocol import Store


class Results:
    """The results of one run."""

    def __init__(self, store: Store, reader: Reader, machine: Machine, limits: Limits, buckets: Buckets | None) -> None:
        assert machine.map_run_id is not None
        self._store = store
        self._reader = reader
        self._machine = machine
        self._limits = limits
        self.run_id = machine.map_run_id
        self.buckets = buckets

    async def result(self, end: ChildEnd) -> ChildResult:
        """A child's end with its texts and its names."""
        execution_id = child_id(self.run_id, end.number)
        name = uuid_of(execution_id)
        given, output, error, cause = end.input, end.output, end.error, end.cause
        if given is None:
            row = await self._store.load_execution(execution_id)
            if row is not None:
                given = await self._reader.input_of(row)
                output, error, cause = await self._reader.result_of(row)
        return ChildResult(
            status=Status(end.status).name,
            input=given or "",
            execution_arn=self._machine.execution_arn(execution_id, name),
            name=name,
            state_machine_arn=self._machine.arn,
            output=output,
            error=error,
            cause=cause,
            start_ms=end.started_ms,
            stop_ms=end.stopped_ms,
            redrive_count=end.redrives,
        )

    async def join(self, state: Map, *, redriven: bool) -> Payload | Failure:
        """An array of what succeeded, in the order of items; with NONE of what failed too."""
        transformation = transformation_of(state)
        texts: list[tuple[int, list[str]]] = []
        size = 2
        async for end in Ends(self._store, self.run_id, redriven=redriven).forward():
            if end.status != Status.SUCCEEDED and transformation != "NONE":
                continue
            found = await self._texts(end, transformation)
            size += sum(len(text.encode()) + 1 for text in found)
            if size > self._limits.payload_bytes_max + 1:
                return outputs_too_large(state)
            texts.append((end.number, found))
        texts.sort()
        return Payload("[" + ",".join(text for _, found in texts for text in found) + "]")

    async def _texts(self, end: ChildEnd, transformation: str) -> list[str]:
        result = await self.result(end)
        if transformation == "COMPACT" and end.status == Status.SUCCEEDED:
            return [result.output or "null"]
        return result_texts(result, transformation)

    async def export(
        self, state: Map, target: ExportTarget, pending: AsyncIterator[Child], exported: int
    ) -> Payload | Failure:
        """Write everything, what never started last, and the manifest.

        After a redrive those that had succeeded stay in the files of the redrive that was `exported` last (recorded).
        """
        try:
            if exported >= 0:
                before = replace(target, redrive_count=exported)
                target = replace(target, earlier=await succeeded_files(target.bucket, before.manifest_key))
            writer = ResultWriter(target, writer_config(state), self._limits)
        except ResultWriterFailed as error:
            return Failure(RESULT_WRITER_FAILED, error.cause)
        try:
            await self._write(writer, pending, exported, redriven=target.redrive_count > 0)
        except ResultWriterFailed as error:
            await writer.abort()
            return Failure(RESULT_WRITER_FAILED, error.cause)
        except BaseException:
            await writer.abort()
            raise
        return Payload.of(target.output())

    async def _write(
        self, writer: ResultWriter, pending: AsyncIterator[Child], exported: int, *, redriven: bool
    ) -> None:
        async for end in Ends(self._store, self.run_id, redriven=redriven).forward():
            if end.status != Status.SUCCEEDED or end.attempt > exported:
                await writer.add(await self.result(end))
        async for child in pending:
            await writer.add(ChildResult(Status.PENDING.name, child.text))
        await writer.finish()


def outputs_too_large(state: Map) -> Failure:
    """The failure of a run whose outputs together are more than its state may give."""
    return Failure(DATA_LIMIT_EXCEEDED, too_large(state.name))


def transformation_of(state: Map) -> str:
    """How outputs are put together where they are not exported; COMPACT if nothing is said (AWS)."""
    writer = state.result_writer
    return "COMPACT" if writer is None or writer.config is None else writer.config.transformation


def target_of(
    state: Map, plan: MapPlan, buckets: Buckets | None, run_arn: str, redrives: int
) -> ExportTarget | Failure | None:
    """Where results are exported to after so many redrives; None if they are not."""
    if state.result_writer is None or not state.result_writer.exports:
        return None
    given: Any = None if plan.writer is None else plan.writer.value
    bucket = given.get("Bucket") if isinstance(given, dict) else None
    prefix = given.get("Prefix", "") if isinstance(given, dict) else None
    if not isinstance(bucket, str) or not bucket or not isinstance(prefix, str):
        return Failure(
            RESULT_WRITER_FAILED, "The result writer needs a Bucket, and a Prefix that is a text if it has one."
        )
    if buckets is None:
        return Failure(RESULT_WRITER_FAILED, "This server has no buckets to write to.")
    try:
        return ExportTarget(buckets.bucket(bucket), prefix, run_arn, redrives)
    except ObjectError as error:
        return Failure(RESULT_WRITER_FAILED, error.message)


def writer_config(state: Map) -> WriterConfig:
    """How results are exported; records with all metadata if nothing is said (AWS)."""
    writer = state.result_writer
    if writer is None or writer.config is None:
        return WriterConfig()
    return WriterConfig(writer.config.transformation, writer.config.output_type)
