"""The service model is read as data: cheaply, and wherever botocore keeps it."""

import gzip
import subprocess
import sys

import orjson
import pytest

from stepwell.api import model
from stepwell.api.model import load_operations

SMALL = {
    "operations": {"Ping": {"input": {"shape": "PingInput"}, "output": {"shape": "PingOutput"}}},
    "shapes": {
        "PingInput": {"type": "structure", "members": {"theName": {"shape": "Name", "documentation": "x"}}},
        "PingOutput": {"type": "structure", "members": {}, "documentation": "x"},
        "Name": {"type": "string"},
    },
}


def test_reading_the_model_leaves_botocores_machinery_out():
    code = (
        "import sys; from stepwell.api import make_app; from stepwell.api.model import load_operations;"
        "load_operations(); make_app(None);"
        "heavy = {'botocore.loaders', 'botocore.model', 'botocore.session', 'botocore.client', 'urllib3', 'jmespath'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_operations_are_built_once():
    assert load_operations() is load_operations()
    operation = load_operations()["StartExecution"]
    assert (operation.name, operation.snake) == ("StartExecution", "start_execution")
    assert operation.action == "states:StartExecution"


@pytest.mark.parametrize("packed", [True, False])
def test_newest_version_packed_or_plain(tmp_path, monkeypatch, packed):
    service = tmp_path / "data" / "stepfunctions"
    for version in ("2016-11-23", "2030-01-01", "_notes"):
        (service / version).mkdir(parents=True)
    text = orjson.dumps(SMALL)
    newest = service / "2030-01-01" / "service-2.json"
    if packed:
        newest.with_name("service-2.json.gz").write_bytes(gzip.compress(text))
    else:
        newest.write_bytes(text)
    monkeypatch.setattr(model.resources, "files", lambda name: tmp_path)
    load_operations.cache_clear()
    try:
        operations = load_operations()
    finally:
        load_operations.cache_clear()
    assert list(operations) == ["Ping"]
    assert operations["Ping"].decode(b'{"theName":"x"}') == {"the_name": "x"}
