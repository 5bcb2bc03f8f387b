"""Every setting is an option; what is given wins over the environment."""

import click
import pytest
from click.testing import CliRunner

from stepwell.cli.options import settings_of
from stepwell.cli.program import program
from stepwell.cli.sandbox import sandbox_of
from stepwell.cli.serve import check_host, welcome
from stepwell.settings import Settings, meanings


def test_each_setting_is_an_option_of_serve_with_its_default():
    said = " ".join(CliRunner().invoke(program, ["serve", "--help"]).output.split())
    for name, default, meaning in meanings():
        assert f"--{name.replace('_', '-')}" in said
        assert meaning[1:40] in said
        if isinstance(default, str | int) and not isinstance(default, bool):
            assert f"[default: {default}]" in said.replace("us- east-1", "us-east-1")


def test_options_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("STEPWELL_PORT", "9000")
    monkeypatch.setenv("STEPWELL_GRACE_S", "2.5")
    settings = settings_of({"port": 9001, "grace_s": None})
    assert (settings.port, settings.grace_s) == (9001, 2.5)


@pytest.mark.parametrize("text, meant", [("1", True), ("true", True), ("No", False), ("0", False)])
def test_a_switch_can_be_set_by_the_environment(monkeypatch, text, meant):
    monkeypatch.setenv("STEPWELL_SANDBOX", text)
    assert settings_of({}).sandbox is meant
    assert settings_of({"sandbox": True}).sandbox is True


def test_a_switch_is_yes_or_no(monkeypatch):
    monkeypatch.setenv("STEPWELL_SANDBOX", "perhaps")
    with pytest.raises(click.UsageError, match="STEPWELL_SANDBOX must be a bool"):
        settings_of({})


@pytest.mark.parametrize(
    "options, text",
    [
        ({"account": "12"}, "twelve digits"),
        ({"node_address": "7000"}, "node_address must be none or like 10.0.0.5:7000"),
        ({"node_address": "0.0.0.0:7000"}, "node_address must be"),
        ({"port": 70_000}, "between 0 and 65535"),
        ({"functions": "/no/such/folder"}, "does not exist"),
    ],
)
def test_a_wrong_setting_is_wrong_use(options, text):
    with pytest.raises(click.UsageError, match=text):
        settings_of(options)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_loopback_is_taken(host):
    check_host(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "example.com", "localhost.example.com"])
def test_what_others_can_reach_is_refused(host):
    with pytest.raises(click.UsageError, match="signatures"):
        check_host(host)


def test_a_sandbox_and_another_endpoint_for_all_are_one_too_many(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere")
    with (
        pytest.raises(click.UsageError, match="AWS_ENDPOINT_URL names 'http://elsewhere' already"),
        sandbox_of(Settings(sandbox=True)),
    ):
        pass


def test_the_first_lines_say_how_to_reach_it():
    said = click.unstyle(welcome(Settings(host="::1", database=":memory:", region="eu-west-1"), "http://[::1]:81"))
    assert "http://[::1]:81\n" in said
    assert "--endpoint-url http://[::1]:81 --region eu-west-1" in said
    assert "gone when this server stops" in said
    assert "power" in welcome(Settings(durability="fast", lambda_endpoint="http://x"), "")
    assert "at http://x" in welcome(Settings(lambda_endpoint="http://x"), "")
