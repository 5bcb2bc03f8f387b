"""Tokens by client credentials, from an endpoint of our own."""

import asyncio
from urllib.parse import parse_qsl

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.http.connection import Additions, OAuth
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.http.oauth import Tokens
from tests.integrations.fake_aws import fake_aws

INVALID = "Events.ConnectionResource.InvalidConnectionState"
TOKEN = (200, {}, b'{"access_token":"t-1","token_type":"bearer","expires_in":3600}')


class Asking:
    def __init__(self, fake, **more):
        more = {"method": "POST", "client_id": "me", "client_secret": "hush", **more}
        self.oauth = OAuth(f"{fake.url}/token", **more)
        self.egress = Egress(read_networks("127.0.0.1"))
        self.tokens = Tokens(self.egress)

    async def get(self, key="k"):
        return await self.tokens.get(key, self.oauth)


async def once(answer, **more):
    async with fake_aws(answer) as fake:
        asking = Asking(fake, **more)
        token = await asking.get()
        await asking.egress.close()
    return token, fake.asked


async def test_the_form():
    token, [asked] = await once(TOKEN, additions=Additions({"X-A": "b"}, {"q": "1"}, {"scope": "pay now"}))
    assert token == "t-1"
    assert (asked.method, asked.path) == ("POST", "/token?q=1")
    assert parse_qsl(asked.body.decode()) == [
        ("grant_type", "client_credentials"),
        ("scope", "pay now"),
        ("client_secret", "hush"),
        ("client_id", "me"),
    ]
    assert asked.headers["X-A"] == "b"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_a_grant_type_of_the_connections_own_stays():
    _, [asked] = await once(TOKEN, additions=Additions(body={"grant_type": "other"}))
    assert parse_qsl(asked.body.decode())[0] == ("grant_type", "other")


async def test_get_asks_in_the_query():
    _, [asked] = await once(TOKEN, method="GET")
    assert asked.body == b""
    assert asked.path == "/token?grant_type=client_credentials&client_secret=hush&client_id=me"


@pytest.mark.parametrize(
    "answer",
    [
        *((401, {}, b'{"error":"hush is wrong"}'), (200, {}, b"hush"), (200, {}, b"{}"), (200, {}, b"[]")),
        *((302, {"Location": "/"}, b""), (200, {}, b'{"access_token":"a\\nb"}'), (200, {}, b'{"access_token":1}')),
    ],
)
async def test_no_token(answer):
    failed, _ = await once(answer)
    assert failed == Failure(INVALID, f"The authorization endpoint gave no token (status {answer[0]}).")


async def test_an_endpoint_that_must_not_be_called():
    async with fake_aws(TOKEN) as fake:
        tokens = Tokens(Egress())
        failed = await tokens.get("k", OAuth(fake.url, "POST", "me", "hush"))
    assert isinstance(failed, Failure) and failed.error == INVALID
    assert fake.asked == []
    assert "hush" not in (failed.cause or "")
    refused = await tokens.get("k2", OAuth(fake.url, "DELETE", "me", "hush"))
    assert isinstance(refused, Failure)


async def test_a_token_is_asked_for_once_and_kept_apart_from_others():
    async with fake_aws(TOKEN) as fake:
        asking = Asking(fake)
        assert set(await asyncio.gather(*(asking.get() for _ in range(20)))) == {"t-1"}
        assert len(fake.asked) == 1
        await asking.get("another")
        assert len(fake.asked) == 2
        asking.tokens.drop("k")
        await asking.get()
        assert len(fake.asked) == 3
        await asking.egress.close()


async def test_a_token_that_has_expired_is_replaced(monkeypatch):
    loop = asyncio.get_running_loop()
    async with fake_aws(TOKEN) as fake:
        asking = Asking(fake)
        await asking.get()
        later = loop.time() + 3600 - 29
        monkeypatch.setattr("stepwell.integrations.http.oauth._now_s", lambda: later)
        await asking.get()
        assert len(fake.asked) == 2
        await asking.egress.close()


async def test_a_failure_is_not_kept():
    async with fake_aws((500, {}, b""), TOKEN) as fake:
        asking = Asking(fake)
        assert isinstance(await asking.get(), Failure)
        assert await asking.get() == "t-1"
        await asking.egress.close()
