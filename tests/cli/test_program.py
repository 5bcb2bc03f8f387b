"""What the program says of itself, and how it ends."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from stepwell import __version__
from stepwell.cli.program import program as command
from stepwell.cli.terminal import duration_text

HEAVY = ("rich", "asyncio", "apsw", "orjson", "uvicorn", "stepwell.app", "stepwell.asl.compile", "stepwell.runtime")


def test_help_lists_the_commands_and_the_exit_statuses():
    said = CliRunner().invoke(command, ["--help"]).output
    for word in ("serve", "run", "validate", "demo", "functions", "version", "130  interrupted", "bash_source"):
        assert word in said


@pytest.mark.parametrize("name", ["serve", "run", "validate", "demo", "functions invoke"])
def test_every_command_has_help_with_examples_and_statuses(name):
    said = CliRunner().invoke(command, [*name.split(), "--help"])
    assert said.exit_code == 0
    assert "Examples:\n" in said.output
    assert "Exit status:\n" in said.output
    assert f"  stepwell {name}" in said.output


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom stepwell.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_version(program):
    assert program("--version").stdout == f"stepwell {__version__}\n"
    assert json.loads(program("version", "--json").stdout)["stepwell"] == __version__
    assert program("version").stdout.startswith(f"stepwell {__version__}\n")


def test_the_schema_is_printed_as_json(program):
    schema = json.loads(program("schema").stdout)
    assert schema["$defs"]["Wait"]["properties"]["Type"] == {"const": "Wait", "x-kind": "type"}


def test_wrong_use_says_where_help_is(program):
    done = program("serve", "--porto", "1")
    assert done.returncode == 2
    assert "stepwell serve --help" in done.stderr
    assert "--port" in done.stderr


def test_completion_knows_options(program):
    words = {"_STEPWELL_COMPLETE": "bash_complete", "COMP_WORDS": "stepwell serve --rec", "COMP_CWORD": "2"}
    assert "--recovery" in program(env=os.environ | words).stdout


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 ms"),
        (0.0123, "12 ms"),
        (0.9996, "1.00 s"),
        (1.25, "1.25 s"),
        (59.999, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3_780, "1 h 3 min"),
    ],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text
