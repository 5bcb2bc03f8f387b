"""The actions that a Task can call, as people choose among them."""

import pytest

from stepwell.caller import Caller
from stepwell.errors import ResourceNotFound
from stepwell.operations.reads.actions import list_actions

CALLER = Caller("123456789012", "us-east-1")


class Performs:
    """Stands in the registry; nobody calls it here."""

    repeatable = False

    async def perform(self, call):
        raise NotImplementedError

    watch = cancel = perform


async def test_optimized_services_say_what_this_server_performs(server) -> None:
    server.registry.register("sqs", Performs())
    answer = await list_actions(server.service, CALLER)
    by_name = {service["name"]: service["actions"] for service in answer["optimized"]}
    assert by_name["sqs"] == [{"name": "sendMessage", "patterns": ["", "waitForTaskToken"], "available": True}]
    assert by_name["glue"] == [{"name": "startJobRun", "patterns": ["", "sync"], "available": False}]
    assert "s3" in answer["sdk"]


async def test_the_actions_of_a_service(server) -> None:
    answer = await list_actions(server.service, CALLER, of="aws-sdk:sqs")
    assert answer["service"] == "aws-sdk:sqs"
    assert "sendMessage" in answer["actions"]
    with pytest.raises(ResourceNotFound, match="nowhere"):
        await list_actions(server.service, CALLER, of="nowhere")


async def test_the_arguments_of_an_action(server) -> None:
    answer = await list_actions(server.service, CALLER, of="sqs", action="sendMessage")
    assert answer["arguments"]["required"] == ["QueueUrl", "MessageBody"]
    without = await list_actions(server.service, CALLER, of="elasticmapreduce", action="addStep")
    assert without["arguments"] is None
