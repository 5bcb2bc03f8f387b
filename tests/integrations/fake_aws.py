"""An HTTP server that stands for AWS: answers in turn what it was given, and remembers what was asked."""

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

TLS = Path(__file__).parent / "tls"


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
async def fake_aws(*answers, tls=False):
    """`tls`: over https, vouched for by the certificate that lies in `tls/` for tests."""
    fake = FakeAws(list(answers))
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    application = web.Application(client_max_size=0)
    application.router.add_route("*", "/{anything:.*}", fake.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    fake.url = f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
