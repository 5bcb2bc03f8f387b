"""Every error of the service model has its class, and each is spelled on the wire as it was recorded."""

import pytest

from stepwell.api.model import read_model
from stepwell.errors import (
    AccessDeniedException,
    ApiError,
    ConstraintViolation,
    InternalFailure,
    InvalidArn,
    ResourceNotFound,
    ThrottlingException,
    ValidationException,
)

MODELLED = sorted(name for name, shape in read_model()["shapes"].items() if shape.get("exception"))


@pytest.mark.parametrize("code", MODELLED)
def test_modelled_error_has_a_class_with_status_400(code):
    error = ApiError.BY_CODE[code]
    assert error.code == code
    assert error.status == 400
    assert error.__doc__
    assert error.namespace == "com.amazonaws.swf.service.v2.model"


def test_model_is_not_empty():
    assert len(MODELLED) >= 33


def test_body_of_service_error():
    assert InvalidArn("Invalid Arn: 'x'").body() == {
        "__type": "com.amazonaws.swf.service.v2.model#InvalidArn",
        "message": "Invalid Arn: 'x'",
    }


def test_members_are_spelled_for_the_wire_and_none_is_left_out():
    body = ResourceNotFound("gone", resource_name="arn:x", reason=None).body()
    assert body == {
        "__type": "com.amazonaws.swf.service.v2.model#ResourceNotFound",
        "message": "gone",
        "resourceName": "arn:x",
    }
    assert (
        ValidationException("no", reason="MISSING_REQUIRED_PARAMETER").body()["reason"] == "MISSING_REQUIRED_PARAMETER"
    )


def test_constraint_violation_is_a_validation_exception_of_the_framework():
    error = ConstraintViolation("1 validation error detected: ...")
    assert isinstance(error, ValidationException)
    assert error.body()["__type"] == "com.amazon.coral.validate#ValidationException"
    assert ApiError.BY_CODE["ValidationException"] is ValidationException


def test_denial_has_a_capital_message():
    assert AccessDeniedException("User: x is not authorized").body() == {
        "__type": "com.amazon.coral.service#AccessDeniedException",
        "Message": "User: x is not authorized",
    }


def test_throttling_and_internal_failure():
    assert ThrottlingException("Rate exceeded").body()["__type"] == "com.amazon.coral.availability#ThrottlingException"
    assert InternalFailure("oops").status == 500


def test_message_is_the_exceptions_text():
    assert str(InvalidArn("Invalid Arn: 'x'")) == "Invalid Arn: 'x'"
