"""By which names a server may be asked: no page can have a name of its own lead here."""

import pytest

from stepwell.hosts import Hosts, is_host_name

GIVEN = Hosts(["Stepwell.internal", "*.example.org"])


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:80", "localhost.", "127.0.0.1", "127.9.9.9:80", "[::1]:80", "[::1]"),
        *("sync-localhost:8083", "sync-127.0.0.1:8083"),
        *(
            "states.eu-west-1.amazonaws.com",
            "sync-states.us-east-1.amazonaws.com:443",
            "states.cn-north-1.amazonaws.com.cn",
        ),
    ],
)
def test_names_of_this_machine(host: str) -> None:
    assert Hosts().has(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        *("", ":80", "::1", "[::2]:1", "[", "0.0.0.0", "10.0.0.7:8083", "stepwell.example", "127.0.0.1.example:80"),
        *("localhost.example", "xlocalhost", "sync-", "sync-sync-localhost", "sync-stepwell.example", "caf\xe9"),
        *("states.x.amazonaws.com.evil.example", "ec2-1-2-3-4.compute-1.amazonaws.com", "xstates.x.amazonaws.com"),
        *("localhost:80@evil.example", "127.0.0.1, evil.example", "%00localhost"),
    ],
)
def test_names_of_others(host: str) -> None:
    assert not Hosts().has(host.encode("latin-1"))


@pytest.mark.parametrize(
    "host, wanted",
    [
        ("stepwell.internal:443", True),
        ("sync-STEPWELL.internal", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("badexample.org", False),
        ("x.stepwell.internal", False),
        ("localhost", True),
    ],
)
def test_names_that_were_given(host: str, wanted: bool) -> None:
    assert GIVEN.has(host.encode()) is wanted


@pytest.mark.parametrize(
    "name, wanted",
    [
        *(("a", True), ("a.b-c_d.e", True), ("*.example.org", True)),
        *(("*", False), ("a:80", False), ("http://a", False), ("a b", False), ("", False), ("*.*.a", False)),
    ],
)
def test_what_can_be_given(name: str, wanted: bool) -> None:
    assert is_host_name(name) is wanted
