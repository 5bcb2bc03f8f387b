"""Connections out of a file: what may stand there, and that secrets may not."""

import pytest

from stepwell.engine.failure import Failure
from stepwell.integrations.http.connection import Additions, Connection, OAuth, name_of
from stepwell.integrations.http.connection_file import ConnectionFileError, FileConnections
from tests.integrations.fakes import ACCOUNT, a_call

ARN = f"arn:aws:events:us-east-1:{ACCOUNT}:connection"
FILE = """
[open]
type = "none"
headers = { X-Team = "shop", X-Key = { env = "KEY" } }
query = { tenant = "7" }
body = { by = "stepwell" }

[basic]
type = "basic"
username = "ada"
password = { env = "PASSWORD" }

[key]
type = "api_key"
name = "x-api-key"
value = { file = "SECRET" }

[bank]
type = "oauth_client_credentials"
endpoint = "https://login.example/token"
method = "PUT"
client_id = "me"
client_secret = { env = "PASSWORD" }
oauth = { body = { scope = "pay" }, headers = { X-A = "b" } }
"""
ENVIRONMENT = {"PASSWORD": "p:w", "KEY": "k"}


def read(tmp_path, text, account=ACCOUNT):
    path = tmp_path / "connections.toml"
    path.write_text(text.replace("SECRET", str(tmp_path / "secret")))
    (tmp_path / "secret").write_text("from a file\n")
    return FileConnections(path, account, ENVIRONMENT)


async def find(connections, arn):
    return await connections.find(arn, a_call("http", "invoke", {}))


async def test_each_kind(tmp_path):
    connections = read(tmp_path, FILE)
    assert await find(connections, f"{ARN}/open/1") == Connection(
        Additions({"X-Team": "shop", "X-Key": "k"}, {"tenant": "7"}, {"by": "stepwell"})
    )
    assert await find(connections, f"{ARN}/basic") == Connection(Additions({"Authorization": "Basic YWRhOnA6dw=="}))
    assert await find(connections, f"{ARN}/key/1") == Connection(Additions({"x-api-key": "from a file"}))
    asked = Additions({"X-A": "b"}, {}, {"scope": "pay"})
    oauth = OAuth("https://login.example/token", "PUT", "me", "p:w", asked)
    assert await find(connections, f"{ARN}/bank/1") == Connection(Additions(), oauth)


async def test_a_secret_is_read_anew(tmp_path):
    connections = read(tmp_path, FILE)
    (tmp_path / "secret").write_text("another\n")
    assert (await find(connections, f"{ARN}/key")).additions.headers == {"x-api-key": "another"}
    (tmp_path / "secret").unlink()
    failed = await find(connections, f"{ARN}/key")
    assert failed == Failure(
        "Events.ConnectionResource.InvalidSecretArn", f"A secret of the connection {ARN}/key cannot be read."
    )


async def test_nothing_of_a_connection_is_printed(tmp_path):
    connections = read(tmp_path, FILE)
    for name in ("open", "basic", "key", "bank"):
        text = repr(await find(connections, f"{ARN}/{name}"))
        assert not any(secret in text for secret in ("p:w", "YWRh", "from a file", "'k'", "'me'"))


@pytest.mark.parametrize(
    "arn",
    [
        *(f"{ARN}/other/1", "", "open", f"{ARN}", f"{ARN}/", f"{ARN}/open/1/2"),
        *(
            "arn:aws:events:us-east-1:999999999999:connection/open/1",
            f"arn:aws:sqs:us-east-1:{ACCOUNT}:connection/open",
        ),
        f"arn:aws:events:us-east-1:{ACCOUNT}:rule/open",
    ],
)
async def test_another_name_or_account_is_not_found(arn, tmp_path):
    assert await find(read(tmp_path, FILE), arn) is None


async def test_only_executions_of_the_servers_account_find_any(tmp_path):
    connections = read(tmp_path, FILE, account="999999999999")
    assert await find(connections, "arn:aws:events:us-east-1:999999999999:connection/open/1") is None


def test_names():
    assert name_of(f"{ARN}/open/1") == (ACCOUNT, "open")


@pytest.mark.parametrize(
    "text, said",
    [
        ('a = "b"', "a: type must be one of none, basic, api_key, oauth_client_credentials"),
        ('[a]\ntype = "magic"', "a: type must be one of"),
        ('[a]\ntype = "basic"\nusername = "u"', "a: password is missing"),
        ('[a]\ntype = "basic"\nusername = "u"\npassword = "in plain text"', "a: password must say where the secret is"),
        ('[a]\ntype = "api_key"\nname = "n"\nvalue = { env = 1 }', "a: value must say where"),
        ('[a]\ntype = "api_key"\nname = "n"\nvalue = { vault = "x" }', "a: value must say where"),
        ('[a]\ntype = "none"\npassword = { env = "P" }', "a: password is not known for none"),
        ('[a]\ntype = "none"\nheaders = "h"', "a.headers must be a table"),
        ('[a]\ntype = "none"\nquery = { q = 1 }', "a.query.q must be a text"),
        (
            '[a]\ntype = "oauth_client_credentials"\nendpoint = "e"\nclient_id = "i"\nclient_secret = { env = "S" }\n'
            "oauth = 1",
            "a.oauth must be a table",
        ),
        ("[a", "connections.toml"),
    ],
)
def test_a_file_of_no_use(tmp_path, text, said):
    with pytest.raises(ConnectionFileError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "in plain text" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(ConnectionFileError):
        FileConnections(tmp_path / "none.toml", ACCOUNT, {})
