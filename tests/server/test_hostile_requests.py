"""Requests that no honest client sends: each meets an error with a name, and the others notice nothing.

What a state machine can be made to do with data is in `test_hostile_executions`.
"""

import base64
import json
import uuid

import pytest

from tests.server.machines import choosing, machine, parallel, passing, task
from tests.server.outside import ROLE

MIB = 1_048_576
PAYLOAD = 262_144
LARGE_MB = 300  # far more than any of these requests needs, far less than a machine has


@pytest.fixture(scope="module")
def echo(server):
    """A machine that hands its input on."""
    return server.create(passing())


@pytest.fixture(autouse=True)
def in_bounded_memory(server, stream):
    before = server.memory_mb()
    yield
    assert server.memory_mb("VmHWM") < before + LARGE_MB


def padded(members, size):
    """A request of exactly so many bytes; a member that the model lacks makes up for what is missing."""
    bare = json.dumps({**members, "padding": ""}).encode()
    return bare[:-2] + b"x" * (size - len(bare)) + bare[-2:]


def quoted(size_bytes):
    return '"' + "x" * (size_bytes - 2) + '"'


def nested(depth, opening="[", closing="]"):
    return opening * depth + closing * depth


def test_a_request_of_one_mebibyte_and_one_byte_more(server, echo):
    members = {"stateMachineArn": echo, "input": "{}"}
    assert server.post("StartExecution", padded(members, MIB)).status == 200
    refused = server.post("StartExecution", padded(members, MIB + 1))
    assert (refused.status, refused.code) == (413, "RequestEntityTooLargeException")


BODIES = {
    "nothing that is JSON": b"\x80\x81\x82",
    "NUL": b"\0" * 100,
    "depth": nested(100_000).encode(),
    "depth inside": b'{"stateMachineArn":' + nested(100_000).encode() + b"}",
    "depth of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "depth in what the model lacks": b'{"stateMachineArn":"a","x":' + nested(100_000).encode() + b"}",
    "NaN": b'{"stateMachineArn":NaN}',
    "Infinity": b'{"stateMachineArn":Infinity}',
    "a huge number": b'{"stateMachineArn":' + b"9" * 500_000 + b"}",
    "a huge exponent": b'{"stateMachineArn":1e999999999}',
    "invalid UTF-8": b'{"stateMachineArn":"\xc3\x28"}',
    "a surrogate in UTF-8": b'{"stateMachineArn":"\xed\xa0\x80"}',
    "a lone surrogate": b'{"stateMachineArn":"\\udc00"}',
    "a list": b"[1,2,3]",
    "two documents": b"{}{}",
    "a string": b'"stateMachineArn"',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("operation", ["StartExecution", "SendTaskSuccess", "CreateStateMachine"])
def test_a_hostile_body(server, body, operation):
    refused = server.post(operation, body)
    assert (refused.status, refused.code) == (400, "SerializationException")
    assert len(json.dumps(refused.body)) < 1_000


@pytest.mark.parametrize("member", ["name", "input", "definition", "cause", "error", "tags"])
def test_a_lone_surrogate_in_any_member(server, echo, member):
    operation, members = {
        "name": ("CreateActivity", {"name": "a\ud800"}),
        "input": ("StartExecution", {"stateMachineArn": echo, "input": '"\ud800"'}),
        "definition": ("CreateStateMachine", {"name": "a", "roleArn": ROLE, "definition": '{"Comment":"\udfff"}'}),
        "cause": ("StopExecution", {"executionArn": echo, "cause": "\ud800"}),
        "error": ("SendTaskFailure", {"taskToken": "a", "error": "\ud800"}),
        "tags": ("TagResource", {"resourceArn": echo, "tags": [{"key": "\ud800", "value": "\udfff"}]}),
    }[member]
    assert server.ask(operation, **members).code == "SerializationException"


def test_of_a_member_given_twice_the_last_counts(server, echo):
    body = f'{{"stateMachineArn":"nonsense","stateMachineArn":"{echo}","input":"1","input":"2"}}'
    run = server.post("StartExecution", body.encode()).body["executionArn"]
    assert server.ended(run)["output"] == "2"


# Inputs

REFUSED_TEXTS = {
    "depth": nested(513),
    "great depth": nested(100_000),
    "depth of objects": '{"a":' * 40_000 + "1" + "}" * 40_000,
    "only openings": "[" * 200_000,
    "NaN": "NaN",
    "Infinity": "[Infinity]",
    "minus Infinity": "-Infinity",
    "a huge exponent": "1e999",
    "a number of 5,000 digits": "9" * 5_000,
    "a number of 200,000 digits": "9" * 200_000,
    "a number out of range": "1" + "0" * 400 + ".0",
    "leading zero": "01",
    "raw NUL": '"\0"',
    "single quotes": "{'a':1}",
    "a comment": "/* */ 1",
    "two values": "1 2",
    "an unpaired quote": '"',
    "empty": "",
    "spaces": "   ",
    "a byte order mark": "\ufeff1",
}


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS.keys())
def test_a_hostile_input(server, echo, text):
    refused = server.ask("StartExecution", stateMachineArn=echo, input=text)
    assert refused.code == "InvalidExecutionInput"


