"""Findings with their places, for people and for programs."""

import json

import pytest
from click.testing import CliRunner

from stepwell.asl.compile import compile_definition
from stepwell.cli.locate import find_position
from stepwell.cli.program import program as command
from tests.cli.conftest import PASS

WRONG = """\
{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Task", "Resource": "arn:aws:states:::nope:do", "Next": "B/[0]"},
    "B/[0]": {"Type": "Parallel", "Branches": [
      {"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": -1, "End": true}}},
      {"StartAt": "Q", "States": {"Y": {"Type": "Pass", "End": true}}}
    ], "End": true}
  }
}
"""


def validate(tmp_path, *texts, options=()):
    names = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        names.append(str(path))
    return CliRunner().invoke(command, ["validate", *options, *names]), names


def test_a_good_definition(tmp_path):
    done, (name,) = validate(tmp_path, json.dumps(PASS))
    assert (done.exit_code, done.output) == (0, f"{name}: ok\n")


def test_findings_have_line_and_column(tmp_path):
    done, (name, good) = validate(tmp_path, WRONG, json.dumps(PASS))
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0].startswith(f"{name}:4:27: error: The resource provided arn:aws:states:::nope:do")
    assert f"{name}:6:57: error: " in done.output
    assert f"{name}:7:8: error: Missing 'Next' target: Q at /States/B/[0]/Branches[1]/StartAt" in done.output
    assert lines[-2:] == [f"{good}: ok", "2 definitions: 4 errors, 0 warnings"]
    assert "\x1b" not in done.output


def test_what_a_service_would_not_take(tmp_path):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "End": True}
    definition = {"StartAt": "A", "States": {"A": {**task, "Parameters": {"bucket": "b", "Key": "k", "Body": {}}}}}
    done, (name,) = validate(tmp_path, json.dumps(definition, indent=1))
    assert done.exit_code == 1
    text = "error: The field 'Bucket' is required but was missing at /States/A/Parameters"
    assert done.output.startswith(f"{name}:8:") and text in done.output
    definition["States"]["A"]["Parameters"]["Bucket"] = definition["States"]["A"]["Parameters"].pop("bucket")
    assert validate(tmp_path, json.dumps(definition))[0].exit_code == 0


def test_what_is_no_json_has_a_place_too(tmp_path):
    done, (name,) = validate(tmp_path, '{"StartAt": "A",\n "States": {"A" "b"}}')
    assert done.exit_code == 1
    assert done.output.startswith(f"{name}:2:18: error: Unexpected character")
    assert "Source" not in done.output


def test_hints_stand_below(tmp_path):
    misspelt = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Nxt": "A", "End": True}}})
    done, _ = validate(tmp_path, misspelt)
    line, hint, _ = done.output.splitlines()
    assert line.endswith("error: Field 'Nxt' is not supported at /States/A [SCHEMA_VALIDATION_FAILED]")
    assert hint == "    hint: Did you mean 'Next'?"
    done, _ = validate(tmp_path, misspelt, options=["--json"])
    assert json.loads(done.output)["files"][0]["diagnostics"][0]["hint"] == "Did you mean 'Next'?"


def test_json(tmp_path):
    done, (bad, good) = validate(tmp_path, WRONG, json.dumps(PASS), options=["--json"])
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert report["result"] == "FAIL"
    assert [(file["file"], file["result"]) for file in report["files"]] == [(bad, "FAIL"), (good, "OK")]
    first = report["files"][0]["diagnostics"][0]
    assert (first["severity"], first["location"], first["line"]) == ("ERROR", "/States/A/Resource", 4)


def test_warnings_do_not_fail(tmp_path):
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": "$.y"}, "End": True}}}
    done, _ = validate(tmp_path, json.dumps(definition))
    assert done.exit_code == 0
    assert "warning" in done.output
    assert "0 errors, 1 warning" in done.output


def test_express(tmp_path):
    task = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:000000000000:activity:a", "End": True}
    text = json.dumps({"StartAt": "A", "States": {"A": task}})
    assert validate(tmp_path, text)[0].exit_code == 0
    assert validate(tmp_path, text, options=["--type", "EXPRESS"])[0].exit_code == 1


def test_standard_input_and_a_byte_order_mark():
    text = b"\xef\xbb\xbf" + json.dumps(PASS).encode()
    assert CliRunner().invoke(command, ["validate", "-"], input=text).output == "-: ok\n"


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin").write_bytes(b'{"\xe4": 1}')
    for name, text in (("gone", "cannot be read"), ("latin", "not UTF-8"), (".", "cannot be read")):
        done = CliRunner().invoke(command, ["validate", str(tmp_path / name)])
        assert done.exit_code == 2
        assert text in done.output


def test_colours(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text(WRONG)
    assert "\x1b[31m" in CliRunner().invoke(command, ["validate", str(path)], color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(command, ["validate", str(path)], color=True).output


@pytest.mark.parametrize(
    "text, location, place",
    [
        ('{"a": {"b": [1, {"c": 2}]}}', "/a/b[1]/c", (1, 18)),
        ('{"a": {"b": [1, {"c": 2}]}}', "/a/b[1]", (1, 17)),
        ('{"a": {"b": [1, {"c": 2}]}}', "/a/b[1]/missing", (1, 17)),
        ('{"a": {"b": [1, {"c": 2}]}}', "/nothing/here", (1, 1)),
        ('\n {"a/b": {"c": 1},\n  "a": {"b": {"c": 2}}}', "/a/b/c", (2, 11)),
        ('\n {"a/b": {"d": 1},\n  "a": {"b": {"c": 2}}}', "/a/b/c", (3, 15)),
        ('{"\\u00e4[0]": 1}', "/\u00e4[0]", (1, 2)),
        (json.dumps({"x" * 100: {"Type": 1}}), f"/{'x' * 80}/Type", (1, 107)),
        ("{}", "/", (1, 1)),
        ("[]", "/a", (1, 1)),
        ("{}", None, None),
        ("", "/a", None),
        ("{oops", "/a", None),
    ],
)
def test_positions(text, location, place):
    assert find_position(text, location) == place


def test_all_locations_of_the_compiler_are_found_in_a_wrong_definition():
    for finding in compile_definition(WRONG).diagnostics:
        assert find_position(WRONG, finding.location) != (1, 1)
