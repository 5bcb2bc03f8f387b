"""Whatever is asked for, in the model's own terms or beyond them: no answer is a fault of the server.

Requests are made from the service model, of values that it allows and, now and then, of others; names, ARNs and tokens
come from a small pool of things that are there, were there, or never were.
"""

import json
import logging
import re

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepwell.api.codec import snake_name
from stepwell.operations import OPERATIONS
from tests.server.inside import Inside
from tests.server.machines import choosing, looping, machine, mapping, parallel, passing, task
from tests.server.outside import ROLE

MODEL = botocore.session.get_session().get_service_model("stepfunctions")
FRAMEWORK = {"ValidationException", "SerializationException", "AccessDeniedException"}
NAMES = [f"thing-{number}" for number in range(6)]
PREFIX = "arn:aws:states:us-east-1:000000000000"
MACHINES = [f"{PREFIX}:stateMachine:{name}" for name in NAMES]
ACTIVITIES = [f"{PREFIX}:activity:{name}" for name in NAMES]
QUALIFIED = [f"{machine}{what}" for machine in MACHINES[:2] for what in ("/L", ":1", ":live")]
EXECUTIONS = [f"{PREFIX}:execution:{machine}:{name}" for machine in NAMES for name in NAMES]
NAP = machine(Nap={"Type": "Wait", "Seconds": 1_000_000, "End": True})
DEFINITIONS = [
    *(passing(), NAP, looping(Parameters={"v.$": "$"}), choosing({"Variable": "$.a", "IsNull": True})),
    *(mapping(passing(), ItemsPath="$.items"), parallel(passing(), NAP), task(ACTIVITIES[0], HeartbeatSeconds=99)),
    task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": MACHINES[0], "Input.$": "$"}),
    task("arn:aws:states:::states:startExecution.waitForTaskToken", Parameters={"StateMachineArn": MACHINES[1]}),
    mapping({**passing(), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}, Label="L"),
]
TEXTS = st.text(st.characters(exclude_categories=()), max_size=30)
RARE = {"nextToken", "publish", "versionDescription", "mapRunArn", "redriveFilter", "traceHeader", "tags"}
RARE |= {"encryptionConfiguration", "loggingConfiguration", "tracingConfiguration"}
"""Members that few requests bring, since most of their values are refused, whatever else is asked for."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
TOKENS: list[str] = ["", "x", "AAAA"]
"""Task tokens and page tokens that answers have brought."""
TOKEN = re.compile(rb"@token(\d\d)@")
"""Stands in a request for one of them, since what is drawn must not depend on what was answered."""


def token():
    return st.integers(0, 39).map(lambda number: f"@token{number:02}@")


KNOWN = {
    "name": st.sampled_from(NAMES),
    "definition": st.sampled_from(DEFINITIONS).map(json.dumps),
    "roleArn": st.just(ROLE),
    "stateMachineArn": st.sampled_from(MACHINES + QUALIFIED),
    "activityArn": st.sampled_from(ACTIVITIES),
    "executionArn": st.sampled_from(EXECUTIONS),
    "resourceArn": st.sampled_from(MACHINES + ACTIVITIES),
    "taskToken": token(),
    "nextToken": token(),
    "input": JSON.map(json.dumps),
    "output": JSON.map(json.dumps),
}


def legal(shape, name=None):
    """A strategy for values that the model allows at this place."""
    if name in KNOWN:
        return KNOWN[name]
    if shape.type_name == "structure":
        required = {key: legal(member, key) for key, member in shape.members.items() if key in shape.required_members}
        optional = {key: legal(member, key) for key, member in shape.members.items() if key not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if shape.type_name == "list":
        return st.lists(legal(shape.member), max_size=4)
    if shape.type_name in ("integer", "long"):
        return st.integers(shape.metadata.get("min", -3), min(shape.metadata.get("max", 2_000), 2_000))
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name != "string":
        return st.floats(0, 1e10)
    if shape.enum:
        return st.sampled_from(shape.enum)
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 20)
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=max(least, min(most, 20)))


ILLEGAL = JSON | st.sampled_from(
    ["x" * 300, "x" * 300_000, "\ud800", "\0", 2**80, -1, 1e308, [], {}, [[]] * 60, "arn:aws:"]
)


@st.composite
def requests(draw):
    """An operation and a body for it."""
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    members = draw(legal(MODEL.operation_model(name).input_shape))
    how = draw(st.integers(0, 9))
    if how < 8:
        members = {name: value for name, value in members.items() if name not in RARE}
    if how == 0 and members:
        members[draw(st.sampled_from(sorted(members)))] = draw(ILLEGAL)
    elif how == 1 and members:
        del members[draw(st.sampled_from(sorted(members)))]
    elif how == 2:
        members[draw(TEXTS)] = draw(ILLEGAL)
    body = json.dumps(members).encode()
    if how == 3:
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(st.binary(max_size=3)) + body[place + draw(st.integers(0, 3)) :]
    return name, body


def learn(body):
    """Remember tokens that may be used in later requests."""
    TOKENS.extend(body[member] for member in ("taskToken", "nextToken") if body.get(member))
    del TOKENS[:-200]


@pytest.fixture(scope="module")
def started():
    # A synchronous execution answers at its end: those that wait for ever get a second instead of five minutes.
    with Inside(activity_poll_s=0.0, page_items_default=3, express_s_max=1) as server:
        yield server


def check(server, request):
    operation, body = request
    body = TOKEN.sub(lambda found: TOKENS[-1 - int(found[1]) % len(TOKENS)].encode(), body)
    answer = server.post(operation, body)
    if answer.code is None:
        learn(answer.body)
        return
    modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    assert answer.status == 400, answer
    assert answer.code in modelled | FRAMEWORK, answer
    assert answer.message, answer


def settled(count):
    return settings(max_examples=count, suppress_health_check=list(HealthCheck), deadline=None)


@settled(500)
@given(request=requests())
def check_500(server, request):
    check(server, request)


@settled(20_000)
@given(request=requests())
def check_20_000(server, request):
    check(server, request)


def no_fault(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_requests_of_all_kinds(started, caplog):
    check_500(started)
    assert not no_fault(caplog)
    assert started.get("ValidateStateMachineDefinition", definition="{}")["result"] == "FAIL"


@pytest.mark.proof
@pytest.mark.timeout(3_000)
def test_very_many_requests_of_all_kinds(started, caplog):
    check_20_000(started)
    assert not no_fault(caplog)


def test_all_operations_are_meant():
    assert {snake_name(name) for name in OPERATIONS} == {snake_name(name) for name in MODEL.operation_names}
