"""An HTTP server that stands for AWS: answers in turn what it was given, and remembers what was asked."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeAws:
    """`answers` is a list of (status, headers, body) or functions of an `Asked` that give one; the last one stays."""

    answers: list = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    @property
    def environment(self):
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        return {"AWS_ENDPOINT_URL": self.url, **keys}

    async def answer(self, request):
        asked = Asked(request.method, request.raw_path, dict(request.headers), await request.read())
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, headers, body = answer(asked) if callable(answer) else answer
        return web.Response(status=status, headers=headers, body=body)


@asynccontextmanager
async def fake_aws(*answers):
    fake = FakeAws(list(answers))
    application = web.Application(client_max_size=0)
    application.router.add_route("*", "/{anything:.*}", fake.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
