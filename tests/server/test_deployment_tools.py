"""What the tools that deploy state machines call, in their order: Terraform's provider, CloudFormation's handlers (with
them CDK, SAM and the Serverless Framework), and the short cuts that CDK and SAM take while somebody develops.

Each reads back what it wrote and plans again: whatever reads otherwise is a difference that it would "mend" for ever.
"""

import json
import uuid

import pytest

from tests.server.machines import machine, passing
from tests.server.outside import ENDED, ROLE, until

OTHER_ROLE = f"{ROLE}-other"
NAP = json.dumps(machine(Nap={"Type": "Wait", "Seconds": 1, "Next": "Done"}, Done={"Type": "Succeed"}))
ONE, TWO = (json.dumps(passing(Result=number), indent=2) for number in (1, 2))
LOGS = {
    "level": "ERROR",
    "includeExecutionData": True,
    "destinations": [
        {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/sfn/app:*"}}
    ],
}
OWNED = {"type": "AWS_OWNED_KEY"}


@pytest.fixture
def sfn(server):
    return server.client()


def fresh(kind):
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def tags_of(sfn, arn):
    return {tag["key"]: tag["value"] for tag in sfn.list_tags_for_resource(resourceArn=arn)["tags"]}


def await_deletion(sfn, arn):
    """All of them ask for the machine until there is none."""

    def is_gone():
        try:
            assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
        except sfn.exceptions.StateMachineDoesNotExist:
            return True
        return False

    until(is_gone)


def test_terraform_state_machine(sfn):
    """aws_sfn_state_machine: validate (plan), create, read, plan again, update, and wait for its deletion."""
    plan = sfn.validate_state_machine_definition(definition=ONE, type="STANDARD")
    assert (plan["result"], plan["diagnostics"], plan["truncated"]) == ("OK", [], False)
    wanted = {
        "definition": ONE,
        "roleArn": ROLE,
        "type": "STANDARD",
        "loggingConfiguration": LOGS,
        "tracingConfiguration": {"enabled": True},
        "encryptionConfiguration": OWNED,
    }
    tags = {"Name": "app", "stage": "dev"}
    sent = [{"key": key, "value": value} for key, value in tags.items()]
    created = sfn.create_state_machine(name=fresh("tf"), publish=True, tags=sent, **wanted)
    arn = created["stateMachineArn"]
    read = sfn.describe_state_machine(stateMachineArn=arn)
    assert {name: read[name] for name in wanted} == wanted and read["status"] == "ACTIVE"
    assert read["creationDate"] == created["creationDate"] and "revisionId" not in read
    versions = sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=1)["stateMachineVersions"]
    assert [line["stateMachineVersionArn"] for line in versions] == [created["stateMachineVersionArn"]] == [f"{arn}:1"]
    assert tags_of(sfn, arn) == tags

    sfn.untag_resource(resourceArn=arn, tagKeys=["stage"])
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "Name", "value": "app2"}, {"key": "team", "value": ""}])
    assert tags_of(sfn, arn) == {"Name": "app2", "team": ""}
    off = {"level": "OFF", "includeExecutionData": False}
    change = {"definition": TWO, "roleArn": OTHER_ROLE, "loggingConfiguration": off}
    change |= {"tracingConfiguration": {"enabled": False}, "encryptionConfiguration": OWNED}
    updated = sfn.update_state_machine(stateMachineArn=arn, publish=True, **change)
    read = sfn.describe_state_machine(stateMachineArn=arn)
    assert {name: read[name] for name in change} == change and read["revisionId"] == updated["revisionId"]
    versions = sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=1)
    assert versions["stateMachineVersions"][0]["stateMachineVersionArn"] == f"{arn}:2" and "nextToken" in versions

    sfn.delete_state_machine(stateMachineArn=arn)
    await_deletion(sfn, arn)


