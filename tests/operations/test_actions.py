"""The actions that a Task can call, as people choose among them."""

import pytest

from stepwell.errors import ResourceNotFound
from stepwell.integrations.base import Registry
from stepwell.operations.actions import describe_action, list_actions, list_services


class Performs:
    """Stands in the registry; nobody calls it here."""

    repeatable = False

    async def perform(self, call):  # pragma: no cover
        raise NotImplementedError

    watch = cancel = perform


async def test_optimized_services_say_what_this_server_performs() -> None:
    registry = Registry(third_parties=lambda: ())
    registry.register("sqs", Performs())
    answer = await list_services(registry)
    by_name = {service["name"]: service["actions"] for service in answer["optimized"]}
    assert by_name["sqs"] == [{"name": "sendMessage", "patterns": ["", "waitForTaskToken"], "available": True}]
    assert by_name["glue"] == [{"name": "startJobRun", "patterns": ["", "sync"], "available": False}]
    assert "s3" in answer["sdk"]


async def test_the_actions_of_a_service() -> None:
    answer = await list_actions("aws-sdk:sqs")
    assert answer["service"] == "aws-sdk:sqs"
    assert "sendMessage" in answer["actions"]
    with pytest.raises(ResourceNotFound, match="nowhere"):
        await list_actions("nowhere")


async def test_the_arguments_of_an_action() -> None:
    answer = await describe_action("sqs", "sendMessage")
    assert answer["arguments"]["required"] == ["QueueUrl", "MessageBody"]
    assert (await describe_action("elasticmapreduce", "addStep"))["arguments"] is None
