"""Kubernetes inside a cluster: a server of our own, over TLS, with a certificate that nobody else vouches for."""

import asyncio
import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from stepwell.engine.failure import Failure, Unstartable
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.http.egress import Egress, read_networks
from stepwell.integrations.polling import Pace
from stepwell.integrations.services.kubernetes import Cluster, EksCall, EksRunJob
from stepwell.payload import Payload
from tests.integrations.fake_aws import TLS, fake_aws
from tests.integrations.fakes import a_call

JSON = {"Content-Type": "application/json"}
AUTHORITY = base64.b64encode((TLS / "certificate.pem").read_bytes()).decode()
JOB = {"metadata": {"name": "sum"}, "spec": {}}
SUBMITTED = Payload.of({"ResponseBody": {"metadata": {"name": "sum-x"}}, "StatusCode": 201})


class Aws:
    def __init__(self, refusal=...):
        self.refusal = refusal

    async def credentials(self, principal, *, emulated):
        from botocore.credentials import Credentials

        assert not emulated
        return Credentials("AKIA", "s", "t") if self.refusal is ... else self.refusal


class Peer:
    def __init__(self, fake, aws=None, allowed="127.0.0.1"):
        async def at_once(delay_s):
            await asyncio.sleep(0)

        self.egress = Egress(read_networks(allowed))
        cluster = Cluster(self.egress, aws or Aws())
        self.call, self.job = EksCall(cluster), EksRunJob(cluster, Pace(sleep=at_once))
        self.base = {"ClusterName": "c", "CertificateAuthority": AUTHORITY, "Endpoint": fake.url}

    def a_call(self, **more):
        return a_call("eks", "call", {**self.base, "Method": "GET", "Path": "/api", **more})

    def a_job(self, pattern="sync", **more):
        return a_call("eks", "runJob", {**self.base, "Job": JOB, **more}, pattern)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *what):
        await self.egress.close()


async def test_a_request_and_who_makes_it():
    async with fake_aws((200, JSON, b'{"kind":"PodList"}'), tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.call.perform(
            peer.a_call(Method="POST", Path="/api/v1/a b", QueryParameters={"q": ["1", "&"]}, RequestBody={"a": None})
        )
    assert outcome.value == {"ResponseBody": {"kind": "PodList"}, "StatusCode": 200, "StatusText": "OK"}
    [asked] = fake.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/api/v1/a%20b?q=1&q=%26", b'{"a":null}')
    word, token = asked.headers["Authorization"].split()
    assert word == "Bearer"
    assert token.startswith("k8s-aws-v1.")
    text = token.removeprefix("k8s-aws-v1.")
    signed = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = parse_qs(signed.query)
    assert signed.netloc == "sts.us-east-1.amazonaws.com"
    assert query["Action"] == ["GetCallerIdentity"]
    assert "x-k8s-aws-id" in query["X-Amz-SignedHeaders"][0]


async def test_a_refusal_has_the_status_as_its_name():
    async with fake_aws((409, JSON, b'{"reason":"AlreadyExists"}'), tls=True) as fake, Peer(fake) as peer:
        assert await peer.call.perform(peer.a_call()) == Failure("EKS.409", '{"reason":"AlreadyExists"}')


async def test_a_host_that_another_certificate_vouches_for_is_told_nothing():
    other = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").decode()
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.call.perform(peer.a_call(CertificateAuthority=other))
    assert outcome.error == "EKS.SdkClientException"
    assert fake.asked == []


async def test_a_host_that_workflows_may_not_call():
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake, allowed="10.0.0.0/8") as peer:
        outcome = await peer.call.perform(peer.a_call())
    assert outcome.cause.endswith("127.0.0.1 has no address that may be called from here")
    assert fake.asked == []


@pytest.mark.parametrize(
    "refusal, error",
    [(None, "EKS.SdkClientException"), (Refusal("forbidden", "no role"), "States.TaskFailed")],
)
async def test_nobody_to_ask_for(refusal, error):
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake, Aws(refusal)) as peer:
        assert (await peer.call.perform(peer.a_call())).error == error
    assert fake.asked == []


async def test_answers_of_no_use():
    async with fake_aws((200, {}, b"a" * 262_145), tls=True) as fake, Peer(fake) as peer:
        assert (await peer.call.perform(peer.a_call())).error == "States.DataLimitExceeded"
    async with fake_aws((200, {"Content-Encoding": "br"}, b"a"), tls=True) as fake, Peer(fake) as peer:
        assert (await peer.call.perform(peer.a_call())).error == "States.Runtime"


