"""Names of functions, the files they mean, and what a handler's text means."""

from pathlib import Path

import pytest

from stepwell.functions.source import (
    NODE,
    PYTHON,
    FunctionName,
    Traits,
    names_in,
    parse_function_name,
    place_at,
    place_in,
    place_of,
    read_source,
)


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


def handler_of(folder, name):
    return read_source(name, place_in(folder, name), Traits()).handler


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
    assert handler_of(tmp_path, "one") == handler


@pytest.mark.parametrize(
    "text, handler",
    [
        ("exports.handler = async () => 1\n", "handler"),
        ("export const lambdaHandler = async () => 1\n", "lambdaHandler"),
        ("module.exports = { handler: () => 1, lambdaHandler: () => 2 }\n", "handler"),
        ("", "handler"),
    ],
)
def test_the_handler_is_found_in_javascript(tmp_path, text, handler):
    (tmp_path / "one.mjs").write_text(text)
    assert handler_of(tmp_path, "one") == handler


def test_names_and_forms_of_functions(tmp_path):
    for file in ("one.py", "not a name.py", "two/lambda_function.py", "three/index.mjs", "four.cjs", "readme.txt"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")
    (tmp_path / "empty").mkdir()
    assert names_in(tmp_path) == {"one", "two", "three", "four"}
    assert names_in(tmp_path / "nowhere") == set()
    two = place_in(tmp_path, "two")
    assert (two.module, two.root, two.shared) == ("lambda_function", tmp_path / "two", False)
    assert place_in(tmp_path, "empty") is None
    assert place_at(tmp_path / "three", "other") == place_in(tmp_path, "three")
    assert read_source("four", place_in(tmp_path, "four"), Traits()).language == NODE
    assert read_source("two", two, Traits()).language == PYTHON


@pytest.mark.parametrize(
    "handler, language, entry, module, name",
    [
        ("app.handler", PYTHON, "app.py", "app", "handler"),
        ("src/put.run", PYTHON, "src/put.py", "src.put", "run"),
        ("shop.orders.put", PYTHON, "shop/orders.py", "shop.orders", "put"),
        ("index.handler", NODE, "index.js", "index", "handler"),
        ("src/handlers/put.api.run", NODE, "src/handlers/put.mjs", "src/handlers/put", "api.run"),
    ],
)
def test_a_handlers_text_is_read_as_lambda_reads_it(tmp_path, handler, language, entry, module, name):
    (tmp_path / "src" / "handlers").mkdir(parents=True)
    (tmp_path / "src" / "handlers" / "put.mjs").write_text("")
    assert place_of(tmp_path, handler, language) == (tmp_path / entry, tmp_path, False, module, name)


def test_layers_and_what_is_said_count_as_code(tmp_path):
    (tmp_path / "one.py").write_text("")
    layer = tmp_path / "layer"
    layer.mkdir()
    place = place_in(tmp_path, "one")

    def fingerprint(**traits):
        return read_source("one", place, Traits(**traits)).fingerprint

    plain = fingerprint(layers=(layer,))
    assert fingerprint(layers=(layer,)) == plain
    assert fingerprint(layers=(layer,), environment={"A": "1"}) != plain
    (layer / "beside.py").write_text("A = 1")
    assert fingerprint(layers=(layer,)) != plain


def test_a_link_out_of_the_folder_is_no_function(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "out.js").write_text("")
    (inside / "out.js").symlink_to(tmp_path / "out.js")
    assert place_in(Path(inside), "out") is None
