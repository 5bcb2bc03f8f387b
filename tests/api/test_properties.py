"""Whatever members a client sends: an answer or a named error, never a fault of ours."""

import asyncio
import string

import botocore.session
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stepwell.api import make_app
from stepwell.api.codec import snake_name

MODEL = botocore.session.get_session().get_service_model("stepfunctions")
NAMES = sorted(MODEL.operation_names)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


def legal(shape):
    """Values that keep all of a shape's constraints."""
    if shape.type_name == "structure":
        needed = {key: legal(member) for key, member in shape.members.items() if key in shape.required_members}
        rest = {key: legal(member) for key, member in shape.members.items() if key not in needed}
        return st.fixed_dictionaries(needed, optional=rest)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if shape.type_name == "list":
        return st.lists(legal(shape.member), min_size=low, max_size=min(high or 3, 3))
    if shape.type_name == "string":
        if shape.enum:
            return st.sampled_from(shape.enum)
        if "pattern" in shape.metadata:
            return st.text(string.ascii_letters, min_size=max(low, 1), max_size=min(high or 30, 30))
        return st.text(st.characters(exclude_categories=["Cs"]), min_size=low, max_size=min(high or 30, 30))
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "float":
        return st.floats(low, high or 1e6)
    return st.integers(low, high or 2**31 - 1)


def spoiled(shape):
    """Values of which any part may have a wrong type, be null, too long, too large or strange."""
    wild = any_json | st.just("x" * 3_000) | st.integers(-5, 2_000)
    if shape.type_name == "structure":
        members = {key: spoiled(member) for key, member in shape.members.items()}
        return wild | st.fixed_dictionaries({}, optional={**members, "stranger": any_json})
    if shape.type_name == "list":
        return wild | st.lists(spoiled(shape.member), max_size=4)
    return wild | legal(shape) | st.none()


def ask(name, body):
    seen, sent = [], []

    async def dispatch(caller, called, members):
        seen.append(members)
        return {}

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    headers = [
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"x-amz-target", f"AWSStepFunctions.{name}".encode()),
        (b"authorization", body[:50]),
    ]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    asyncio.run(make_app(dispatch)(scope, receive, send))
    return sent[0]["status"], orjson.loads(sent[1]["body"]), seen


def snaked(shape, value):
    if shape.type_name == "structure":
        return {snake_name(key): snaked(shape.members[key], member) for key, member in value.items()}
    return [snaked(shape.member, item) for item in value] if shape.type_name == "list" else value


@pytest.mark.parametrize("name", NAMES)
@SLOW
@given(data=st.data())
def test_legal_members_arrive_whole(name, data):
    shape = MODEL.operation_model(name).input_shape
    members = data.draw(legal(shape))
    status, body, seen = ask(name, orjson.dumps(members))
    assert (status, body) == (200, {})
    assert seen == [snaked(shape, members)]


@pytest.mark.parametrize("name", NAMES)
@SLOW
@given(data=st.data())
def test_illegal_members_get_a_named_error(name, data):
    value = data.draw(spoiled(MODEL.operation_model(name).input_shape))
    try:
        raw = orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits
        raw = repr(value).encode()
    status, body, seen = ask(name, raw)
    if status == 200:
        assert len(seen) == 1
    else:
        assert status == 400
        assert seen == []
        assert body["__type"].partition("#")[2] in ("ValidationException", "SerializationException")
        assert body["message"]


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes(body):
    status, answer, _ = ask("StartExecution", body)
    assert status == 400
    assert answer["__type"]
