"""One list out of many, read a page at a time."""

from typing import Any

import pytest

from stepwell.operations.reads import listing
from stepwell.operations.reads.listing import Line, newest_first, sources_of
from tests.operations.conftest import FAIL, PASS, WAIT, Server
from tests.operations.reads.reading import CALLER, read, refused


async def lines_of(server: Server, statuses: Any = (None,), before: Any = None) -> list[Line]:
    sources = await sources_of(server.service, CALLER, None, None)
    return [line async for line in newest_first(server.service, sources, statuses, before)]


@pytest.mark.parametrize("page", [1, 2, 3, 200])
async def test_pages_of_any_size_give_one_list(server: Server, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(listing, "_PAGE", page)
    monkeypatch.setattr(listing, "_FIRST_ROWS", page)
    monkeypatch.setattr(listing, "_FIRST_ROWS_MIN", page)
    machines = [
        await server.machine("good", PASS),
        await server.machine("bad", FAIL),
        await server.machine("slow", WAIT),
    ]
    express = await server.machine("quick", PASS, type="EXPRESS")
    wanted = set()
    for number in range(21):
        name = f"e{number}"
        await server.start(machines[number % 3], name=name)
        wanted.add(name)
        if number % 7 == 0:
            await server("StartSyncExecution", stateMachineArn=express, name=f"x{number}")
            wanted.add(f"x{number}")
    found = await lines_of(server)
    assert {line.name for line in found} == wanted and len(found) == len(wanted)
    positions = [line.position for line in found]
    assert positions == sorted(positions, reverse=True)
    assert await lines_of(server, before=positions[9]) == found[10:]
    chosen = ("RUNNING", "FAILED")
    assert await lines_of(server, chosen) == [line for line in found if line.status in chosen]


async def test_a_list_longer_than_its_pages_is_counted_whole(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PAGE", 3)
    machine = await server.machine("slow", WAIT)
    for _ in range(10):
        await server.start(machine)
    page = await read(server, "SearchExecutions", query="status=RUNNING", limit=1)
    assert (page["total"], page["totalIsMore"]) == (10, False)


async def test_an_execution_that_two_reads_saw_is_told_once(server: Server) -> None:
    await server.start(await server.machine("slow", WAIT))
    (source,) = await sources_of(server.service, CALLER, None, None)
    twice = [line async for line in newest_first(server.service, [source, source], [None], None)]
    assert len(twice) == 1


async def test_hundreds_of_machines_give_one_list(server: Server) -> None:
    machines = [await server.machine(f"m{number}", PASS) for number in range(520)]
    started = [await server.start(machines[place], name=f"e{place}") for place in (17, 519, 0, 17_000 % 520, 300)]
    found = await lines_of(server)
    assert {line.arn for line in found} == set(started)
    assert found == sorted(found, key=lambda line: line.position, reverse=True)


async def test_too_many_machines_are_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MACHINES_MAX", 1)
    await server.machine("a")
    await server.machine("b")
    assert (await refused(server, "SearchExecutions"))[0] == "ValidationException"
