"""Services whose tasks have shapes of their own, or that need more than data: EMR, Bedrock, what is deleted."""

import json

import pytest

from stepwell.engine.failure import Failure, Unstartable
from stepwell.payload import Payload
from tests.integrations.fake_aws import fake_aws
from tests.integrations.test_catalog import JSON, Peer, perform

EMR = "elasticmapreduce"
CLUSTER = {"ClusterId": "j-1"}


def bare(result):
    return {name: value for name, value in result.items() if not name.startswith("Sdk")}


@pytest.mark.parametrize(
    "action, given, sent, answer, result",
    [
        (
            "createCluster",
            {"Name": "n", "Instances": {"KeepJobFlowAliveWhenNoSteps": True}},
            {"Name": "n", "Instances": {"KeepJobFlowAliveWhenNoSteps": True}},
            {"JobFlowId": "j-1", "ClusterArn": "arn"},
            {"ClusterArn": "arn", "ClusterId": "j-1"},
        ),
        ("terminateCluster", CLUSTER, {"JobFlowIds": ["j-1"]}, {}, {}),
        (
            "addStep",
            {**CLUSTER, "Step": {"Name": "s", "HadoopJarStep": {"Jar": "a.jar"}}},
            {"JobFlowId": "j-1", "Steps": [{"Name": "s", "HadoopJarStep": {"Jar": "a.jar"}}]},
            {"StepIds": ["s-1"]},
            {"StepId": "s-1"},
        ),
        (
            "cancelStep",
            {**CLUSTER, "StepId": "s-1"},
            {"ClusterId": "j-1", "StepIds": ["s-1"]},
            {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "SUBMITTED"}]},
            {"CancelStepsInfo": {"Status": "SUBMITTED", "StepId": "s-1"}},
        ),
        (
            "setClusterTerminationProtection",
            {**CLUSTER, "TerminationProtected": True},
            {"JobFlowIds": ["j-1"], "TerminationProtected": True},
            {},
            {},
        ),
    ],
)
async def test_emrs_own_shapes(action, given, sent, answer, result):
    outcome, asked = await perform((200, JSON, json.dumps(answer).encode()), f"{EMR}:{action}", given)
    assert (asked, bare(outcome)) == (sent, result)


@pytest.mark.parametrize(
    "given, reason",
    [
        ({}, "The field 'ClusterId' is required but was missing, The field 'Step' is required but was missing"),
        ({**CLUSTER, "Steps": []}, "The field 'Step' is required but was missing"),
        (
            {**CLUSTER, "Step": {}, "JobFlowId": "j"},
            "The field \"JobFlowId\" is not supported by Step Functions. Did you mean 'ClusterId'?",
        ),
        ({**CLUSTER, "Step": "text"}, "The value for the field 'Step' must be a STRUCTURE"),
        (None, "Unable to parse the parameters as a JSON object"),
    ],
)
async def test_parameters_at_fault_are_named_as_the_task_names_them(given, reason):
    outcome, asked = await perform((200, JSON, b"{}"), f"{EMR}:addStep", given)
    assert isinstance(outcome, Unstartable)
    assert (outcome.cause.endswith(f"[{reason}]"), asked) == (True, None)


@pytest.mark.parametrize(
    "kind, sent",
    [
        ("Fleet", {"InstanceFleet": {"TargetSpotCapacity": 2, "InstanceFleetId": "if-2"}}),
        ("Group", {"InstanceGroups": [{"TargetSpotCapacity": 2, "InstanceGroupId": "if-2"}]}),
    ],
)
async def test_what_is_changed_by_its_name_is_looked_up_on_all_pages(kind, sent):
    change = {"TargetSpotCapacity": 2} if kind == "Fleet" else {"InstanceCount": 2}
    if kind == "Group":
        sent = {"InstanceGroups": [{"InstanceCount": 2, "InstanceGroupId": "if-2"}]}
    pages = [
        {f"Instance{kind}s": [{"Id": "if-1", "Name": "other"}], "Marker": "m"},
        {f"Instance{kind}s": [{"Id": "if-2", "Name": "mine"}]},
    ]
    answers = [(200, JSON, json.dumps(page).encode()) for page in (*pages, {})]
    name = f"{EMR}:modifyInstance{kind}ByName"
    given = {**CLUSTER, f"Instance{kind}Name": "mine", f"Instance{kind}": change}
    async with fake_aws(*answers) as fake, Peer(fake, name) as peer:
        outcome = await peer.task.perform(peer.call(given))
    assert bare(outcome.value) == {}
    bodies = [json.loads(asked.body) for asked in fake.asked]
    assert bodies == [CLUSTER, {**CLUSTER, "Marker": "m"}, {**CLUSTER, **sent}]


async def test_what_nothing_is_called():
    name = f"{EMR}:modifyInstanceFleetByName"
    given = {**CLUSTER, "InstanceFleetName": "mine", "InstanceFleet": {}}
    outcome, _ = await perform((200, JSON, b'{"InstanceFleets":[]}'), name, given)
    text = "Instance fleet 'mine' is not in cluster 'j-1'."
    assert outcome == Failure("ElasticMapReduce.InvalidRequestException", text)
    refused = (400, JSON, b'{"__type":"InvalidRequestException","message":"no cluster"}')
    outcome, _ = await perform(refused, name, given)
    assert outcome.error == "ElasticMapReduce.InvalidRequestException"
    for wrong in ({}, {**given, "X": 1}, {**given, "InstanceFleet": 1}, None):
        outcome, asked = await perform((200, JSON, b"{}"), name, wrong)
        assert (isinstance(outcome, Unstartable), asked) == (True, None)


