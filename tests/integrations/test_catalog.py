"""Optimized integrations: the descriptions against the models, and each pattern against a server of our own."""

import functools
import json

import pytest

from stepwell.asl.resource import PATTERNS
from stepwell.engine.failure import Failure
from stepwell.integrations import aws_shapes, catalog
from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.aws_tasks import OPTIMIZED, AwsTasks
from stepwell.integrations.base import Registry, UnknownIntegration
from stepwell.integrations.catalog_services import SERVICES
from stepwell.integrations.polling import Pace
from stepwell.payload import Payload
from tests.integrations.fake_aws import fake_aws
from tests.integrations.fakes import a_call

JSON = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "id-1"}
ALL = [(service, action) for service in SERVICES for action in service.actions]
JOBS = [(service, action) for service, action in ALL if action.sync is not None]
IDS = [f"{service.name}:{action.name}" for service, action in ALL]
JOB_IDS = [f"{service.name}:{action.name}" for service, action in JOBS]
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"


ELSEWHERE = {("eks", "call"), ("eks", "runJob")}  # Kubernetes' API: no model of AWS's


def a_model(service, action=None):
    return _model((action and action.model) or service.model)


@functools.lru_cache(8)  # tests of one service come one after the other
def _model(name):
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def found_by(name):
    return next((service, action) for service, action in ALL if f"{service.name}:{action.name}" == name)


class Peer:
    """One action before a fake service; polls do not wait."""

    def __init__(self, fake, name, pattern=""):
        async def at_once(delay_s):
            self.delays_s.append(delay_s)

        service, action = found_by(name)
        self.delays_s = []
        self.caller = AwsCaller(fake.environment)
        make = action.make or catalog.OptimizedAction
        self.task = make(self.caller, service, action, Pace(sleep=at_once))
        self.name, self.pattern = (service.name, action.name), pattern

    def call(self, parameters):
        return a_call(*self.name, parameters, pattern=self.pattern)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *what):
        await self.caller.close()


async def perform(answer, name, parameters, pattern=""):
    async with fake_aws(answer) as fake, Peer(fake, name, pattern) as peer:
        outcome = await peer.task.perform(peer.call(parameters))
    sent = json.loads(fake.asked[0].body) if fake.asked and fake.asked[0].body[:1] == b"{" else None
    return (outcome if isinstance(outcome, Failure) else outcome.value), sent


# --- descriptions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service, action", ALL, ids=IDS)
def test_a_description_fits_the_language_and_the_model(service, action):
    operation = a_model(service, action).operation_model(action.operation)
    assert ("sync" in PATTERNS[service.name, action.name]) is (action.sync is not None)
    assert set(action.texts) <= names_within(operation.input_shape)
    assert not action.repeatable or operation.idempotent_members or not action.name.startswith(("create", "put"))


def names_within(shape, above=()):
    if shape.name in above:
        return set()
    if shape.type_name == "structure":
        inner = [names_within(member, (*above, shape.name)) for member in shape.members.values()]
        return {aws_shapes.upper_first(name) for name in shape.members}.union(*inner)
    return names_within(shape.member, above) if shape.type_name == "list" else set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_action_of_a_described_service_is_described(service):
    wanted = {action for name, action in PATTERNS if name == service.name and (name, action) not in ELSEWHERE}
    assert {action.name for action in service.actions} == wanted


A_JOB = catalog.Job(
    {"Cluster": "c", **{f"{kind}Name": "n" for kind in ("TrainingJob", "Endpoint", "TransformJob", "ProcessingJob")}}
    | {"HyperParameterTuningJobName": "n", "LabelingJobName": "n", "Name": "n", "ClusterName": "c", "ClusterId": "c"}
    | {"NodegroupName": "n", "FargateProfileName": "f"},
    {"Tasks": [{"TaskArn": "t"}], "JobId": "j", "JobName": "g", "JobRunId": "r", "QueryExecutionId": "q"}
    | {"Build": {"Id": "b"}, "BuildBatch": {"Id": "b"}, "Job": {"Id": "j"}, "JobArn": "a", "RunId": "r", "Id": "i"}
    | {"VirtualClusterId": "v", "ApplicationId": "a", "ClusterId": "c", "StepId": "s"},
)


