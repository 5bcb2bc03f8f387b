"""Tags of state machines and activities."""

import pytest

from tests.operations.conftest import PREFIX, Server

MACHINE, ACTIVITY = f"{PREFIX}:stateMachine:m", f"{PREFIX}:activity:a"


@pytest.fixture
async def things(server: Server) -> Server:
    await server.machine(tags=[{"key": "first", "value": ""}])
    await server("CreateActivity", name="a", tags=[{"key": "first", "value": ""}])
    return server


async def tags(server: Server, arn: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in (await server("ListTagsForResource", resourceArn=arn))["tags"]}


@pytest.mark.parametrize("arn", [MACHINE, ACTIVITY])
async def test_tags_come_and_go(things: Server, arn):
    assert await tags(things, arn) == {"first": ""}
    await things("TagResource", resourceArn=arn, tags=[{"key": "k", "value": "1"}, {"key": "K", "value": "2"}])
    await things("TagResource", resourceArn=arn, tags=[{"key": "k", "value": "3"}])
    assert await tags(things, arn) == {"first": "", "k": "3", "K": "2"}
    await things("UntagResource", resourceArn=arn, tagKeys=["k", "never"])
    assert await tags(things, arn) == {"first": "", "K": "2"}


@pytest.mark.parametrize(
    "arn", [f"{MACHINE}:1", f"{MACHINE}:live", f"{PREFIX}:stateMachine:x", f"{PREFIX}:activity:x", f"{MACHINE[:-1]}é"]
)
async def test_what_has_no_tags(things: Server, arn):
    expected = ("ResourceNotFound", f"Resource not found: '{arn}'")
    assert await things.refusal("TagResource", resourceArn=arn, tags=[]) == expected
    assert await things.refusal("UntagResource", resourceArn=arn, tagKeys=[]) == expected


async def test_a_version_lists_no_tags(things: Server):
    assert await tags(things, f"{MACHINE}:1") == {}


async def test_others_do_not_see_the_thing(things: Server):
    expected = ("ResourceNotFound", f"Resource not found: '{MACHINE}'")
    assert await things.refusal("ListTagsForResource", resourceArn=MACHINE, account="999999999999") == expected


async def test_fifty_are_enough(things: Server):
    given = [{"key": f"k{i}", "value": "v"} for i in range(49)]
    await things("TagResource", resourceArn=MACHINE, tags=given)
    await things("TagResource", resourceArn=MACHINE, tags=given)
    code, _ = await things.refusal("TagResource", resourceArn=MACHINE, tags=[{"key": "more", "value": ""}])
    assert code == "TooManyTags"
    assert len(await tags(things, MACHINE)) == 50


@pytest.mark.parametrize("key", ["aws:cloudformation", "AWS:x"])
async def test_reserved_keys(things: Server, key):
    expected = ("AccessDeniedException", "Caller is an end user and not allowed to mutate system tags")
    assert await things.refusal("TagResource", resourceArn=MACHINE, tags=[{"key": key, "value": ""}]) == expected
    assert await things.refusal("UntagResource", resourceArn=MACHINE, tagKeys=[key]) == expected


async def test_a_tag_needs_a_key(things: Server):
    assert (await things.refusal("TagResource", resourceArn=MACHINE, tags=[{"value": "v"}]))[0] == "ValidationException"
