"""Pictures of definitions and of executions, on the command line."""

import json
import re
from xml.etree import ElementTree

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner

from stepwell.cli.program import program as command
from tests.cli.conftest import PASS, until

SVG = "{http://www.w3.org/2000/svg}"
GUARDED = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "StartAt": "Refuse",
                "States": {"Refuse": {"Type": "Fail", "Error": "Refused"}},
            },
            "Catch": [{"ErrorEquals": ["Refused"], "Next": "Pause"}],
            "Next": "Never",
        },
        "Never": {"Type": "Succeed"},
        "Pause": {"Type": "Wait", "Seconds": 3600, "End": True},
    },
}


def graph(*arguments, given=None):
    return CliRunner().invoke(command, ["graph", *arguments], input=given)


@pytest.fixture
def file(tmp_path):
    def write(content, name="greet.asl.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_a_picture_goes_to_standard_output(file):
    done = graph(file(PASS))
    assert done.exit_code == 0
    root = ElementTree.fromstring(done.output)
    assert root.find(f"{SVG}title").text == "greet"
    assert "Greet" in [one.text for one in root.iter(f"{SVG}text")]


def test_or_to_a_file(file, tmp_path):
    output = tmp_path / "greet.svg"
    done = graph(file(PASS), "-o", str(output), "--title", "How we greet", "--theme", "dark")
    assert (done.exit_code, done.output) == (0, "")
    assert ElementTree.parse(output).getroot().find(f"{SVG}title").text == "How we greet"
    assert "prefers-color-scheme" not in output.read_text()


def test_from_standard_input():
    done = graph("-", given=json.dumps(PASS))
    assert ElementTree.fromstring(done.output).find(f"{SVG}title").text == "State machine"


def test_a_half_written_definition_is_drawn(file):
    done = graph(file({"StartAt": "Nowhere", "States": {"A": {"Type": "Task", "Next": 7}}}))
    assert done.exit_code == 0
    assert "no such state" in done.output


def test_what_is_no_json_is_told_with_its_place(file):
    name = file('{"StartAt": "A",\n "States": {"A" "b"}}')
    done = graph(name)
    assert done.exit_code == 1
    assert f"{name}:2:18: Unexpected character" in done.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "either a DEFINITION or --execution"),
        (("a.json", "--execution", "arn"), 2, "either a DEFINITION or --execution"),
        (("missing.json",), 2, "cannot be read"),
        (("--execution", "arn", "--endpoint", "ftp://127.0.0.1"), 1, "begins with http"),
        (("--execution", "arn", "--endpoint", "http://127.0.0.1:1"), 1, "does not answer"),
    ],
)
def test_wrong_use_is_told(arguments, status, words):
    done = graph(*arguments)
    assert done.exit_code == status
    assert words in done.output


def test_a_file_that_cannot_be_written_is_told(file, tmp_path):
    done = graph(file(PASS), "-o", str(tmp_path / "no" / "such" / "folder.svg"))
    assert done.exit_code == 1
    assert "cannot be written" in done.output


def test_an_execution_is_drawn_in_its_colours(program):
    _, address, _ = program.serve("--database", ":memory:")
    client = boto3.client(
        "stepfunctions",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    role = "arn:aws:iam::000000000000:role/any"
    machine = client.create_state_machine(name="guarded", definition=json.dumps(GUARDED), roleArn=role)
    started = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="one", input='{"items": [1]}')
    arn = started["executionArn"]
    until(lambda: "WaitStateEntered" in str(client.get_execution_history(executionArn=arn)["events"]))

    done = program("graph", "--execution", arn, "--endpoint", address)
    assert done.returncode == 0, done.stderr
    root = ElementTree.fromstring(done.stdout)
    assert root.find(f"{SVG}title").text == "one"
    assert re.findall(r'class="badge (\w+)"', done.stdout) == ["failed", "caught", "waiting"]
    taken = [one.get("data-id") for one in root.iter(f"{SVG}g") if "taken" in one.get("class").split()]
    assert sorted(taken) == ["/StartAt", "/States/Check/Catch/0/Next"]

    refused = program("graph", "--execution", arn + "-x", "--endpoint", address)
    assert refused.returncode == 1
    assert "ExecutionDoesNotExist" in refused.stderr
