"""Templates: which functions they describe, and what becomes of references that only a deployment knows."""

import json
import sys
from pathlib import Path

import pytest

from stepwell.functions.sam import TEMPLATE_BYTES_MAX, read_template

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: beta}
  Key: {Type: String}
Globals:
  Function:
    Timeout: 10
    Runtime: python3.12
    Layers: [!Ref Shared, !Sub "arn:aws:lambda:${AWS::Region}:1:layer:far:1"]
    Environment: {Variables: {STAGE: !Ref Stage, FLAG: true}}
Resources:
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/shared}}
  Orders: {Type: AWS::DynamoDB::Table}
  Put:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "put-${Stage}"
      CodeUri: src/put
      Handler: app.handler
      MemorySize: 512
      ReservedConcurrentExecutions: 0
      Environment:
        Variables:
          TABLE: !Ref Orders
          OTHER: !GetAtt Get.Arn
          BUCKET: !Join ["-", [a, !Ref AWS::AccountId]]
          TEXT: !Sub ["${x}/${AWS::Region}/${!kept}", {x: !Ref Stage}]
          SECRET: !Ref Key
          CHOSEN: !If [a, b, c]
          IMPORTED: !ImportValue x
          UNKNOWN: !Sub "${Nothing}"
  Get:
    Type: AWS::Lambda::Function
    Properties: {Code: src/get, Handler: index.handler, Runtime: nodejs22.x, Timeout: 3.5}
  Boxed:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, Runtime: !Ref AWS::NoValue}
"""


@pytest.fixture
def template(tmp_path):
    def write(text, name="template.yaml"):
        (tmp_path / name).write_text(text)
        return read_template(tmp_path / name, account="111122223333", region="eu-west-1")

    return write


def test_functions_and_their_traits(template, tmp_path):
    found = template(TEMPLATE)
    assert sorted(found) == ["Boxed", "Get", "Put", "put-beta"]
    put = found["put-beta"]
    assert found["Put"] is put
    assert (put.root, put.handler) == (tmp_path / "src/put", "app.handler")
    assert (put.traits.runtime, put.traits.timeout_s, put.traits.memory_mb) == ("python3.12", 10, 512)
    assert put.traits.concurrency == 0
    assert put.traits.layers == (tmp_path / "layers/shared",)
    assert put.traits.environment == {
        "STAGE": "beta",
        "FLAG": "true",
        "TABLE": "Orders",
        "OTHER": "arn:aws:lambda:eu-west-1:111122223333:function:Get",
        "BUCKET": "a-111122223333",
        "TEXT": "beta/eu-west-1/${kept}",
    }
    get = found["Get"].traits
    assert (get.runtime, get.timeout_s, get.memory_mb, get.concurrency) == ("nodejs22.x", 3.5, 128, None)
    assert found["Boxed"].traits.runtime == "Image"


def test_a_property_of_another_shape_counts_as_none(template):
    given = {"Handler": "a.b", "Layers": "x", "Environment": [], "CodeUri": {"Bucket": "b"}}
    found = template(json.dumps({"Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": given}}}))
    assert (found["F"].traits.layers, found["F"].traits.environment) == ((), {})


def test_lambdas_own_timeout_where_none_is_named(template):
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "a.b"}}}
    found = template(json.dumps({"Resources": resources}), "template.json")
    assert found["F"].traits.timeout_s == 3


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: b", "this is no template: it has no Resources"),
        ("- a", "this is no template"),
        ("Resources: [", "the YAML cannot be read"),
        ("{", "Expecting property name"),
        ("Resources: {A: !!python/object:os.system {}}", "the YAML cannot be read"),
        ("#" * (TEMPLATE_BYTES_MAX + 1), "a template has at most 1048576 bytes"),
    ],
)
def test_what_is_no_template_is_refused(template, text, said):
    with pytest.raises(ValueError, match=said):
        template(text)


def test_without_pyyaml_it_says_what_to_install(template, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ValueError, match=r"install stepwell\[sam\]"):
        template(TEMPLATE)
    assert template('{"Resources": {}}', "template.json") == {}


def test_nobody_elses_yaml_means_more_than_before(template):
    import yaml

    template(TEMPLATE)
    with pytest.raises(yaml.constructor.ConstructorError):
        yaml.safe_load("a: !Ref B")


def test_paths_are_relative_to_the_template(template):
    assert template(TEMPLATE)["Get"].root.relative_to(Path(template(TEMPLATE)["Boxed"].root)) == Path("src/get")
