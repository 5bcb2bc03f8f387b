"""`batch:submitJob` on this machine, over real processes: results, descriptions, failures, time-outs."""

import asyncio
import json

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.containers.batch import LocalBatch
from stepwell.integrations.containers.cli import ContainerCli
from stepwell.integrations.containers.definitions import Container, JobDefinition
from stepwell.integrations.containers.processes import ProcessRunner
from tests.functions.test_pool import until
from tests.integrations.fakes import ACCOUNT, REGION, a_call

JOBS = {
    "report": JobDefinition(Container("default", "shell", ('echo "Ref::month Ref::none $MANAGED_BY_AWS" > said',))),
    "fails": JobDefinition(Container("default", "shell", ("exit 3",))),
    "third": JobDefinition(Container("default", "shell", ('echo x >> tries; test "$(wc -l < tries)" = 3 || exit 7',))),
    "slow": JobDefinition(Container("default", "shell", ("sleep 60",)), timeout_s=0.3),
}


@pytest.fixture
async def batch(tmp_path):
    runner = ProcessRunner({"shell": ("sh", "-c")}, tmp_path)
    yield LocalBatch(runner, JOBS)
    await runner.close()


def a_job(definition, pattern="sync", **parameters):
    given = {"JobName": "monthly", "JobQueue": "queue", "JobDefinition": definition, **parameters}
    return a_call("batch", "submitJob", given, pattern)


async def run(batch, call):
    submitted = await batch.perform(call)
    assert not isinstance(submitted, Failure), submitted
    return submitted.value, await batch.watch(call, submitted)


