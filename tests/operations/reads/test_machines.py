"""State machines as a list shows them."""

import json

from tests.operations.conftest import FAIL, PASS, WAIT, Server
from tests.operations.reads.reading import read, refused


async def test_a_row_counts_what_became_of_executions(server: Server) -> None:
    commented = json.loads(PASS) | {"Comment": "Greets"}
    good = await server.machine("good", json.dumps(commented), tags=[{"key": "team", "value": "a"}])
    bad, slow = await server.machine("bad", FAIL), await server.machine("slow", WAIT)
    await server.closed(await server.start(good))
    await server.closed(await server.start(bad))
    await server.start(slow)
    await server("UpdateStateMachine", stateMachineArn=slow, definition=PASS)
    rows = (await read(server, "ListMachines"))["rows"]
    assert [row["name"] for row in rows] == ["bad", "good", "slow"]
    by_name = {row["name"]: row for row in rows}
    assert (by_name["good"]["comment"], by_name["good"]["tags"], by_name["good"]["succeeded"]) == (
        "Greets",
        {"team": "a"},
        1,
    )
    assert (by_name["bad"]["failed"], by_name["bad"]["lastFailureMs"] is not None) == (1, True)
    assert (by_name["slow"]["running"], by_name["slow"]["updatedMs"] is not None) == (1, True)
    assert by_name["good"]["updatedMs"] is None and not by_name["good"]["countsAreMore"]


async def test_pages_and_prefixes(server: Server) -> None:
    for name in ("a", "ab", "abc", "b"):
        await server.machine(name)
    page = await read(server, "ListMachines", limit=3)
    rest = await read(server, "ListMachines", limit=3, cursor=page["cursor"])
    assert [row["name"] for row in page["rows"] + rest["rows"]] == ["a", "ab", "abc", "b"] and rest["cursor"] is None
    assert [row["name"] for row in (await read(server, "ListMachines", prefix="ab"))["rows"]] == ["ab", "abc"]
    page = await read(server, "ListMachines", prefix="a", limit=2)
    rest = await read(server, "ListMachines", prefix="a", limit=2, cursor=page["cursor"])
    assert [row["name"] for row in page["rows"] + rest["rows"]] == ["a", "ab", "abc"]
    assert (await refused(server, "ListMachines", cursor="x"))[0] == "InvalidToken"


async def test_an_express_machine_counts_what_is_kept(server: Server) -> None:
    machine = await server.machine("x", FAIL, type="EXPRESS")
    await server("StartSyncExecution", stateMachineArn=machine)
    (row,) = (await read(server, "ListMachines"))["rows"]
    assert (row["type"], row["failed"], row["lastFailureMs"] is not None) == ("EXPRESS", 1, True)


async def test_the_server_at_a_glance(server: Server) -> None:
    await server.closed(await server.start(await server.machine()))
    answer = await read(server, "Overview")
    assert answer["counts"]["started"] == answer["counts"]["succeeded"] == 1
    assert answer["store"]["commits"] >= 1 and not answer["store"]["broken"]
    assert answer["startedMs"] <= answer["nowMs"] and answer["access"] == "loopback"
