"""What a folder, a `functions.toml` and a template list, and when they are read anew."""

import os

import pytest

from stepwell.functions.listing import FunctionList, InvalidList
from stepwell.functions.source import FunctionNotFound, Traits

LIST = """
[defaults]
timeout_s = 5
environment = {STAGE = "test", TABLE = "none"}

[functions.price]
memory_mb = 256
environment = {TABLE = "orders", LIMIT = 3}

[functions.ship]
code_uri = "../elsewhere"
handler = "app.run"
runtime = "python3.12"
reserved_concurrency = 2
layers = ["layers/shared"]

[functions.pack]
code_uri = "../elsewhere"
timeout_s = 0.5
"""


@pytest.fixture
def folder(tmp_path):
    for file in ("functions/price.py", "functions/plain.py", "elsewhere/app.py", "elsewhere/handler.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("def handler(event, context): pass\n")
    (tmp_path / "functions" / "functions.toml").write_text(LIST)
    return tmp_path / "functions"


def test_a_list_in_a_folder_adds_to_it(folder):
    functions = FunctionList(folder)
    assert functions.names() == ["pack", "plain", "price", "ship"]
    assert functions.find("plain").traits == Traits()
    environment = {"STAGE": "test", "TABLE": "orders", "LIMIT": "3"}
    assert functions.find("price").traits == Traits("", 5.0, 256, None, environment)
    ship = functions.find("ship")
    assert (ship.place.entry, ship.place.root) == (folder / "../elsewhere/app.py", folder / "../elsewhere")
    assert (ship.handler, ship.traits.runtime, ship.traits.concurrency) == ("run", "python3.12", 2)
    assert ship.traits.layers == (folder / "layers/shared",)
    assert functions.find("pack").place.entry == folder / "../elsewhere/handler.py"
    assert functions.find("pack").traits.timeout_s == 0.5


def test_a_list_alone_gives_what_it_names(folder):
    functions = FunctionList(folder / "functions.toml")
    assert functions.names() == ["pack", "price", "ship"]
    with pytest.raises(FunctionNotFound):
        functions.find("plain")


def test_a_change_of_the_list_shows_at_once(folder):
    functions = FunctionList(folder)
    before = functions.find("price")
    (folder / "functions.toml").write_text(LIST.replace("256", "512"))
    after = functions.find("price")
    assert after.traits.memory_mb == 512
    assert after.fingerprint != before.fingerprint
    (folder / "functions.toml").unlink()
    assert functions.names() == ["plain", "price"]
    assert functions.find("price").traits == Traits()


@pytest.mark.parametrize(
    "text, said",
    [
        ("[functions", "functions.toml: "),
        ("[function.a]\n", "there is no table 'function'"),
        ("[functions.a]\nmemory = 1\n", "a: there is no field 'memory'; there are handler, "),
        ("[functions.a]\ntimeout_s = 'x'\n", "a: timeout_s must be a number"),
        ("[functions.a]\ntimeout_s = true\n", "a: timeout_s must be a number"),
        ("[functions.a]\nreserved_concurrency = 1.5\n", "a: reserved_concurrency must be a number"),
        ("[functions.a]\nhandler = 1\n", "a: handler must be a text"),
        ("[functions.a]\nenvironment = 1\n", "a must be a table"),
        ("[functions.a]\nlayers = 'shared'\n", "a: layers must be a list of texts"),
        ("[functions.'a b']\n", "'a b' is no function name"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(folder, text, said):
    (folder / "functions.toml").write_text(text)
    with pytest.raises(InvalidList) as raised:
        FunctionList(folder).find("price")
    assert said in str(raised.value)


def test_a_template_is_a_list(folder):
    template = folder / "template.yaml"
    template.write_text("""
Resources:
  Price:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../elsewhere, Handler: app.handler, Runtime: python3.12}
  Bare:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ../elsewhere}
""")
    functions = FunctionList(template)
    assert functions.names() == ["Bare", "Price"]
    assert functions.find("Price").place.module == "app"
    assert functions.find("Bare").place.module == "handler"
    template.write_text("Resources: [")
    with pytest.raises(InvalidList, match=r"template\.yaml: the YAML cannot be read"):
        functions.find("Price")


def test_code_beside_the_entry_is_looked_at_once_a_second(tmp_path, monkeypatch):
    now_s = 0.0
    monkeypatch.setattr("stepwell.functions.listing.monotonic", lambda: now_s)
    (tmp_path / "one.py").write_text("")
    (tmp_path / "beside.py").write_text("A = 1")
    functions = FunctionList(tmp_path)
    before = functions.find("one")
    assert functions.find("one") is before
    os.utime(tmp_path / "beside.py", (5, 5))
    assert functions.find("one") is before
    now_s = 1.1
    assert functions.find("one").fingerprint != before.fingerprint