@pytest.mark.parametrize("service, action", JOBS, ids=JOB_IDS)
def test_what_is_asked_about_a_job_fits_the_model(service, action):
    spelling = aws_shapes.Spelling(aws_shapes.upper_first)
    for ask in (action.sync.poll, action.sync.cancel):
        if ask is not None:
            operation = a_model(service).operation_model(ask.operation)
            assert aws_shapes.faults(operation, ask.members(A_JOB), spelling) == []
            assert None not in ask.members(A_JOB).values()


@pytest.mark.parametrize("service, action", JOBS, ids=JOB_IDS)
def test_the_statuses_of_a_job_are_the_models(service, action):
    sync = action.sync
    shape = a_model(service).operation_model(sync.poll.operation).output_shape
    enums = texts_of(shape, sync.status.split(".")[-1])
    assert not enums or (sync.done | sync.failed) <= enums


def texts_of(shape, name, above=()):
    if shape.name in above:
        return set()
    if shape.type_name == "list":
        return texts_of(shape.member, name, above)
    if shape.type_name != "structure":
        return set()
    found = set()
    for member, inner in shape.members.items():
        if aws_shapes.upper_first(member) == name:
            found |= set(getattr(inner, "enum", ()))
        found |= texts_of(inner, name, (*above, shape.name))
    return found


def test_they_are_registered_by_action():
    assert tuple(service.name for service in SERVICES) == OPTIMIZED
    registry = Registry(list)
    AwsTasks().register(registry)
    assert registry.find("dynamodb", "getItem").is_repeatable("getItem")
    assert not registry.find("sqs", "sendMessage").is_repeatable("sendMessage")
    with pytest.raises(UnknownIntegration):
        registry.find("dynamodb", "scan")


# --- request-response -------------------------------------------------------------------------------------------------


async def test_a_message_may_be_any_json_and_the_result_shows_the_calls_metadata():
    body = b'{"MD5OfMessageBody":"m","MessageId":"i"}'
    parameters = {"QueueUrl": QUEUE, "MessageBody": {"a": ["\u00fc", 1]}}
    result, sent = await perform((200, JSON, body), "sqs:sendMessage", parameters)
    assert sent == {"QueueUrl": QUEUE, "MessageBody": '{"a":["\u00fc",1]}'}
    metadata = result.pop("SdkHttpMetadata")
    assert metadata["HttpStatusCode"] == 200
    assert metadata["AllHttpHeaders"]["x-amzn-RequestId"] == [metadata["HttpHeaders"]["x-amzn-RequestId"]] == ["id-1"]
    assert result == {"MD5OfMessageBody": "m", "MessageId": "i", "SdkResponseMetadata": {"RequestId": "id-1"}}


async def test_the_error_of_a_query_code():
    headers = {**JSON, "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}
    body = b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}'
    failed, _ = await perform((400, headers, body), "sqs:sendMessage", {"QueueUrl": QUEUE, "MessageBody": "x"})
    assert failed.error == "SQS.QueueDoesNotExistException"
    assert failed.cause.startswith("no queue (Service: AmazonSQS; Status Code: 400; Error Code: ")
    assert failed.cause.endswith("; Request ID: id-1; Proxy: null)")


async def test_an_error_without_a_model():
    body = b'{"__type":"com.amazon.coral.validate#ValidationException","message":"wrong"}'
    failed, _ = await perform((400, JSON, body), "dynamodb:getItem", {"TableName": "t", "Key": {"id": {"S": "a"}}})
    text = "wrong (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: id-1; "
    assert failed == Failure("DynamoDB.AmazonDynamoDBException", f"{text}Proxy: null)")


