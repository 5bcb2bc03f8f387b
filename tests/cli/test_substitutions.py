"""What `${Name}` stands for: values from the command line and from files, and what is said where there is none."""

import json

import pytest
from click.testing import CliRunner

from stepwell.cli.locate import Position, offset_of, position_of
from stepwell.cli.program import program as command
from stepwell.cli.substitutions import fill

SOURCE = """\
{"StartAt": "A", "States": {
  "A": {"Type": "Task", "Resource": "${Function}", "TimeoutSeconds": ${Timeout}, "Next": "B"},
  "B": {"Type": "Wait", "Seconds": ${Delay}, "Next": "C"},
  "C": {"Type": "Pass", "Comment": "${Stage} of ${AWS::Region}", "Bogus": 1, "End": true}
}}
"""
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_values_are_put_in_as_they_are():
    filled = fill('{"a": "${X}-${X}", "b": ${N.Arn}, "c": "$${}"}', {"X": 'q"', "N.Arn": "[1]"})
    assert filled.text == '{"a": "q"-q"", "b": [1], "c": "$${}"}'
    assert filled.gaps == ()


def test_places_are_those_of_the_source():
    filled = fill(SOURCE, {"Function": FUNCTION + "\n" * 3, "Timeout": "5", "Delay": "${Stage}"})
    for word in ('"Type": "Task"', '"TimeoutSeconds"', '"Seconds"', '"Bogus"', "}}\n"):
        there = position_of(filled.text, filled.text.index(word))
        assert filled.in_source(there) == position_of(SOURCE, SOURCE.index(word))
    inside = position_of(filled.text, filled.text.index(":function:"))
    assert filled.in_source(inside) == position_of(SOURCE, SOURCE.index("${Function}"))


def test_positions_and_offsets():
    assert [offset_of("ab\ncd", position_of("ab\ncd", place)) for place in range(5)] == list(range(5))
    assert offset_of("ab\ncd", Position(9, 9)) == 5


def test_what_has_no_value_is_named():
    filled = fill(SOURCE, {"Delay": "1"}, stand_in=True)
    assert [name for name, _ in filled.first_gaps()] == ["Function", "Timeout", "Stage", "AWS::Region"]
    assert filled.first_gaps()[1][1] == position_of(SOURCE, SOURCE.index("${Timeout}"))
    assert '"Resource": "${Function}", "TimeoutSeconds": 1,' in filled.text
    assert '"TimeoutSeconds": ${Timeout},' in fill(SOURCE, {"Delay": "1"}).text


def validate(tmp_path, *options, source=SOURCE):
    path = tmp_path / "d.asl.json"
    path.write_text(source)
    return CliRunner().invoke(command, ["validate", *options, "--json", str(path)])


def diagnostics(done):
    return [
        (each["severity"], each["code"], each.get("line"), each.get("column"))
        for each in json.loads(done.output)["files"][0]["diagnostics"]
    ]


def test_what_depends_on_a_value_is_not_judged_without_it(tmp_path):
    done = validate(tmp_path)
    assert done.exit_code == 1
    assert diagnostics(done) == [
        ("ERROR", "SCHEMA_VALIDATION_FAILED", 4, 3),
        *(("WARNING", "MISSING_SUBSTITUTION", *place) for place in ((2, 38), (2, 70), (3, 36), (4, 37), (4, 49))),
    ]
    assert "'${Timeout}' has no value" in done.output
    assert validate(tmp_path, source=SOURCE.replace(', "Bogus": 1', "")).exit_code == 0


