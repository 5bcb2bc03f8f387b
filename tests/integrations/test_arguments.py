"""Arguments against the models, before anything runs. (Rules and texts recorded for S3 and ECS.)"""

import pytest

from stepwell.asl.resource import PATTERNS
from stepwell.integrations.arguments import faults, is_known

S3 = ("aws-sdk:s3", "putObject")
OBJECT = {"Bucket": "b", "Key": "k", "Body": None}
BOOLEAN = "Cannot deserialize value of type `java.lang.Boolean` from"


def unsupported(name, nearest=None):
    question = f". Did you mean '{nearest}'?" if nearest else ""
    return f'The field "{name}" is not supported by Step Functions{question}'


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"bucket": "b"}, [f"The field '{name}' is required but was missing" for name in ("Bucket", "Key", "Body")]),
        (OBJECT, []),
        ({**OBJECT, "Bogus": 1}, [unsupported("Bogus", "Body")]),
        ({**OBJECT, "bucket": "b"}, [unsupported("bucket", "Bucket")]),
        ({**OBJECT, "Bucket": 1, "ContentLength": "2"}, ["STRING", "LONG"]),
        ({**OBJECT, "ContentLength": 2.0}, ["LONG"]),
        ({**OBJECT, "Metadata": {"any": "thing"}, "Acl": None}, []),
        ({**OBJECT, "Metadata": {"any": 1}}, ["STRING"]),
        *(({**OBJECT, "BucketKeyEnabled": value}, []) for value in (True, False, 0, -1, " true ", "FALSE", "", "null")),
        (
            {**OBJECT, "BucketKeyEnabled": 1.0},
            [f"{BOOLEAN} Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)"],
        ),
        ({**OBJECT, "BucketKeyEnabled": "TrUe"}, [f'{BOOLEAN} String "TrUe": only "true" or "false" recognized']),
        ({**OBJECT, "BucketKeyEnabled": []}, [f"{BOOLEAN} Array value (token `JsonToken.START_ARRAY`)"]),
        ({**OBJECT, "BucketKeyEnabled": {}}, [f"{BOOLEAN} Object value (token `JsonToken.START_OBJECT`)"]),
        ("text", ["Unable to parse the parameters as a JSON object"]),
    ],
)
def test_an_sdk_action(given, expected):
    found = faults(*S3, given)
    assert len(found) == len(expected)
    for reason, text in zip(found, expected, strict=True):
        assert text in reason


def test_within_members_only_unknown_ones_and_types_count():
    tagging = ("aws-sdk:s3", "putBucketTagging")
    assert faults(*tagging, {"Bucket": "b", "Tagging": {}}) == []
    given = {"Bucket": "b", "Tagging": {"TagSet": [{"Key": "k", "Valu": "v"}]}}
    assert faults(*tagging, given) == [unsupported("Valu")]


def test_this_servers_own_operations_take_json_as_text():
    sfn = ("aws-sdk:sfn", "sendTaskSuccess")
    assert faults(*sfn, {"TaskToken": None, "Output": {"any": "thing"}}) == []
    assert faults(*sfn, {"Output": "{}"}) == ["The field 'TaskToken' is required but was missing"]


@pytest.mark.parametrize(
    "service, action, given, expected",
    [
        ("sqs", "sendMessage", {"QueueUrl": "q", "MessageBody": {"any": 1}}, []),
        ("sqs", "sendMessage", {"QueueUrl": "q"}, ["The field 'MessageBody' is required but was missing"]),
        ("dynamodb", "getItem", {"TableName": "t", "Key": {"id": "bare text"}}, []),
        ("lambda", "invoke", {"FunctionName": None, "Payload": 1}, []),
        ("lambda", "invoke", {"FunctionName": "f", "payload": 1}, [unsupported("payload", "Payload")]),
        ("lambda", "invoke", {}, ["The field 'FunctionName' is required but was missing"]),
        ("states", "startExecution", {"StateMachineArn": None, "Input": {}}, []),
        ("http", "invoke", {"ApiEndpoint": None}, ["The field 'Method' is required but was missing"]),
        ("elasticmapreduce", "addStep", {"ClusterId": None, "Step": None}, []),
        ("elasticmapreduce", "addStep", {"JobFlowId": "j", "Steps": []}, ["'ClusterId'", "'Step'"]),
        ("elasticmapreduce", "modifyInstanceFleetByName", {"ClusterId": "c"}, ["InstanceFleetName", "InstanceFleet'"]),
        ("emr-serverless", "startJobRun", {"ApplicationId": "a", "ExecutionRoleArn": "r"}, []),
        ("emr-containers", "startJobRun", {}, ["'VirtualClusterId'"]),
        ("aws-sdk:emrserverless", "startJobRun", {"ApplicationId": "a"}, ["'ExecutionRoleArn'"]),
        ("bedrock", "invokeModel", {"ModelId": "m", "Input": {}, "Output": {}}, []),
        ("eks", "runJob", {"ClusterName": 1, "CertificateAuthority": 1, "Endpoint": 1, "Job": 1, "LogOptions": 1}, []),
    ],
)
def test_optimized_actions(service, action, given, expected):
    found = faults(service, action, given)
    assert len(found) == len(expected)
    assert all(text in reason for reason, text in zip(found, expected, strict=True))


def test_every_action_that_a_definition_may_name_is_known():
    assert [key for key in PATTERNS if not is_known(*key)] == []


@pytest.mark.parametrize(
    "service, action, known",
    [
        ("aws-sdk:s3", "getObject", True),
        ("aws-sdk:s3", "getObjec", False),
        ("aws-sdk:s3", "GetObject", False),
        ("aws-sdk:nowhere", "doIt", False),
        ("aws-sdk:stepfunctions", "startExecution", False),
        ("aws-sdk:lookoutvision", "describeModel", True),
        ("sqs", "receiveMessage", False),
    ],
)
def test_what_is_known(service, action, known):
    assert is_known(service, action) is known


def test_of_a_service_that_was_closed_nothing_is_asked():
    assert faults("aws-sdk:lookoutvision", "describeModel", {"any": "thing"}) == []