async def test_a_job_that_succeeds(batch, tmp_path):
    submitted, outcome = await run(batch, a_job("report:2", Parameters={"month": "may"}))
    assert list(submitted) == ["JobArn", "JobId", "JobName", "SdkHttpMetadata", "SdkResponseMetadata"]
    assert submitted["JobArn"] == f"arn:aws:batch:{REGION}:{ACCOUNT}:job/{submitted['JobId']}"
    assert (tmp_path / "said").read_text() == "may Ref::none STARTED_BY_STEP_FUNCTIONS\n"
    job = outcome.value
    assert (job["Status"], job["JobId"], job["JobName"]) == ("SUCCEEDED", submitted["JobId"], "monthly")
    assert (job["Container"]["ExitCode"], job["Container"]["Image"]) == (0, "shell")
    assert job["Container"]["Environment"] == [{"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}]
    assert job["StartedAt"] <= job["StoppedAt"]
    assert job["Attempts"][0]["Container"] == {"ExitCode": 0}


async def test_a_job_that_fails(batch):
    _, outcome = await run(batch, a_job("fails"))
    assert outcome.error == "States.TaskFailed"
    job = json.loads(outcome.cause)
    assert (job["Status"], job["StatusReason"]) == ("FAILED", "Essential container in task exited")
    assert job["Container"]["ExitCode"] == 3


@pytest.mark.parametrize("more", [{}, {"Timeout": {"AttemptDurationSeconds": 1}}])
async def test_a_job_that_takes_too_long(batch, more):
    _, outcome = await run(batch, a_job("slow", **more))
    job = json.loads(outcome.cause)
    assert (job["Status"], job["StatusReason"]) == ("FAILED", "Job attempt duration exceeded timeout")


async def test_overrides_and_a_plain_job(batch, tmp_path):
    overrides = {"Command": ['echo "$A$MANAGED_BY_AWS" > said'], "Environment": [{"Name": "A", "Value": "a"}]}
    submitted = await batch.perform(a_job("report", "", ContainerOverrides=overrides))
    assert submitted.value["JobName"] == "monthly"
    await until(lambda: not batch._open)
    assert (tmp_path / "said").read_text() == "a\n"


@pytest.mark.parametrize(
    "change, error, said",
    [
        ({"JobDefinition": "none"}, "Batch.ClientException", "JobDefinition none not found (Service: AWSBatch; "),
        ({"ArrayProperties": {"Size": 2}}, "Batch.ClientException", "ArrayProperties is not carried out"),
        ({"DependsOn": [{"JobId": "x"}]}, "Batch.ClientException", "DependsOn is not carried out"),
        ({"RetryStrategy": {"Attempts": 11}}, "States.Runtime", "'Attempts' must be between 1 and 10"),
        ({"RetryStrategy": {"Attempts": "2"}}, "States.Runtime", "'Attempts' must be an INTEGER"),
        ({"RetryStrategy": {"EvaluateOnExit": [{}]}}, "States.Runtime", "[The field 'Action' is required"),
        ({"RetryStrategy": {"EvaluateOnExit": [{"Action": "X"}]}}, "States.Runtime", "must be one of RETRY, EXIT"),
        ({"JobName": None}, "States.Runtime", "[The field 'JobName' is required but was missing]"),
        ({"JobQueue": 1}, "States.Runtime", "'JobQueue' must be a STRING"),
        ({"Timeout": {"AttemptDurationSeconds": "1"}}, "States.Runtime", "must be an INTEGER"),
        ({"Timeout": 1}, "States.Runtime", "'Timeout' must be an object"),
        ({"Parameters": []}, "States.Runtime", "'Parameters' must be an object"),
        ({"ContainerOverrides": {"Command": "ls"}}, "States.Runtime", "'Command' must be a list"),
    ],
)
async def test_what_is_refused(batch, change, error, said):
    given = {"JobName": "monthly", "JobQueue": "queue", "JobDefinition": "report", **change}
    failure = await batch.perform(a_call("batch", "submitJob", given))
    assert failure.error == error
    assert said in failure.cause


async def test_stopping_a_sync_job_stops_its_container(batch):
    call = a_job("slow", Timeout={"AttemptDurationSeconds": 60})
    submitted = await batch.perform(call)
    await batch.cancel(a_job("slow", ""), submitted)
    await batch.cancel(call, None)
    await batch.cancel(call, submitted)
    job = json.loads((await batch.watch(call, submitted)).cause)
    assert job["Status"] == "FAILED"
    assert job["StatusReason"] != "Job attempt duration exceeded timeout"


async def test_a_job_that_was_lost_with_its_server_has_failed(batch, tmp_path):
    call = a_job("report")
    submitted = await batch.perform(call)
    another = LocalBatch(ProcessRunner({}, tmp_path), JOBS)
    job = json.loads((await another.watch(call, submitted)).cause)
    assert (job["Status"], job["StatusReason"]) == ("FAILED", "The server that ran this job has stopped")


async def test_a_job_is_tried_again(batch, tmp_path):
    _, outcome = await run(batch, a_job("third", RetryStrategy={"Attempts": 5}))
    job = outcome.value
    assert [attempt["Container"] for attempt in job["Attempts"]] == [{"ExitCode": 7}, {"ExitCode": 7}, {"ExitCode": 0}]
    assert (job["Status"], job["RetryStrategy"]) == ("SUCCEEDED", {"Attempts": 5})
    assert (tmp_path / "tries").read_text() == "x\n" * 3
    assert not batch._open


async def test_attempts_are_used_up(batch, tmp_path):
    _, outcome = await run(batch, a_job("third", RetryStrategy={"Attempts": 2}))
    assert len(json.loads(outcome.cause)["Attempts"]) == 2


async def test_an_attempt_knows_its_number(batch, tmp_path):
    command = ['echo "$AWS_BATCH_JOB_ID $AWS_BATCH_JOB_ATTEMPT" >> said; exit 1']
    call = a_job("report", ContainerOverrides={"Command": command}, RetryStrategy={"Attempts": 2})
    submitted, _ = await run(batch, call)
    assert (tmp_path / "said").read_text() == f"{submitted['JobId']} 1\n{submitted['JobId']} 2\n"


async def test_stopping_a_job_is_no_reason_to_try_again(batch, tmp_path):
    command = ["echo x >> up; touch begun; sleep 60"]
    call = a_job("report", ContainerOverrides={"Command": command}, RetryStrategy={"Attempts": 3})
    submitted = await batch.perform(call)
    await until((tmp_path / "begun").exists)
    await batch.cancel(call, submitted)
    job = json.loads((await batch.watch(call, submitted)).cause)
    assert len(job["Attempts"]) == 1
    assert (tmp_path / "up").read_text() == "x\n"


async def test_the_attempt_under_way_is_found_again(docker, tmp_path):
    waits = f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    script = f'echo x >> {tmp_path}/tries; [ "$AWS_BATCH_JOB_ATTEMPT" = 1 ] || {waits}; exit 4'
    call = a_job("docked", ContainerOverrides={"Command": ["sh", "-c", script]}, RetryStrategy={"Attempts": 3})
    jobs = {"docked": JobDefinition(Container("default", "image"))}
    first = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    submitted = await LocalBatch(first, jobs).perform(call)
    await until(lambda: len(docker.states()) == 2)
    await first.close()
    second = ContainerCli(str(docker.path), outlives=True, poll_s=0.02)
    watching = asyncio.create_task(LocalBatch(second, jobs).watch(call, submitted))
    (tmp_path / "go").touch()
    job = json.loads((await watching).cause)
    await second.close()
    assert [attempt["Container"]["ExitCode"] for attempt in job["Attempts"]] == [4, 4]  # the second and the third
    assert (tmp_path / "tries").read_text() == "x\n" * 3
