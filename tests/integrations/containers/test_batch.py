"""`batch:submitJob` on this machine, over real processes: results, descriptions, failures, time-outs."""

import json

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.containers.batch import LocalBatch
from stepwell.integrations.containers.definitions import Container, JobDefinition
from stepwell.integrations.containers.processes import ProcessRunner
from tests.functions.test_pool import until
from tests.integrations.fakes import ACCOUNT, REGION, a_call

JOBS = {
    "report": JobDefinition(Container("default", "shell", ('echo "Ref::month Ref::none $MANAGED_BY_AWS" > said',))),
    "fails": JobDefinition(Container("default", "shell", ("exit 3",))),
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
    await until(lambda: not batch._ends)
    assert (tmp_path / "said").read_text() == "a\n"


@pytest.mark.parametrize(
    "change, error, said",
    [
        ({"JobDefinition": "none"}, "Batch.ClientException", "JobDefinition none not found (Service: AWSBatch; "),
        ({"ArrayProperties": {"Size": 2}}, "Batch.ClientException", "ArrayProperties is not carried out"),
        ({"RetryStrategy": {"Attempts": 2}}, "Batch.ClientException", "RetryStrategy is not carried out"),
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
