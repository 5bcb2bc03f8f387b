"""What both runners promise, over real processes; the `docker` is a program of the tests that speaks its commands."""

import asyncio
import json
import time

import pytest
import uvloop

from stepwell.integrations.containers.cli import ContainerCli
from stepwell.integrations.containers.definitions import Container
from stepwell.integrations.containers.processes import ProcessRunner
from stepwell.integrations.containers.runner import Exit, Run, all_ended
from tests.functions.test_pool import is_running, until

DOCKERS_OWN = {"shell": ["sh", "-c"], "sleep": ["sleep"]}


def a_run(runner, text, run_id="r-1", image="shell", **environment):
    """A run of a shell's text. To the fake docker the command is the image's and its arguments."""
    arguments = (text,) if isinstance(runner, ProcessRunner) else (*DOCKERS_OWN.get(image, ()), text)
    return Run(run_id, Container("main", image, arguments, environment))


@pytest.mark.parametrize("text, code", [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137), ('test "$WORD" = "a b"', 0)])
async def test_the_exit_code_and_the_times(runner, text, code):
    before_ms = time.time_ns() // 1_000_000
    await runner.start(a_run(runner, text, WORD="a b"))
    end = await runner.ended("r-1")
    assert (end.code, end.reason) == (code, "")
    assert before_ms <= end.started_ms <= end.stopped_ms <= time.time_ns() // 1_000_000


async def test_a_second_start_is_left_alone(runner, tmp_path):
    run = a_run(runner, f"echo x >> {tmp_path}/marks; sleep 0.2")
    await runner.start(run)
    await runner.start(run)
    assert (await runner.ended("r-1")).code == 0
    await runner.start(run)
    assert (tmp_path / "marks").read_text() == "x\n"


async def test_stopping_asks_first(runner, tmp_path):
    await runner.start(a_run(runner, f"trap 'exit 7' TERM; echo up > {tmp_path}/up; while :; do sleep 0.02; done"))
    await until((tmp_path / "up").exists)
    await runner.stop("r-1")
    assert (await runner.ended("r-1")).code == 7
    await runner.stop("r-1")


async def test_stopping_insists_when_the_grace_is_over(make_runner, tmp_path):
    runner = make_runner(grace_s=0.5)
    await runner.start(a_run(runner, f"trap '' TERM; echo up > {tmp_path}/up; while :; do sleep 0.02; done"))
    await until((tmp_path / "up").exists)
    await runner.stop("r-1")
    assert (await runner.ended("r-1")).code == 137


async def test_what_is_not_known(runner):
    assert await runner.ended("r-9") is None


async def test_an_image_that_cannot_be_had(runner):
    await runner.start(a_run(runner, "", image="none"))
    end = await runner.ended("r-1")
    assert end.code is None
    assert "none" in end.reason