@pytest.mark.parametrize(
    "url, configured, expected",
    [
        (QUEUE, None, "https://sqs.us-east-1.amazonaws.com"),
        (QUEUE, "http://emulator:1", None),
        ("http://other:4566/000000000000/q.fifo", "http://emulator:1", None),
        ("q", None, None),
        ("http://no-such-queue", None, "no-such-queue"),
        ("http://no-such-queue", "http://emulator:1", "no-such-queue"),
        ("https://169.254.169.254/latest/meta-data", None, "169.254.169.254"),
        ("https://sqs.us-east-1.amazonaws.com.evil.example/1/q", None, "sqs.us-east-1.amazonaws.com.evil.example"),
        ("https://user@sqs.us-east-1.amazonaws.com:22/1/q", None, "sqs.us-east-1.amazonaws.com"),
        ("http://sqs.us-east-1.amazonaws.com/1/q", None, "sqs.us-east-1.amazonaws.com"),
    ],
)
def test_the_host_of_a_queue(url, configured, expected):
    found = found_by("sqs:sendMessage")[0].endpoint({"QueueUrl": url}, configured)
    if isinstance(found, Failure):
        text = f"Unable to execute HTTP request: {expected}: Name or service not known"
        assert found == Failure("SQS.SdkClientException", text)
    else:
        assert found == expected


async def test_events_carry_their_origin_and_one_that_fails_is_a_failure():
    entry = {"Detail": {"a": 1}, "DetailType": "t", "Source": "s", "Resources": ["mine"]}
    body = b'{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}'
    result, sent = await perform((200, JSON, body), "events:putEvents", {"Entries": [entry]})
    assert result == {"Entries": [{"EventId": "e"}], "FailedEntryCount": 0}
    call = a_call("events", "putEvents", {})
    assert sent["Entries"][0]["Resources"] == ["mine", call.execution_arn, call.machine_arn]
    assert sent["Entries"][0]["Detail"] == '{"a":1}'
    body = b'{"FailedEntryCount":1,"Entries":[{"ErrorCode":"c"}]}'
    failed, _ = await perform((200, JSON, body), "events:putEvents", {"Entries": [entry]})
    assert failed == Failure("EventBridge.FailedEntry", '{"Entries":[{"ErrorCode":"c"}],"FailedEntryCount":1}')


@pytest.mark.parametrize(
    "given, word", [({}, "required"), ({"QueueUrl": QUEUE, "MessageBody": "m", "X": 1}, "not supp")]
)
async def test_parameters_at_fault_are_not_sent(given, word):
    failed, sent = await perform((200, JSON, b"{}"), "sqs:sendMessage", given)
    assert (failed.error, word in failed.cause, sent) == ("States.Runtime", True, None)


async def test_nobody_there():
    async with fake_aws((200, JSON, b"{}")) as fake:
        fake.url = "http://127.0.0.1:1"
        async with Peer(fake, "sns:publish") as peer:
            failed = await peer.task.perform(peer.call({"Message": "m", "TopicArn": "t"}))
    assert failed.error == "SNS.SdkClientException"
    assert "Connection refused" in failed.cause


# --- jobs -------------------------------------------------------------------------------------------------------------


def a_task(status, exit_code=None):
    container = {"name": "c", "exitCode": exit_code} if exit_code is not None else {"name": "c"}
    return json.dumps({"tasks": [{"taskArn": "t", "lastStatus": status, "containers": [container]}]}).encode()


SUBMITTED = Payload.of({"Tasks": [{"TaskArn": "t"}]})
RUN = {"TaskDefinition": "d", "Cluster": "c"}


async def watch(*answers):
    given = [answer if isinstance(answer, tuple) else (200, JSON, answer) for answer in answers]
    async with fake_aws(*given) as fake, Peer(fake, "ecs:runTask", "sync") as peer:
        outcome = await peer.task.watch(peer.call(RUN), SUBMITTED)
    return outcome, fake, peer


