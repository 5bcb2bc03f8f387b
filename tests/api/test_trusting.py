"""Whoever a signature claims to be is believed, as long as nobody checks it."""

import pytest

from stepwell.api.trusting import trusting_authenticate


@pytest.mark.parametrize(
    "authorization, account, region, access_key",
    [
        (b"AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-1/states/aws4_request, SignedHeaders=host, Signature=x",
         "123456789012", "eu-west-1", "123456789012"),
        (b"AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/states/aws4_request,SignedHeaders=host,Signature=x",
         "000000000000", "eu-west-1", "AKIA"),
        (b"AWS4-HMAC-SHA256 Credential=AKIA/20260101/EU west/states/aws4_request", "000000000000", "us-east-1", "AKIA"),
        (b"AWS4-HMAC-SHA256 Credential=", "000000000000", "us-east-1", ""),
        (b"AWS4-HMAC-SHA256 Credential=\xff/////", "000000000000", "us-east-1", "ÿ"),
        (b"Bearer x", "000000000000", "us-east-1", ""),
        (b"", "000000000000", "us-east-1", ""),
    ],
)  # fmt: skip
def test_caller_of_a_signature(authorization, account, region, access_key):
    caller = trusting_authenticate("000000000000", "us-east-1")({b"authorization": authorization}, b"", "id")
    assert (caller.account, caller.region, caller.access_key, caller.request_id) == (account, region, access_key, "id")