KEPT_TEXTS = {
    "depth": nested(512),
    "duplicate members": '{"a":1,"a":2}',
    "escaped surrogate": '"\\ud800"',
    "surrogates the wrong way round": '{"\\udc00\\ud800":null}',
    "escaped NUL": '"\\u0000"',
    "999 digits": "9" * 999,
    "a tiny number": "1e-999",
    "a long fraction": "0." + "1" * 100_000,
    "blanks": " [ 1 ] ",
    "262,144 bytes": quoted(PAYLOAD),
    "262,144 bytes of two-byte characters": '"' + "é" * 131_071 + '"',
}


@pytest.mark.parametrize("text", KEPT_TEXTS.values(), ids=KEPT_TEXTS.keys())
def test_an_odd_input_is_kept_as_it_came(server, echo, text):
    run = server.start(echo, text)
    ended = server.ended(run)
    assert (ended["status"], ended["input"], ended["output"]) == ("SUCCEEDED", text, text)
    assert server.events(run)[0]["executionStartedEventDetails"]["input"] == text


def test_an_input_one_byte_too_long(server, echo):
    assert server.ask("StartExecution", stateMachineArn=echo, input=quoted(PAYLOAD + 1)).code == "ValidationException"
    wide = '"' + "é" * 131_071 + 'x"'  # few enough characters, too many bytes
    assert server.ask("StartExecution", stateMachineArn=echo, input=wide).code == "InvalidExecutionInput"


# Definitions

NESTED_FLOWS = passing()
for _ in range(70):
    NESTED_FLOWS = parallel(NESTED_FLOWS)
NESTED_RULE = {"Variable": "$.a", "IsPresent": True}
for _ in range(70):
    NESTED_RULE = {"Not": NESTED_RULE}
NESTED_TEMPLATE = {}
for _ in range(150):
    NESTED_TEMPLATE = {"a": NESTED_TEMPLATE}

DEFINITIONS = {
    "depth": nested(100_000),
    "depth of objects": '{"States":' * 50_000 + "1" + "}" * 50_000,
    "depth of a result": json.dumps(passing(Result=0)).replace("0", nested(600)),
    "NaN": json.dumps(passing(Result=0)).replace("0", "NaN"),
    "a huge exponent": json.dumps(passing(Result=0)).replace("0", "1e999"),
    "a huge number": json.dumps(passing(Result=0)).replace("0", "9" * 100_000),
    "raw NUL": '{"Comment":"\0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
    "nested flows": json.dumps(NESTED_FLOWS),
    "nested rules": json.dumps(choosing(NESTED_RULE)),
    "nested template": json.dumps(passing(Parameters=NESTED_TEMPLATE)),
    "nested calls": json.dumps(passing(Parameters={"a.$": "States.Array(" * 5_000 + ")" * 5_000})),
    "a long path": json.dumps(passing(InputPath="$" + ".a" * 10_000)),
    "a path of brackets": json.dumps(passing(InputPath="$" + "[" * 50_000)),
    "a filter of brackets": json.dumps(passing(Parameters={"a.$": "$[?(" + "(" * 3_000 + "@.a" + ")" * 3_000 + ")]"})),
    "a filter of nots": json.dumps(passing(Parameters={"a.$": "$[?(" + "!" * 4_000 + "@.a)]"})),
    "10,001 states": json.dumps({"StartAt": "0", "States": {str(n): {"Type": "Succeed"} for n in range(10_001)}}),
    "many errors": json.dumps({"StartAt": "0", "States": {str(n): {"Type": "?"} for n in range(20_000)}}),
    "a long state name": json.dumps(machine(**{"s" * 500_000: {"Type": "Succeed"}})),
}