async def test_a_job_is_watched_to_its_end():
    outcome, fake, peer = await watch(a_task("PENDING"), a_task("RUNNING"), a_task("STOPPED", 0))
    task = {"Containers": [{"ExitCode": 0, "Name": "c"}], "LastStatus": "STOPPED", "TaskArn": "t"}
    assert outcome.value == task
    assert json.loads(fake.asked[-1].body) == {"cluster": "c", "tasks": ["t"]}
    assert peer.delays_s[0] < peer.delays_s[2]


async def test_a_job_that_failed():
    outcome, _, _ = await watch(a_task("STOPPED", 1))
    assert outcome.error == "States.TaskFailed"
    assert json.loads(outcome.cause)["Containers"][0]["ExitCode"] == 1


async def test_a_task_that_never_ran_has_failed():
    outcome, _, _ = await watch(b'{"tasks":[{"taskArn":"t","lastStatus":"STOPPED","containers":[]}]}')
    assert outcome.error == "States.TaskFailed"


async def test_a_busy_service_is_asked_again():
    throttled = (400, JSON, b'{"__type":"ThrottlingException","message":"Rate exceeded"}')
    broken = (503, {}, b"<html>")
    outcome, fake, _ = await watch(*[throttled, broken] * 6, a_task("STOPPED", 0))
    assert outcome.value["LastStatus"] == "STOPPED"
    assert len(fake.asked) == 13


async def test_a_job_that_is_not_known_yet_is_given_time():
    outcome, _, _ = await watch(b'{"tasks":[]}', b'{"tasks":[]}', a_task("STOPPED", 0))
    assert outcome.value["LastStatus"] == "STOPPED"
    lost, fake, _ = await watch(b'{"tasks":[]}')
    assert (lost.error, len(fake.asked)) == ("States.TaskFailed", 5)


async def test_a_refusal_that_stays_is_a_failure():
    denied = (400, JSON, b'{"__type":"AccessDeniedException","message":"no"}')
    lost, _, _ = await watch(denied)
    assert lost.error == "ECS.AccessDeniedException"


async def test_a_job_is_cancelled_only_where_it_was_waited_for():
    async with fake_aws((200, JSON, b"{}")) as fake:
        async with Peer(fake, "ecs:runTask", "sync") as peer:
            await peer.task.cancel(peer.call(RUN), SUBMITTED)
            await peer.task.cancel(peer.call(RUN), None)
        async with Peer(fake, "ecs:runTask") as peer:
            await peer.task.cancel(peer.call(RUN), SUBMITTED)
    assert len(fake.asked) == 1
    assert fake.asked[0].headers["X-Amz-Target"].endswith(".StopTask")
    assert json.loads(fake.asked[0].body) == {"cluster": "c", "task": "t", "reason": "Stopped by the state machine"}


async def test_tasks_that_were_not_placed():
    body = b'{"tasks":[],"failures":[{"reason":"RESOURCE:CPU"}]}'
    failed, sent = await perform((200, JSON, body), "ecs:runTask", RUN, "sync")
    assert failed == Failure("AmazonECS.Unknown", '[{"Reason":"RESOURCE:CPU"}]')
    assert sent["cluster"] == "c"
    result, _ = await perform((200, JSON, body), "ecs:runTask", RUN)
    assert result["Tasks"] == []


async def test_dates_of_optimized_results_are_milliseconds():
    result, _ = await perform((200, JSON, b'{"tasks":[{"createdAt":1700000000.5}]}'), "ecs:runTask", RUN)
    assert result["Tasks"][0]["CreatedAt"] == 1700000000500


async def test_the_jobs_of_a_service_share_a_pace():
    delays_s = []

    async def at_once(delay_s):
        delays_s.append(delay_s)

    pace = Pace(sleep=at_once, first_s=0.0, gap_s=1.0)
    for _ in range(5):
        await pace.pause(0)
    assert [round(delay_s) for delay_s in delays_s] == [0, 1, 2, 3, 4]