async def test_a_clusters_id_stands_where_the_next_states_look_for_it():
    described = {"Cluster": {"Id": "j-1", "Status": {"State": "WAITING"}}}
    answer = (200, JSON, json.dumps(described).encode())
    async with fake_aws(answer) as fake, Peer(fake, f"{EMR}:createCluster", "sync") as peer:
        outcome = await peer.task.watch(peer.call({}), Payload.of(CLUSTER))
    assert outcome.value == {**described, "ClusterId": "j-1"}


# --- what is deleted --------------------------------------------------------------------------------------------------


async def test_what_is_gone_was_deleted():
    there = (200, JSON, b'{"cluster":{"name":"c","status":"DELETING"}}')
    gone = (404, {**JSON, "x-amzn-errortype": "ResourceNotFoundException"}, b'{"message":"no"}')
    submitted = Payload.of({"Cluster": {"Name": "c"}, "SdkHttpMetadata": {}, "SdkResponseMetadata": {}})
    async with fake_aws(there, gone) as fake, Peer(fake, "eks:deleteCluster", "sync") as peer:
        outcome = await peer.task.watch(peer.call({"Name": "c"}), submitted)
    assert outcome.value == {"Cluster": {"Name": "c"}}
    async with fake_aws(gone) as fake, Peer(fake, "eks:createCluster", "sync") as peer:
        outcome = await peer.task.watch(peer.call({"Name": "c"}), submitted)
    assert outcome.error == "EKS.ResourceNotFoundException"


# --- Bedrock ----------------------------------------------------------------------------------------------------------


MODEL = {"ModelId": "m"}
ANSWER = (200, {"Content-Type": "application/json"}, b'{"text":"hello"}')


async def invoke(*answers, **given):
    async with fake_aws(*answers) as fake, Peer(fake, "bedrock:invokeModel") as peer:
        outcome = await peer.task.perform(peer.call({**MODEL, **given}))
    return (outcome if isinstance(outcome, Failure) else outcome.value), fake.asked


async def test_a_model_is_called_with_json_and_answers_with_a_value():
    result, [asked] = await invoke(ANSWER, Body={"prompt": "hi"})
    assert result == {"Body": {"text": "hello"}, "ContentType": "application/json"}
    assert (asked.path, asked.body) == ("/model/m/invoke", b'{"prompt":"hi"}')
    assert asked.headers["Content-Type"] == "application/json"
    result, [asked] = await invoke((200, {"Content-Type": "text/plain"}, b"plain"), Body="x", ContentType="text/plain")
    assert (result["Body"], asked.body, asked.headers["Content-Type"]) == ("plain", b"x", "text/plain")


async def test_bodies_that_lie_in_s3():
    stored = (200, {}, b'{"prompt":"long"}')
    written = (200, {"ETag": '"e"'}, b"")
    given = {"Input": {"S3Uri": "s3://bucket/in/a.json"}, "Output": {"S3Uri": "s3://bucket/out.json"}}
    result, [read, called, wrote] = await invoke(stored, ANSWER, written, **given)
    assert result == {"Body": "s3://bucket/out.json", "ContentType": "application/json"}
    assert (read.method, read.path, called.body) == ("GET", "/bucket/in/a.json", b'{"prompt":"long"}')
    assert (wrote.method, wrote.path, wrote.body) == ("PUT", "/bucket/out.json", b'{"text":"hello"}')


async def test_a_body_that_is_not_there():
    gone = (404, {}, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
    outcome, asked = await invoke(gone, Input={"S3Uri": "s3://bucket/a"})
    assert isinstance(outcome, Failure)
    assert len(asked) == 1


async def test_an_answer_that_cannot_be_written():
    denied = (403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
    outcome, asked = await invoke(ANSWER, denied, Body={}, Output={"S3Uri": "s3://bucket/a"})
    assert (isinstance(outcome, Failure), len(asked)) == (True, 2)


@pytest.mark.parametrize("given", [{"Input": {"S3Uri": "http://a/b"}}, {"Output": "s3://bucket/a"}, {"Input": {}}])
async def test_places_of_no_use(given):
    outcome, asked = await invoke(ANSWER, **given)
    assert (isinstance(outcome, Unstartable), asked) == (True, [])


async def test_a_model_that_is_not_there():
    gone = (404, {**JSON, "x-amzn-errortype": "ResourceNotFoundException"}, b'{"message":"no model"}')
    outcome, _ = await invoke(gone, Body={}, Output={"S3Uri": "s3://bucket/a"})
    assert outcome.error == "Bedrock.ResourceNotFoundException"
    async with fake_aws(ANSWER) as fake, Peer(fake, "bedrock:invokeModel") as peer:
        assert isinstance(await peer.task.perform(peer.call("text")), Unstartable)
