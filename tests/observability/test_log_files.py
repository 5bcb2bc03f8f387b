"""Execution logs in local files."""

from pathlib import Path

import pytest

from stepwell.observability.log_files import FILES_KEPT, LogFiles
from stepwell.observability.log_records import LogRecord
from stepwell.store.records import StateMachineRow

LINES = [LogRecord(1, '{"id":"1"}'), LogRecord(2, '{"id":"2","text":"é % {}"}')]


def machine(name="orders"):
    return StateMachineRow(b"1", "123456789012", "us-east-1", name, "STANDARD", "ACTIVE", 1)


async def test_a_line_is_a_record(tmp_path: Path):
    files = LogFiles(tmp_path)
    assert await files.put(machine(), "g", LINES)
    assert await files.put(machine("other"), "g", LINES[:1])
    await files.close()
    folder = tmp_path / "123456789012" / "us-east-1"
    assert (folder / "orders.jsonl").read_text(encoding="utf-8") == '{"id":"1"}\n{"id":"2","text":"é % {}"}\n'
    assert (folder / "other.jsonl").read_text() == '{"id":"1"}\n'


async def test_records_are_appended_to_what_is_there(tmp_path: Path):
    for _ in range(2):
        files = LogFiles(tmp_path)
        await files.put(machine(), "g", LINES[:1])
        await files.close()
    assert (tmp_path / "123456789012" / "us-east-1" / "orders.jsonl").read_text() == '{"id":"1"}\n' * 2


async def test_a_file_is_turned_over_when_it_grows_large(tmp_path: Path):
    files = LogFiles(tmp_path, file_bytes_max=100)
    for _ in range(200):
        await files.put(machine(), "g", LINES)
    await files.close()
    found = sorted(path.name for path in (tmp_path / "123456789012" / "us-east-1").iterdir())
    assert found == ["orders.jsonl", *(f"orders.jsonl.{number}" for number in range(1, FILES_KEPT + 1))]


async def test_few_files_are_open_at_once(tmp_path: Path):
    files = LogFiles(tmp_path)
    for number in range(100):
        await files.put(machine(f"m{number}"), "g", LINES)
    assert len(files._open) <= 64
    await files.close()
    assert len(list((tmp_path / "123456789012" / "us-east-1").iterdir())) == 100


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        await LogFiles(tmp_path / "file").put(machine(), "g", LINES)
