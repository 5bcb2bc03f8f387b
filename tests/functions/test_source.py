"""Names of functions and the files they mean."""

import os

import pytest

from stepwell.functions.source import FunctionFolder, FunctionName, FunctionNotFound, parse_function_name


@pytest.mark.parametrize(
    "text, name, qualifier",
    [
        ("echo", "echo", None),
        ("echo:$LATEST", "echo", "$LATEST"),
        ("function:echo:2", "echo", "2"),
        ("123456789012:function:echo", "echo", None),
        ("123456789012:echo:live", "echo", "live"),
        ("arn:aws:lambda:us-east-1:123456789012:function:echo", "echo", None),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:echo:live", "echo", "live"),
    ],
)
def test_forms_of_a_name(text, name, qualifier):
    assert parse_function_name(text) == FunctionName(name, qualifier)


@pytest.mark.parametrize(
    "text, handler",
    [
        ("def handler(event, context): pass\n", "handler"),
        ("def lambda_handler(event, context): pass\n", "lambda_handler"),
        ("async def handler(event, context): pass\n", "handler"),
        ("handler = print\n", "handler"),
        ("from elsewhere import lambda_handler\n", "lambda_handler"),
        ("def lambda_handler(e, c): pass\ndef handler(e, c): pass\n", "handler"),
        ("def handlers(): pass\nlambda_handler = 1\n", "lambda_handler"),
        ("", "handler"),
    ],
)
def test_the_handler_is_found_in_the_text(tmp_path, text, handler):
    (tmp_path / "one.py").write_text(text)
    assert FunctionFolder(tmp_path).find("one").handler == handler


def test_names_and_forms_of_functions(tmp_path):
    (tmp_path / "one.py").write_text("")
    (tmp_path / "not a name.py").write_text("")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "lambda_function.py").write_text("")
    (tmp_path / "empty").mkdir()
    folder = FunctionFolder(tmp_path)
    assert folder.names() == ["one", "two"]
    assert FunctionFolder(tmp_path / "nowhere").names() == []
    two = folder.find("two")
    assert (two.module, two.handler, two.shared_root) == ("lambda_function", "lambda_handler", False)
    with pytest.raises(FunctionNotFound):
        folder.find("empty")


def test_a_change_beside_the_entry_changes_the_fingerprint(tmp_path, monkeypatch):
    now_s = 0.0
    monkeypatch.setattr("stepwell.functions.source.monotonic", lambda: now_s)
    (tmp_path / "one.py").write_text("")
    (tmp_path / "beside.py").write_text("A = 1")
    folder = FunctionFolder(tmp_path)
    before = folder.find("one")
    assert folder.find("one") is before
    os.utime(tmp_path / "beside.py", (5, 5))
    assert folder.find("one") is before
    now_s = 1.1
    assert folder.find("one").fingerprint != before.fingerprint