def test_terraform_refuses_a_plan_that_would_fail(sfn):
    """The findings of the plan are those that the creation would answer."""
    wrong = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})
    plan = sfn.validate_state_machine_definition(definition=wrong, type="STANDARD")
    assert plan["result"] == "FAIL"
    told = ", ".join(f"{one['code']}: {one['message']} at {one.get('location', 'null')}" for one in plan["diagnostics"])
    with pytest.raises(sfn.exceptions.InvalidDefinition) as refused:
        sfn.create_state_machine(name=fresh("tf"), definition=wrong, roleArn=ROLE)
    assert refused.value.response["Error"]["Message"] == f"Invalid State Machine Definition: '{told}'"


def test_terraform_creates_again_what_is_still_going_away(sfn):
    """A replacement under the same name: StateMachineDeleting is tried again until the old one has gone."""
    name = fresh("tf")
    arn = sfn.create_state_machine(name=name, definition=NAP, roleArn=ROLE)["stateMachineArn"]
    sfn.start_execution(stateMachineArn=arn)
    sfn.delete_state_machine(stateMachineArn=arn)

    def created():
        try:
            return sfn.create_state_machine(name=name, definition=ONE, roleArn=ROLE)
        except sfn.exceptions.StateMachineDeleting:
            return None

    assert created() is None
    assert until(created)["stateMachineArn"] == arn
    assert sfn.describe_state_machine(stateMachineArn=arn)["definition"] == ONE
    assert sfn.list_executions(stateMachineArn=arn)["executions"] == []


def test_terraform_alias_and_its_data_sources(sfn):
    """aws_sfn_alias, and the data sources that look up machines, versions and aliases."""
    name = fresh("tf")
    arn = sfn.create_state_machine(name=name, definition=ONE, roleArn=ROLE, publish=True)["stateMachineArn"]
    second = sfn.update_state_machine(stateMachineArn=arn, definition=TWO, publish=True)["stateMachineVersionArn"]
    routes = [{"stateMachineVersionArn": second, "weight": 100}]
    alias = sfn.create_state_machine_alias(name="live", description="d", routingConfiguration=routes)
    read = sfn.describe_state_machine_alias(stateMachineAliasArn=alias["stateMachineAliasArn"])
    assert (read["name"], read["description"], read["routingConfiguration"]) == ("live", "d", routes)
    assert read["creationDate"] == alias["creationDate"] and "updateDate" not in read
    routes = [{"stateMachineVersionArn": f"{arn}:1", "weight": 10}, {"stateMachineVersionArn": second, "weight": 90}]
    sfn.update_state_machine_alias(
        stateMachineAliasArn=alias["stateMachineAliasArn"], description="e", routingConfiguration=routes
    )
    read = sfn.describe_state_machine_alias(stateMachineAliasArn=alias["stateMachineAliasArn"])
    assert (read["description"], read["routingConfiguration"]) == ("e", routes) and "updateDate" in read

    found = [
        line
        for page in sfn.get_paginator("list_state_machines").paginate()
        for line in page["stateMachines"]
        if line["name"] == name
    ]
    assert [line["stateMachineArn"] for line in found] == [arn]
    versions = sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert [line["stateMachineVersionArn"] for line in versions] == [second, f"{arn}:1"]
    aliases = sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
    assert [line["stateMachineAliasArn"] for line in aliases] == [alias["stateMachineAliasArn"]]

    sfn.delete_state_machine_alias(stateMachineAliasArn=alias["stateMachineAliasArn"])
    with pytest.raises(sfn.exceptions.ResourceNotFound):
        sfn.describe_state_machine_alias(stateMachineAliasArn=alias["stateMachineAliasArn"])