async def test_closing_ends_what_nobody_will_ask_for(runner, tmp_path):
    await runner.start(a_run(runner, f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; sleep 60"))
    waiting = asyncio.create_task(runner.ended("r-1"))
    await until((tmp_path / "pid").exists)
    await asyncio.sleep(0)
    await runner.close()
    await until(lambda: not is_running(int((tmp_path / "pid").read_text())))
    waiting.cancel()


async def test_the_end_of_an_essential_one_ends_the_others(runner):
    await runner.start(a_run(runner, "60", "side", image="sleep"))
    await runner.start(a_run(runner, "exit 4", "main"))
    found = await all_ended(runner, {"side": False, "main": True})
    assert found["main"].code == 4
    assert found["side"].code in (143, 137)


async def test_the_end_of_another_ends_nothing(runner):
    await runner.start(a_run(runner, "exit 1", "side"))
    await runner.start(a_run(runner, "sleep 0.1; exit 0", "main"))
    found = await all_ended(runner, {"side": False, "main": True, "unknown": False})
    assert [found["side"].code, found["main"].code, found["unknown"]] == [1, 0, None]


# --- processes --------------------------------------------------------------------------------------------------------


async def test_so_many_at_once_and_one_in_line_can_be_stopped(tmp_path):
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path, together_max=1)
    try:
        await runner.start(a_run(runner, "sleep 0.3", "first"))
        await runner.start(a_run(runner, f"touch {tmp_path}/second", "second"))
        await runner.start(a_run(runner, f"touch {tmp_path}/third", "third"))
        await runner.stop("third")
        assert await runner.ended("third") == Exit(None, "Stopped")
        assert not (tmp_path / "second").exists()
        assert (await runner.ended("second")).code == 0
        assert (tmp_path / "second").exists()
        assert not (tmp_path / "third").exists()
    finally:
        await runner.close()


async def test_what_a_process_prints_is_in_the_log(tmp_path, caplog):
    caplog.set_level("INFO", "stepwell.containers.output")
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    try:
        await runner.start(a_run(runner, "echo one; echo two >&2; printf three"))
        await runner.ended("r-1")
    finally:
        await runner.close()
    assert [record.getMessage() for record in caplog.records] == ["main: one", "main: two", "main: three"]


async def test_a_process_sees_no_settings_of_ours_and_runs_in_the_files_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPWELL_DATABASE", "secret")
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    try:
        await runner.start(a_run(runner, 'echo "$STEPWELL_DATABASE" "$GIVEN" > said', GIVEN="given"))
        await runner.ended("r-1")
    finally:
        await runner.close()
    assert (tmp_path / "said").read_text() == " given\n"


@pytest.mark.parametrize("command, code", [(("/no/such/program",), 127), (("/etc",), 126)])
async def test_a_command_that_cannot_be_run_ends_as_in_a_shell(tmp_path, command, code):
    runner = ProcessRunner({"image": command}, tmp_path)
    try:
        await runner.start(Run("r-1", Container("main", "image")))
        assert (await runner.ended("r-1")).code == code
    finally:
        await runner.close()


async def test_what_a_process_leaves_behind_ends_with_it(tmp_path):
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    try:
        await runner.start(a_run(runner, f"sleep 60 & echo $! > {tmp_path}/pid; exit 0"))
        assert (await runner.ended("r-1")).code == 0
        await until(lambda: not is_running(int((tmp_path / "pid").read_text())))
    finally:
        await runner.close()


async def test_an_argument_with_a_nul_fails_alone(tmp_path):
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    try:
        await runner.start(a_run(runner, "a\0b"))
        end = await runner.ended("r-1")
    finally:
        await runner.close()
    assert end.code is None
    assert end.reason.startswith("TaskFailedToStart: ")


# --- docker -----------------------------------------------------------------------------------------------------------


async def test_the_command_line(docker):
    runner = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    await runner.start(Run("r-1", Container("main", "shop/ship:2", ("true", "--env"), {"A": "1", "B": "x y=z"})))
    assert (await runner.ended("r-1")).code == 0
    await runner.close()
    options = ["--detach", "--name", "stepwell-r-1", "--label", "stepwell", "--env=A=1", "--env=B=x y=z"]
    assert docker.calls("run") == [["run", *options, "shop/ship:2", "true", "--env"]]


def test_a_monitor_that_goes_on_with_all_that_the_command_had_open(tmp_path):
    podman, going = tmp_path / "podman", tmp_path / "going"
    podman.write_text(f"#!/bin/sh\n(while [ -e {going} ]; do sleep 0.05; done) </dev/null >/dev/null 2>&1 &\necho id\n")
    podman.chmod(0o755)
    going.touch()

    async def start():
        runner = ContainerCli(str(podman), outlives=True)
        await runner.start(Run("r-1", Container("main", "image", ("sleep", "100"))))
        assert going.exists()  # it came back while the container runs

    try:
        uvloop.run(start())
    finally:
        going.unlink()


async def test_a_container_is_found_again_by_the_next_server(docker, tmp_path):
    first = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    run = a_run(first, f"echo x >> {tmp_path}/marks; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 5")
    await first.start(run)
    waiting = asyncio.create_task(first.ended("r-1"))
    await until((tmp_path / "marks").exists)
    await first.close()
    waiting.cancel()
    assert docker.running() == ["stepwell-r-1"]
    second = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    await second.start(run)
    ending = asyncio.create_task(second.ended("r-1"))
    (tmp_path / "go").touch()
    assert (await ending).code == 5
    assert (tmp_path / "marks").read_text() == "x\n"
    await second.close()


async def test_one_that_was_made_and_not_started_is_started(docker):
    state = {"Status": "created", "command": ["true"], "environment": {}}
    (docker.home / "stepwell-r-1").write_text(json.dumps(state))
    runner = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    await runner.start(Run("r-1", Container("main", "image", ("true",))))
    assert (await runner.ended("r-1")).code == 0
    await runner.close()
    assert len(docker.calls("start")) == 1


async def test_many_are_asked_about_together(docker):
    runner = ContainerCli(str(docker.path), outlives=False, poll_s=0.02)
    for number in range(6):
        await runner.start(a_run(runner, "exit 0", f"r-{number}"))
    ends = await asyncio.gather(*(runner.ended(f"r-{number}") for number in range(6)))
    await runner.close()
    assert [end.code for end in ends] == [0] * 6
    assert len(docker.calls("inspect")) < 6


async def test_a_program_that_is_silent_is_asked_again(docker, tmp_path):
    runner = ContainerCli(str(docker.path), outlives=False, poll_s=0.02)
    await runner.start(a_run(runner, "exit 0"))
    away = docker.path.with_name("away")
    docker.path.rename(away)
    waiting = asyncio.create_task(runner.ended("r-1"))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    away.rename(docker.path)
    assert (await waiting).code == 0
    await runner.close()


async def test_without_the_program_the_run_says_so(tmp_path):
    runner = ContainerCli(str(tmp_path / "none"), outlives=False)
    await runner.start(a_run(runner, "exit 0"))
    end = await runner.ended("r-1")
    assert end.code is None
    assert end.reason.startswith("CannotStartContainerError: ")
    await runner.close()
