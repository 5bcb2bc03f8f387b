"""A `docker` for machines without one: the commands that Stepwell uses, over real processes, with a note of each call.

It is a program, run by its path. FAKE_DOCKER names the folder in which containers are files and calls are lines. The
image `none` cannot be pulled; any other runs the arguments that follow it as a command of this machine.
"""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HOME = Path(os.environ["FAKE_DOCKER"])


def main(arguments):
    if arguments[0] != "live":
        with (HOME / "calls").open("a") as calls:
            calls.write(json.dumps(arguments) + "\n")
    return COMMANDS[arguments[0]](arguments[1:])


def run(arguments):
    """docker run --detach --name NAME --label L [--env=N=V ...] IMAGE [COMMAND ...]"""
    assert arguments[:2] == ["--detach", "--name"], arguments
    name, rest = arguments[2], arguments[3:]
    environment = {}
    while rest[0].startswith("--"):
        if rest[0].startswith("--env="):
            key, _, value = rest[0].removeprefix("--env=").partition("=")
            environment[key] = value
            rest = rest[1:]
        else:
            assert rest[0] == "--label", rest
            rest = rest[2:]
    if (HOME / name).exists():
        print(
            f'docker: Error response from daemon: Conflict. The container name "/{name}" is already in use.',
            file=sys.stderr,
        )
        return 125
    if rest[0] == "none":
        print("Unable to find image 'none:latest' locally", file=sys.stderr)
        return 125
    write(name, Status="created", command=rest[1:], environment=environment)
    return start([name])


def start(arguments):
    [name] = arguments
    command = [sys.executable, __file__, "live", name]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, start_new_session=True, **streams)
    while read(name)["Status"] == "created":
        time.sleep(0.005)
    print(child.pid)
    return 0


def live(arguments):
    """The daemon's part of one container."""
    [name] = arguments
    state = read(name)
    began = now()
    child = subprocess.Popen(state["command"], env={**os.environ, **state["environment"]}, start_new_session=True)
    write(name, **{**state, "Status": "running", "Running": True, "StartedAt": began, "Pid": child.pid})
    code = child.wait()
    ended = {"Status": "exited", "Running": False, "StartedAt": began, "FinishedAt": now()}
    write(name, **ended, ExitCode=code if code >= 0 else 128 - code, OOMKilled=False, Error="")
    return 0


def inspect(arguments):
    """docker inspect --type container --format FORMAT NAME ..."""
    assert arguments[:4] == ["--type", "container", "--format", "{{.Name}} {{json .State}}"], arguments
    missing = False
    for name in arguments[4:]:
        if (HOME / name).exists():
            print(f"/{name} {json.dumps(read(name))}")
        else:
            print(f"Error: No such container: {name}", file=sys.stderr)
            missing = True
    return int(missing)


def stop(arguments):
    """docker stop -t SECONDS NAME"""
    flag, seconds, name = arguments
    assert flag == "-t", arguments
    state = read(name)
    if state["Status"] != "running":
        return 0
    os.killpg(state["Pid"], signal.SIGTERM)
    ends = time.monotonic() + float(seconds)
    while read(name)["Status"] == "running":
        if time.monotonic() > ends:
            os.killpg(state["Pid"], signal.SIGKILL)
            ends += 60
        time.sleep(0.005)
    return 0


def remove(arguments):
    """docker rm [--force] NAME ..."""
    for name in arguments:
        if name == "--force" or not (HOME / name).exists():
            continue
        if read(name)["Status"] == "running":
            assert "--force" in arguments
            os.killpg(read(name)["Pid"], signal.SIGKILL)
        (HOME / name).unlink()
    return 0


def write(name, **state):
    beside = HOME / f".{name}.{os.getpid()}"
    beside.write_text(json.dumps(state))
    beside.rename(HOME / name)


def read(name):
    return json.loads((HOME / name).read_text())


def now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"  # nanoseconds, as the real one has them


COMMANDS = {"run": run, "start": start, "live": live, "inspect": inspect, "stop": stop, "rm": remove}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
