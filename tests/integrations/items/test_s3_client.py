"""In whose name items are read and results written: the server's, or the role's of the state machine."""

import pytest

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.items import ObjectError, S3Buckets, S3Client
from tests.integrations.fake_aws import fake_aws
from tests.integrations.test_aws_roles import MACHINE, Sts, key_of, no_configuration

__all__ = ["no_configuration"]  # a fixture that all tests here want as well
SOMEBODY = Principal("eu-west-1", "123456789012", MACHINE)


class SideBySide(Sts):
    """STS, and a bucket that remembers who asked."""

    def __init__(self, **options):
        super().__init__(**options)
        self.keys = []

    def __call__(self, asked):
        if asked.method == "POST":
            return super().__call__(asked)
        self.keys.append((asked.method, key_of(asked), asked.headers.get("X-Amz-Security-Token")))
        return 200, {"ETag": '"e"'}, b"[1]"


async def read(service, *, assume, of=SOMEBODY):
    """An object read and another one written; who asked for it."""
    async with fake_aws(service) as fake:
        caller = AwsCaller({**fake.environment, "AWS_ENDPOINT_URL": fake.url}, assume=True)
        buckets = S3Buckets(S3Client("eu-west-1", fake.url, pause_s=0.001, roles=caller if assume else None))
        bucket = (buckets if of is None else buckets.of(of)).bucket("b")
        try:
            opened = await bucket.open("key")
            assert b"".join([chunk async for chunk in opened.chunks()]) == b"[1]"
            await bucket.put("other", b"2")
        finally:
            await buckets.close()
            await caller.close()
    return service.keys


async def test_in_the_name_of_the_machines_role():
    service = SideBySide()
    assert await read(service, assume=True) == [
        ("GET", "ASIA-machine", "t-machine"),
        ("PUT", "ASIA-machine", "t-machine"),
    ]
    assert [role for _, role, _ in service.assumed] == [MACHINE]


@pytest.mark.parametrize("assume, of", [(False, SOMEBODY), (True, None)])
async def test_in_the_servers_own_name(assume, of):
    service = SideBySide()
    assert await read(service, assume=assume, of=of) == [("GET", "000000000000", None), ("PUT", "000000000000", None)]
    assert service.assumed == []


async def test_a_role_that_must_not_be_assumed():
    with pytest.raises(ObjectError, match="is not authorized to assume the provided role") as refused:
        await read(SideBySide(denied=(MACHINE,)), assume=True)
    assert refused.value.code == "AccessDenied"


async def test_a_session_is_renewed_before_it_ends():
    service = SideBySide(life_s=30)
    await read(service, assume=True)
    assert len(service.assumed) == 2