def test_terraform_activity(sfn):
    """aws_sfn_activity."""
    name = fresh("tf")
    created = sfn.create_activity(name=name, tags=[{"key": "a", "value": "b"}], encryptionConfiguration=OWNED)
    arn = created["activityArn"]
    read = sfn.describe_activity(activityArn=arn)
    assert (read["name"], read["creationDate"]) == (name, created["creationDate"])
    assert read["encryptionConfiguration"] == OWNED and tags_of(sfn, arn) == {"a": "b"}
    sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert tags_of(sfn, arn) == {}
    sfn.delete_activity(activityArn=arn)
    with pytest.raises(sfn.exceptions.ActivityDoesNotExist):
        sfn.describe_activity(activityArn=arn)


def test_cloudformation_stack_with_a_gradual_deployment(sfn):
    """StateMachine, StateMachineVersion by its revision, StateMachineAlias that shifts; then all of it goes away.

    AutoPublishAlias of SAM and `currentVersion` of CDK become these calls, and so does everything of the Serverless
    Framework.
    """
    name = fresh("cfn")
    arn = sfn.create_state_machine(name=name, definition=ONE, roleArn=ROLE, type="STANDARD", tags=[])["stateMachineArn"]
    assert "revisionId" not in sfn.describe_state_machine(stateMachineArn=arn) and tags_of(sfn, arn) == {}
    first = sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL", description="one")
    again = sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL", description="one")
    assert again["stateMachineVersionArn"] == first["stateMachineVersionArn"] == f"{arn}:1"
    alias = sfn.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    )["stateMachineAliasArn"]

    sfn.update_state_machine(stateMachineArn=arn, definition=TWO, roleArn=ROLE)
    revision = sfn.describe_state_machine(stateMachineArn=arn)["revisionId"]
    with pytest.raises(sfn.exceptions.ConflictException):
        sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
    second = sfn.publish_state_machine_version(stateMachineArn=arn, revisionId=revision)["stateMachineVersionArn"]
    described = sfn.describe_state_machine(stateMachineArn=second)
    assert (described["definition"], described["revisionId"]) == (TWO, revision)
    for weight in (10, 50, 100):
        shares = ((f"{arn}:1", 100 - weight), (second, weight))
        routes = [{"stateMachineVersionArn": version, "weight": share} for version, share in shares if share]
        sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routes)
        assert sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == routes
    sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    with pytest.raises(sfn.exceptions.ConflictException):
        sfn.delete_state_machine_version(stateMachineVersionArn=second)

    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=second)
    sfn.delete_state_machine(stateMachineArn=arn)
    await_deletion(sfn, arn)


def test_a_short_cut_of_cdk_and_sam_keeps_the_rest(sfn):
    """`cdk deploy --hotswap` and `sam sync --code` send the definition alone; what else was set stays."""
    kept = {"loggingConfiguration": LOGS, "tracingConfiguration": {"enabled": True}}
    arn = sfn.create_state_machine(name=fresh("cdk"), definition=ONE, roleArn=ROLE, type="EXPRESS", **kept)[
        "stateMachineArn"
    ]
    sfn.update_state_machine(stateMachineArn=arn, definition=TWO)
    read = sfn.describe_state_machine(stateMachineArn=arn)
    assert {name: read[name] for name in kept} == kept
    assert (read["definition"], read["roleArn"], read["type"]) == (TWO, ROLE, "EXPRESS")


def test_an_invocation_is_followed_to_its_end(sfn):
    """`sls invoke stepf` and integration tests: start, describe until it has ended, and its history if it failed."""
    fails = json.dumps(machine(F={"Type": "Fail", "Error": "E", "Cause": "C"}))
    arn = sfn.create_state_machine(name=fresh("sls"), definition=fails, roleArn=ROLE)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=arn, input='{"k": 1}')["executionArn"]

    def ended():
        now = sfn.describe_execution(executionArn=execution)
        return now if now["status"] in ENDED else None

    assert (until(ended)["status"], ended()["error"]) == ("FAILED", "E")
    [last] = sfn.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"]
    assert last["executionFailedEventDetails"] == {"error": "E", "cause": "C"}
