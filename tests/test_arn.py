"""ARNs are read as they were built, and refused with AWS's texts; names follow AWS's rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell import arn as arns
from stepwell.arn import (
    Arn,
    check_name,
    is_account,
    is_name,
    is_region,
    parse_arn,
    parse_arn_of,
)
from stepwell.errors import InvalidArn, InvalidName

REGION, ACCOUNT = "eu-west-1", "123456789012"
PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}:"
UUID, UUID_2 = "5d3b1c1e-8b0b-4c4e-9b0b-0123456789ab", "7d3b1c1e-8b0b-4c4e-9b0b-0123456789ab"

EVERY_KIND = [
    (arns.state_machine_arn(REGION, ACCOUNT, "m"), "stateMachine:m", arns.STATE_MACHINE, ("m",)),
    (arns.version_arn(REGION, ACCOUNT, "m", 12), "stateMachine:m:12", arns.VERSION, ("m", "12")),
    (arns.alias_arn(REGION, ACCOUNT, "m", "live-1"), "stateMachine:m:live-1", arns.ALIAS, ("m", "live-1")),
    (
        arns.labelled_state_machine_arn(REGION, ACCOUNT, "m", "Each"),
        "stateMachine:m/Each",
        arns.LABELLED_STATE_MACHINE,
        ("m", "Each"),
    ),
    (arns.execution_arn(REGION, ACCOUNT, "m", "e"), "execution:m:e", arns.EXECUTION, ("m", "e")),
    (
        arns.express_execution_arn(REGION, ACCOUNT, "m", "e", UUID),
        f"express:m:e:{UUID}",
        arns.EXPRESS_EXECUTION,
        ("m", "e", UUID),
    ),
    (
        arns.child_execution_arn(REGION, ACCOUNT, "m", "Each", UUID),
        f"execution:m/Each:{UUID}",
        arns.CHILD_EXECUTION,
        ("m", "Each", UUID),
    ),
    (
        arns.express_child_arn(REGION, ACCOUNT, "m", "Each", UUID, UUID_2),
        f"express:m/Each:{UUID}:{UUID_2}",
        arns.EXPRESS_CHILD_EXECUTION,
        ("m", "Each", UUID, UUID_2),
    ),
    (arns.map_run_arn(REGION, ACCOUNT, "m", "Each", UUID), f"mapRun:m/Each:{UUID}", arns.MAP_RUN, ("m", "Each", UUID)),
    (arns.activity_arn(REGION, ACCOUNT, "a.b"), "activity:a.b", arns.ACTIVITY, ("a.b",)),
]


@pytest.mark.parametrize("text, end, kind, parts", EVERY_KIND, ids=[row[2] for row in EVERY_KIND])
def test_every_kind_is_built_and_read(text, end, kind, parts):
    assert text == PREFIX + end
    arn = parse_arn(text)
    assert arn == Arn("aws", "states", REGION, ACCOUNT, kind, parts)
    assert arn.text == text
    assert arn.resource_type == end.partition(":")[0]
    assert arn.name == parts[0]
    if kind != arns.ACTIVITY:
        assert arn.state_machine == f"{PREFIX}stateMachine:m"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("invalid_state_machine_arn", "Invalid ARN prefix: invalid_state_machine_arn"),  # recorded
        ("no_an_activity_arn", "Invalid ARN prefix: no_an_activity_arn"),  # recorded
        ("", "Invalid ARN prefix: "),
        ("ARN:aws:states", "Invalid ARN prefix: ARN:aws:states"),
        ("arn:aws:states", "Invalid ARN: arn:aws:states"),
        (f"{PREFIX}role:x", "Resource type not valid in this context: role"),
        (f"{PREFIX}stateMachine", f"Invalid ARN resource: {PREFIX}stateMachine"),
        (f"{PREFIX}stateMachine:", f"Invalid ARN resource: {PREFIX}stateMachine:"),
        (f"{PREFIX}stateMachine:m:1:2", f"Invalid ARN resource: {PREFIX}stateMachine:m:1:2"),
        (f"{PREFIX}stateMachine:m/", f"Invalid ARN resource: {PREFIX}stateMachine:m/"),
        (f"{PREFIX}execution:m", f"Invalid ARN resource: {PREFIX}execution:m"),
        (f"{PREFIX}mapRun:m:{UUID}", f"Invalid ARN resource: {PREFIX}mapRun:m:{UUID}"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", None),
        ("arn:aws:states:eu-west-1:12345:stateMachine:m", None),
        ("arn:aws:states:EU WEST:123456789012:stateMachine:m", None),
        ("arn::states:eu-west-1:123456789012:stateMachine:m", None),
    ],
)
def test_malformed_arn(text, reason):
    with pytest.raises(InvalidArn) as caught:
        parse_arn(text)
    assert caught.value.message.startswith("Invalid Arn: '")
    if reason is not None:
        assert caught.value.message == f"Invalid Arn: '{reason}'"


def test_wrong_kind_has_the_recorded_text():
    text = arns.express_execution_arn(REGION, ACCOUNT, "m", "e", UUID)
    assert parse_arn_of(text, arns.EXPRESS_EXECUTION).parts[0] == "m"
    with pytest.raises(InvalidArn, match=r"^Invalid Arn: 'Resource type not valid in this context: express'$"):
        parse_arn_of(text, arns.EXECUTION)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for candidate in (text, f"arn:{text}", PREFIX + text, f"{PREFIX}execution:{text}"):
        try:
            assert parse_arn(candidate).text == candidate
        except InvalidArn:
            pass


@pytest.mark.parametrize("name", ["a", "a" * 80, "with.dots-and_123", "naïve", "日本", "+=@()!'é"])
def test_legal_name(name):
    assert check_name(name) == name
    assert is_name(name)


@pytest.mark.parametrize(
    "letter", [*'<>{}[]?*"#%\\^|~`$&,;:/ \t\n\x00\x1f\x7f\x9f\u3000', "\ufffe", "\uffff", "\U0010ffff"]
)
def test_forbidden_letter(letter):
    with pytest.raises(InvalidName) as caught:
        check_name(f"activity{letter}name")
    assert caught.value.message == f"Invalid Name: 'activity{letter}name'"  # recorded


def test_lengths():
    assert not is_name("")
    assert not is_name("a" * 81)


def test_accounts_and_regions():
    assert is_account("000000000000")
    assert not is_account("AKIAIOSFODNN7EXAMPLE")
    assert not is_account("12345678901２")
    assert is_region("us-gov-west-1")
    assert not is_region("")
    assert not is_region("us east")