@pytest.mark.parametrize("text", DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_a_hostile_definition(server, text):
    refused = server.ask("CreateStateMachine", name="hostile", roleArn=ROLE, definition=text)
    assert refused.code == "InvalidDefinition"
    found = server.get("ValidateStateMachineDefinition", definition=text)
    assert found["result"] == "FAIL"
    assert 1 <= len(found["diagnostics"]) <= 100


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\u202eb", "'\"<script>"], ids=ascii)
def test_an_odd_state_name(server, text):
    """A lone surrogate, which no store can hold, is shown by its escape."""
    definition = json.dumps(machine(**{text: {"Type": "Pass", "End": True}}))
    run = server.start(server.create(definition))
    assert server.ended(run)["status"] == "SUCCEEDED"
    assert server.events(run)[1]["stateEnteredEventDetails"]["name"] == text.replace("\ud800", "\\ud800")


# Names, tokens, failures

FORBIDDEN = '<>{}[]?*"#%\\^|~`$&,;:/ \t\n\r\0\x1f\x7f\x85\x9f\u2028\u3000\ufffe\uffff\U0010ffff'


@pytest.mark.parametrize("character", FORBIDDEN, ids=ascii)
def test_a_forbidden_character_in_a_name(server, echo, character):
    name = f"a{character}b"
    definition = json.dumps(passing())
    assert server.ask("CreateActivity", name=name).code == "InvalidName"
    assert server.ask("CreateStateMachine", name=name, roleArn=ROLE, definition=definition).code == "InvalidName"
    assert server.ask("StartExecution", stateMachineArn=echo, name=name).code == "InvalidName"


def test_an_odd_name_that_is_allowed(server):
    name = f"übung-\u05d0-😀-{uuid.uuid4().hex[:8]}"
    arn = server.create(passing(), name)
    assert server.ended(server.start(arn, name=name))["name"] == name
    assert server.ask("CreateActivity", name="é" * 80).status == 200
    assert server.ask("CreateActivity", name="é" * 81).code == "ValidationException"


@pytest.fixture(scope="module")
def activity(server):
    return server.get("CreateActivity", name=f"hostile-{uuid.uuid4().hex[:8]}")["activityArn"]


@pytest.fixture
def open_task(server, activity):
    """An execution and the token of its only task."""
    run = server.start(server.create(task(activity)))
    yield run, server.get("GetActivityTask", activityArn=activity)["taskToken"]
    server.ask("StopExecution", executionArn=run)


def test_guessing_a_token(server, open_task):
    run, token = open_task
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    guesses = [
        token[:-1],
        token + "A",
        token.lower(),
        "A" * len(token),
        " " + token,
        token + "\0",
        "é" * 100,
        "x" * 2_048,
    ]
    for place in range(len(raw)):
        flipped = bytes([*raw[:place], raw[place] ^ (1 << place % 8), *raw[place + 1 :]])
        guesses.append(base64.urlsafe_b64encode(flipped).decode().rstrip("="))
    for guess in guesses:
        if guess != token:
            refused = server.ask("SendTaskSuccess", taskToken=guess, output="{}")
            assert (refused.code, refused.message) == ("InvalidToken", "Invalid Token: 'Invalid token'"), guess
    assert server.ask("SendTaskSuccess", taskToken="x" * 2_049, output="{}").code == "ValidationException"
    assert server.describe(run)["status"] == "RUNNING"
    strangers = server.client(access_key="111122223333")
    with pytest.raises(strangers.exceptions.InvalidToken):
        strangers.send_task_success(taskToken=token, output="{}")
    assert server.ask("SendTaskSuccess", taskToken=token, output="1").status == 200


@pytest.mark.parametrize("text", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS.keys())
def test_a_hostile_output(server, open_task, text):
    run, token = open_task
    assert server.ask("SendTaskSuccess", taskToken=token, output=text).code == "InvalidOutput"
    assert server.describe(run)["status"] == "RUNNING"


def test_an_output_at_its_limit_and_one_byte_beyond(server, open_task):
    run, token = open_task
    refused = server.ask("SendTaskSuccess", taskToken=token, output=quoted(PAYLOAD + 1))
    assert refused.code == "ValidationException"
    wide = '"' + "é" * 131_072 + '"'
    assert server.ask("SendTaskSuccess", taskToken=token, output=wide).code == "InvalidOutput"
    assert server.ask("SendTaskSuccess", taskToken=token, output=quoted(PAYLOAD)).status == 200
    assert server.ended(run)["output"] == quoted(PAYLOAD)


@pytest.mark.parametrize(
    "error, cause",
    [
        ("e" * 256, "c" * 32_768),
        ("é" * 256, "😀" * 32_768),
        ("\0", "\0" * 100),
        ("", ""),
        ("\x1b[31m", "a\r\nb"),
        ("States.Runtime", "not ours"),
    ],
    ids=["limit", "wide", "NUL", "empty", "control", "reserved"],
)
def test_an_odd_failure_is_kept(server, open_task, error, cause):
    run, token = open_task
    server.get("SendTaskFailure", taskToken=token, error=error, cause=cause)
    ended = server.ended(run)
    assert (ended["status"], ended.get("error"), ended.get("cause")) == ("FAILED", error, cause)


def test_a_failure_one_character_too_long(server, open_task):
    run, token = open_task
    for members in ({"error": "e" * 257}, {"cause": "c" * 32_769}):
        assert server.ask("SendTaskFailure", taskToken=token, **members).code == "ValidationException"
        assert server.ask("StopExecution", executionArn=run, **members).code == "ValidationException"
    assert server.describe(run)["status"] == "RUNNING"