TASK = '"Type": "Task", "End": true, "Resource": "arn:aws:states:::'


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ('"Type": "Pass", "End": true, "Parameters": {"a": [{"x.$": "${Path}"}]}', []),
        ('"Type": "Pass", "End": true, "Parameters": {"a": "${Path}", "x.$": "y"}', [4]),
        ('"Type": "Pass", "End": true, "Assign": {"${Name}": 1}', []),
        ('"Type": "Pass", "End": true, "QueryLanguage": "${Language}", "Parameters": {}', []),
        ('"Type": "Pass", "End": true, "QueryLanguage": "JSONata", "Parameters": {"a": "${Path}"}', [2]),
        ('"Type": "Pass", "End": true, "Bogus": "${Path}"', [2]),
        ('"Type": "Wait", "End": true, "Seconds": ${Delay}, "SecondsPath": "$.s"', [2]),
        (TASK + 'batch:submitJob", "Parameters": {"${Field}": "${Job}"}', []),
        (TASK + 'lambda:invoke", "Parameters": {"Payload": {"FunctionName": "${Name}"}}', []),
        (TASK + 'lambda:invoke", "Parameters": {"Payload": "${Name}"}', [4]),
        (
            TASK
            + 'sqs:sendMessage", "Parameters": {"QueueUrl": "${Url}", "MessageBody": "", "DelaySeconds": "${Delay}"}',
            [],
        ),
        (TASK + 'sqs:sendMessage", "Parameters": {"QueueUrl": "${Url}", "MessageBody": "", "DelaySeconds": "x"}', [4]),
    ],
)
def test_findings_that_name_what_has_no_value(tmp_path, state, expected):
    source = '{"StartAt": "A", "States": {\n"A":\n{' + state.replace('"Parameters"', '\n"Parameters"') + "}}}"
    found = [line for severity, _, line, _ in diagnostics(validate(tmp_path, source=source)) if severity == "ERROR"]
    assert found == expected


def test_what_is_no_json_is_said_beside_what_has_no_value(tmp_path):
    done = validate(tmp_path, source='{"StartAt": "${First}",}')
    assert diagnostics(done)[0] == ("ERROR", "INVALID_JSON_DESCRIPTION", 1, 25)


def test_states_may_be_reached_by_what_has_no_value(tmp_path):
    source = SOURCE.replace('"Next": "C"', '"Next": "${Last}"').replace(', "Bogus": 1', "")
    assert validate(tmp_path, source=source).exit_code == 0
    assert validate(tmp_path, "--substitute", "Last=B", source=source).exit_code == 1


def test_values_are_judged(tmp_path):
    options = ("--substitute", "Function=nobody", "--substitute", "Timeout=0", "--substitute", "Delay=2")
    assert diagnostics(validate(tmp_path, *options))[:3] == [
        ("ERROR", "SCHEMA_VALIDATION_FAILED", 2, 25),
        ("ERROR", "SCHEMA_VALIDATION_FAILED", 2, 52),
        ("ERROR", "SCHEMA_VALIDATION_FAILED", 4, 3),
    ]


def test_values_from_a_file(tmp_path):
    values = tmp_path / "values.json"
    values.write_text(json.dumps({"Function": FUNCTION, "Timeout": 0, "Delay": 2, "Stage": "test", "AWS::Region": "x"}))
    options = ("--substitutions", str(values), "--substitute", "Timeout=7")
    assert diagnostics(validate(tmp_path, *options)) == [("ERROR", "SCHEMA_VALIDATION_FAILED", 4, 3)]


@pytest.mark.parametrize("text", ["[]", "{", '"a"', None])
def test_files_that_hold_no_values(tmp_path, text):
    values = tmp_path / "values.json"
    if text is not None:
        values.write_text(text)
    done = validate(tmp_path, "--substitutions", str(values))
    assert done.exit_code == 2
    assert "values.json" in done.output


@pytest.mark.parametrize("given", ["Timeout", "=1", "a b=1", ""])
def test_assignments_that_are_none(tmp_path, given):
    assert validate(tmp_path, "--substitute", given).exit_code == 2


def test_run_fills_them_too(program):
    source = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": ${N}, "who": "${Who}"}, "End": true}}}'
    (program.folder / "d.json").write_text(source)
    done = program("run", "d.json", "--substitute", "N=3")
    assert (done.returncode, done.stdout) == (0, '{"n":3,"who":"${Who}"}\n')
    assert "warning: The substitution '${Who}' has no value" in done.stderr
    assert program("run", "d.json").returncode == 1


def test_a_picture_needs_no_values(tmp_path):
    path = tmp_path / "d.asl.json"
    path.write_text(SOURCE.replace('"Next": "C"', '"Next": "${Last}"'))
    done = CliRunner().invoke(command, ["graph", "--substitute", "Last=C", str(path)])
    assert done.exit_code == 0
    assert done.output.startswith("<svg")
