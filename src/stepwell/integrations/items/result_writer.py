"""ResultWriter: the results of child executions, streamed into files of a bucket, and the manifest that names them.

Files are `<prefix>/<run>/SUCCEEDED_0.json` and so on, one series for each of SUCCEEDED, FAILED and PENDING; a redrive
writes below `<prefix>/<run>/Redrive-<n>/` and changes no earlier object (recorded). Names depend on nothing but the run
and the order of results, so a writer that crashed can be started anew from the first result.
"""

from typing import Any, Final, NamedTuple

from msgspec import Struct

from stepwell.integrations.items.content import ObjectAddress
from stepwell.integrations.items.item import ItemReaderFailed
from stepwell.integrations.items.manifest_files import manifest_value, read_manifest
from stepwell.integrations.items.result_record import FAILED, NONE, PENDING, SUCCEEDED, ChildResult, result_texts
from stepwell.integrations.items.source import CHUNK_BYTES, Bucket, ObjectError, Upload
from stepwell.limits import AWS, Limits
from stepwell.payload import print_json

KINDS: Final = (FAILED, PENDING, SUCCEEDED)


class ResultWriterFailed(Exception):
    """The run fails with `States.ResultWriterFailed` and this cause."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class WriterConfig(Struct, frozen=True):
    """The fields of `WriterConfig`. A result that is exported has the transformation NONE if none is given."""

    transformation: str = NONE
    output_type: str = "JSON"


class ResultFile(NamedTuple):
    """A file that the manifest names."""

    key: str
    size_bytes: int


class ExportTarget(Struct, frozen=True):
    """Where the results of a run go. `earlier` are the SUCCEEDED files of the run before its last redrive."""

    bucket: Bucket
    prefix: str
    map_run_arn: str
    redrive_count: int = 0
    earlier: tuple[ResultFile, ...] = ()

    @property
    def folder(self) -> str:
        """The common beginning of all keys, with its slash."""
        run = self.map_run_arn.rpartition(":")[2]
        parts = [self.prefix.strip("/"), run, f"Redrive-{self.redrive_count}" if self.redrive_count else ""]
        return "".join(f"{part}/" for part in parts if part)

    @property
    def manifest_key(self) -> str:
        """The key of the manifest, which the Map state's output names."""
        return f"{self.folder}manifest.json"

    def output(self) -> dict[str, Any]:
        """The result of the Map state (recorded)."""
        details = {"Bucket": self.bucket.name, "Key": self.manifest_key}
        return {"MapRunArn": self.map_run_arn, "ResultWriterDetails": details}


class ResultWriter:
    """Takes results in the order in which they are to stand in the files. At most 8 MiB of each kind are in memory."""

    def __init__(self, target: ExportTarget, config: WriterConfig, limits: Limits = AWS) -> None:
        self._target = target
        self._transformation = config.transformation
        self._series = {kind: _Series(target, kind, config.output_type == "JSONL", limits) for kind in KINDS}

    async def add(self, result: ChildResult) -> None:
        """Write a result. Waits for the bucket. Raises `ResultWriterFailed`; then `abort`."""
        series = self._series[result.kind]
        try:
            for text in result_texts(result, self._transformation):
                await series.add(text)
        except ObjectError as error:
            raise ResultWriterFailed(error.message) from error

    async def finish(self) -> None:
        """Complete the files and write the manifest. Raises `ResultWriterFailed`; then `abort`."""
        target = self._target
        try:
            for series in self._series.values():
                await series.finish()
            files = {kind: list(self._series[kind].files) for kind in KINDS}
            files[SUCCEEDED] = [*target.earlier, *files[SUCCEEDED]]
            named = {kind: [{"Key": file.key, "Size": file.size_bytes} for file in files[kind]] for kind in KINDS}
            manifest = {"DestinationBucket": target.bucket.name, "MapRunArn": target.map_run_arn, "ResultFiles": named}
            await target.bucket.put(target.manifest_key, print_json(manifest).encode())
        except ObjectError as error:
            raise ResultWriterFailed(error.message) from error

    async def abort(self) -> None:
        """Give up the files that are not complete."""
        for series in self._series.values():
            await series.abort()


class _Series:
    """The files of one kind, one after the other."""

    def __init__(self, target: ExportTarget, kind: str, lines: bool, limits: Limits) -> None:
        self.files: list[ResultFile] = []
        self._target = target
        self._kind = kind
        self._lines = lines
        self._bytes_max = limits.result_file_bytes_max
        self._upload: Upload | None = None
        self._key = ""
        self._size_bytes = 0
        self._waiting = bytearray()

    async def add(self, text: str) -> None:
        element = text.encode()
        if self._upload is not None and self._size_bytes + len(element) + 2 > self._bytes_max:
            await self.finish()
        if self._upload is None:
            self._begin()
            self._put(b"" if self._lines else b"[")
        elif not self._lines:
            self._put(b",")
        self._put(element)
        if self._lines:
            self._put(b"\n")
        if len(self._waiting) >= CHUNK_BYTES:
            await self._flush()

    async def finish(self) -> None:
        upload = self._upload
        if upload is None:
            return
        if not self._lines:
            self._put(b"]")
        await self._flush()
        await upload.finish()
        self.files.append(ResultFile(self._key, self._size_bytes))
        self._upload = None

    async def abort(self) -> None:
        if self._upload is not None:
            await self._upload.abort()
            self._upload = None

    def _begin(self) -> None:
        ending, content = ("jsonl", "application/jsonl") if self._lines else ("json", "application/json")
        self._key = f"{self._target.folder}{self._kind}_{len(self.files)}.{ending}"
        self._upload = self._target.bucket.upload(self._key, content_type=content)
        self._size_bytes = 0

    def _put(self, data: bytes) -> None:
        self._waiting += data
        self._size_bytes += len(data)

    async def _flush(self) -> None:
        assert self._upload is not None
        data = bytes(self._waiting)
        self._waiting.clear()
        await self._upload.write(data)


async def succeeded_files(bucket: Bucket, manifest_key: str, limits: Limits = AWS) -> tuple[ResultFile, ...]:
    """The SUCCEEDED files that an earlier manifest names, for `ExportTarget.earlier`. Raises `ResultWriterFailed`."""
    try:
        text, _ = await read_manifest(ObjectAddress(bucket, manifest_key), "", limits)
        named = manifest_value(text)["ResultFiles"][SUCCEEDED]
        return tuple(ResultFile(str(file["Key"]), int(file["Size"])) for file in named)
    except ObjectError as error:
        raise ResultWriterFailed(error.message) from error
    except ItemReaderFailed as error:
        raise ResultWriterFailed(error.cause) from error
    except (LookupError, TypeError, ValueError):
        raise ResultWriterFailed("The object is not the manifest of a Map Run's results.") from None