@pytest.mark.parametrize(
    "more, text",
    [
        ({"ClusterName": None}, "The field 'ClusterName' is required but was missing"),
        ({"Path": None}, "The field 'Path' is required but was missing"),
        ({"Pth": "/"}, "The field \"Pth\" is not supported by Step Functions. Did you mean 'Path'?"),
        *(
            ({name: value}, f"The value of the field '{name}' has an invalid format")
            for name, value in {
                "Endpoint": "http://a",
                "CertificateAuthority": "not base 64!",
                "Method": "TRACE",
                "Path": 1,
                "QueryParameters": {"a": "b"},
                "ClusterName": "a\nb",
            }.items()
        ),
    ],
)
async def test_parameters_of_no_use(more, text):
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.call.perform(peer.a_call(**more))
    assert isinstance(outcome, Unstartable)
    assert outcome.cause.endswith(f"[{text}]")
    assert fake.asked == []


@pytest.mark.parametrize(
    "more", [{"Namespace": "../.."}, {"LogOptions": 1}, {"LogOptions": {"LogParameters": {"a": 1}}}, {"Job": "x"}]
)
async def test_jobs_of_no_use(more):
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake) as peer:
        assert isinstance(await peer.job.perform(peer.a_job(**more)), Unstartable)
    assert fake.asked == []


def a_state(*conditions):
    held = [{"type": name, "status": status} for name, status in conditions]
    body = {"metadata": {"name": "sum-x"}, "status": {"conditions": held}}
    return (200, JSON, json.dumps(body).encode())


async def test_a_job_is_made():
    body = b'{"metadata":{"name":"sum-x"}}'
    async with fake_aws((201, JSON, body), tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.job.perform(peer.a_job(Namespace="sums"))
    assert outcome.value["ResponseBody"] == {"metadata": {"name": "sum-x"}}
    [asked] = fake.asked
    assert (asked.method, asked.path) == ("POST", "/apis/batch/v1/namespaces/sums/jobs")
    assert json.loads(asked.body) == JOB


async def test_a_job_is_watched_to_its_end():
    busy, running = (503, {}, b""), (200, JSON, b'{"status":{}}')
    done = a_state(("Complete", "True"))
    async with fake_aws(busy, running, a_state(("Complete", "False")), done, tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.job.watch(peer.a_job(), SUBMITTED)
    assert outcome.value["metadata"]["name"] == "sum-x"
    assert {asked.path for asked in fake.asked} == {"/apis/batch/v1/namespaces/default/jobs/sum-x"}


async def test_a_job_that_failed():
    async with fake_aws(a_state(("Failed", "True")), tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.job.watch(peer.a_job(), SUBMITTED)
    assert outcome.error == "States.TaskFailed"
    assert json.loads(outcome.cause)["metadata"]["name"] == "sum-x"


async def test_a_job_that_is_gone():
    async with fake_aws((404, JSON, b"gone"), tls=True) as fake, Peer(fake) as peer:
        assert await peer.job.watch(peer.a_job(), SUBMITTED) == Failure("EKS.404", "gone")
    assert len(fake.asked) == 5


@pytest.mark.parametrize("raw, log", [(False, {"total": 3}), (True, '{"total":3}')])
async def test_the_logs_of_a_job(raw, log):
    pods = {"items": [{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}]}
    answers = [a_state(("Complete", "True")), (200, JSON, json.dumps(pods).encode()), (200, {}, b'{"total":3}')]
    options = {"RetrieveLogs": True, "RawLogs": raw, "LogParameters": {"tailLines": ["5"]}}
    async with fake_aws(*answers, tls=True) as fake, Peer(fake) as peer:
        outcome = await peer.job.watch(peer.a_job(LogOptions=options), SUBMITTED)
    assert outcome.value["logs"] == {"pods": {"p": {"containers": {"c": {"log": log}}}}}
    assert [asked.path for asked in fake.asked[1:]] == [
        "/api/v1/namespaces/default/pods?labelSelector=job-name%3Dsum-x",
        "/api/v1/namespaces/default/pods/p/log?container=c&tailLines=5",
    ]


async def test_a_job_is_deleted_only_where_it_was_waited_for():
    async with fake_aws((200, JSON, b"{}"), tls=True) as fake, Peer(fake) as peer:
        await peer.job.cancel(peer.a_job(), SUBMITTED)
        await peer.job.cancel(peer.a_job(), None)
        await peer.job.cancel(peer.a_job(pattern=""), SUBMITTED)
        await peer.call.cancel(peer.a_call(), None)
        assert (await peer.call.watch(peer.a_call(), SUBMITTED)).error == "States.Runtime"
    [asked] = fake.asked
    assert (asked.method, asked.path) == (
        "DELETE",
        "/apis/batch/v1/namespaces/default/jobs/sum-x?propagationPolicy=Background",
    )
