"""How the integration of a resource is found."""

import pytest

from stepwell.integrations.base import Registry, UnknownIntegration


class Named:
    def __init__(self, name):
        self.name = name


class Offered:
    def __init__(self, name):
        self.name = name
        self.loads = 0

    def load(self):
        self.loads += 1
        return lambda: Named(self.name)


def test_the_most_exact_key_wins():
    registry = Registry(lambda: ())
    registry.register("aws-sdk", Named("any"))
    registry.register("aws-sdk:sfn", Named("sfn"))
    registry.register("aws-sdk:sfn", Named("start"), "startExecution")
    assert registry.find("aws-sdk:sfn", "startExecution").name == "start"
    assert registry.find("aws-sdk:sfn", "listActivities").name == "sfn"
    assert registry.find("aws-sdk:s3", "getObject").name == "any"
    with pytest.raises(UnknownIntegration, match="sqs:sendMessage"):
        registry.find("sqs", "sendMessage")


def test_third_parties_are_read_when_needed_and_loaded_once():
    reads = []
    offers = [Offered("sqs:sendMessage"), Offered("sns"), Offered("lambda")]

    def offered():
        reads.append(1)
        return offers

    registry = Registry(offered)
    registry.register("lambda", Named("ours"), "invoke")
    assert registry.find("lambda", "invoke").name == "ours"
    assert reads == []
    assert registry.find("sqs", "sendMessage").name == "sqs:sendMessage"
    assert registry.find("sqs", "sendMessage") is registry.find("sqs", "sendMessage")
    assert registry.find("sns", "publish").name == "sns"
    assert reads == [1]
    assert [offer.loads for offer in offers] == [1, 1, 0]


def test_installed_entry_points_are_asked_by_default():
    with pytest.raises(UnknownIntegration):
        Registry().find("no-such-service", "act")


class Made:
    """An integration that a family made."""

    def __init__(self, service, action):
        self.name = f"{service}:{action}"


def test_a_family_makes_what_is_not_registered():
    registry = Registry(list)
    registry.register_family("aws-sdk", Made)
    registry.register_family("sqs", lambda service, action: Made(service, action) if action == "sendMessage" else None)
    assert registry.find("aws-sdk:s3", "getObject").name == "aws-sdk:s3:getObject"
    assert registry.find("sqs", "sendMessage").name == "sqs:sendMessage"
    with pytest.raises(UnknownIntegration):
        registry.find("sqs", "purge")
    own = Made("own", "one")
    registry.register("sqs", own)
    assert registry.find("sqs", "sendMessage") is own
