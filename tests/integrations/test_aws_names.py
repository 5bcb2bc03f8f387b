"""AWS's spellings, as far as they are recorded or documented; and for every service that botocore knows."""

import random

import pytest

from stepwell.integrations import aws_names, aws_sdk, aws_shapes

SERVICES = sorted(aws_sdk.services())


@pytest.mark.parametrize(
    "service_id, name",
    [
        ("DynamoDB", "DynamoDb"),
        ("ACM PCA", "AcmPca"),
        ("SFN", "Sfn"),
        ("S3", "S3"),
        ("SQS", "Sqs"),
        ("Secrets Manager", "SecretsManager"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("ApiGatewayV2", "ApiGatewayV2"),
        ("Database Migration Service", "DatabaseMigration"),
        ("Elastic Load Balancing v2", "ElasticLoadBalancingV2"),
    ],
)
def test_classes(service_id, name):
    assert aws_names.class_name(service_id) == name


@pytest.mark.parametrize(
    "member, spelled",
    [
        ("MD5OfMessageBody", "Md5OfMessageBody"),
        ("ETag", "ETag"),
        ("ChecksumCRC32", "ChecksumCRC32"),
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("taskDefinition", "TaskDefinition"),
        ("ARN", "Arn"),
        ("S", "S"),
        ("NS", "Ns"),
        ("x", "X"),
    ],
)
def test_members(member, spelled):
    assert aws_names.member_name(member) == spelled


@pytest.mark.parametrize(
    "shape, name",
    [
        ("NoSuchKey", "NoSuchKeyException"),
        ("ResourceNotFoundException", "ResourceNotFoundException"),
        ("DBInstanceNotFoundFault", "DbInstanceNotFoundException"),
    ],
)
def test_exceptions(shape, name):
    assert aws_names.error_name(shape) == name


@pytest.mark.parametrize(
    "name, service",
    [
        ("sfn", "stepfunctions"),
        ("cloudwatchlogs", "logs"),
        ("eventbridge", "events"),
        ("s3", "s3"),
        ("acmpca", "acm-pca"),
        ("logs", None),
        ("nothing", None),
    ],
)
def test_services(name, service):
    assert aws_names.service_of(name, aws_sdk.services()) == service


# --- every service and action -----------------------------------------------------------------------------------------


def a_model(service):
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def a_sample(shape, above=()):
    """A value of a shape with every member present, but nothing within itself."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False) or shape.serialization.get("jsonvalue"):
        return {"free": [1]}
    if kind == "structure":
        inner = (*above, shape.name)
        within = shape.members.items()
        return {name: a_sample(member, inner) for name, member in within if member.name not in inner}
    if kind == "list":
        return [] if shape.member.name in above else [a_sample(shape.member, above)]
    if kind == "map":
        return {} if shape.value.name in above else {"someKey": a_sample(shape.value, above)}
    samples = {"boolean": True, "integer": 1, "long": 1, "float": 0.5, "double": 0.5, "blob": b"bytes"}
    return samples.get(kind, "text")


def check_operation(operation):
    spelling = aws_sdk.SPELLING
    if operation.has_event_stream_input or operation.has_event_stream_output:
        return
    if operation.input_shape is not None:
        sample = a_sample(operation.input_shape)
        spelled = aws_shapes.outward(operation.input_shape, sample, spelling)
        assert aws_shapes.faults(operation, spelled, spelling) == []
        assert aws_shapes.to_service(operation, spelled, spelling) == sample
        assert all(name[0] == name[0].upper() for name in spelled)
    if operation.output_shape is not None:
        sample = a_sample(operation.output_shape)
        result = aws_shapes.to_result(operation, sample, spelling)
        assert len(result) == len(sample)
        assert aws_shapes._inward(operation.output_shape, result, spelling) == sample


def check_service(service, operations):
    model = a_model(service)
    actions = {aws_names.action_name(name) for name in model.operation_names}
    assert len(actions) == len(model.operation_names)
    named = aws_names.class_name(model.service_id).lower()
    assert aws_names.service_of(named, aws_sdk.services()) == service or service == "sms-voice"
    for name in operations(model.operation_names):
        check_operation(model.operation_model(name))


def test_spellings_return_for_a_sample():
    dice = random.Random(7)
    for service in ("dynamodb", "s3", "sqs", "ecs", "rds", *dice.sample(SERVICES, 8)):
        check_service(service, lambda names: dice.sample(names, min(len(names), 10)))


@pytest.mark.proof
@pytest.mark.parametrize("service", SERVICES)
def test_spellings_return(service):
    check_service(service, lambda names: names)
