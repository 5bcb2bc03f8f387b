"""What the console keeps for a user."""

from typing import Any

import pytest
from msgspec.structs import replace

from stepwell.operations.reads import documents
from tests.operations.conftest import Server
from tests.operations.reads.reading import CALLER, read, refused


@pytest.mark.parametrize("content", [{"x": [1, 2.5, None, "é"]}, [], "text", 7, None])
async def test_a_document_is_kept_as_it_came(server: Server, content: Any) -> None:
    put = await read(server, "PutDocument", kind="draft", key="a/b ü", content=content)
    assert put == await read(server, "GetDocument", kind="draft", key="a/b ü")
    assert put["content"] == content


async def test_lists_and_deletions(server: Server) -> None:
    for key in ("b", "a"):
        await read(server, "PutDocument", kind="layout", key=key, content={"at": key})
    rows = (await read(server, "ListDocuments", kind="layout"))["rows"]
    assert [(row["key"], row["bytes"]) for row in rows] == [("a", 10), ("b", 10)]
    assert (await read(server, "ListDocuments", kind="draft"))["rows"] == []
    await read(server, "DeleteDocument", kind="layout", key="a")
    assert (await refused(server, "GetDocument", kind="layout", key="a"))[0] == "ResourceNotFound"


async def test_users_have_documents_of_their_own(server: Server) -> None:
    other = replace(CALLER, principal="arn:aws:iam::123456789012:user/other")
    await read(server, "PutDocument", kind="draft", key="k", content=1)
    assert (await refused(server, "GetDocument", other, kind="draft", key="k"))[0] == "ResourceNotFound"


async def test_bounds(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await refused(server, "PutDocument", kind="novel", key="k", content=1))[0] == "ValidationException"
    for key in ("", "k" * 201):
        assert (await refused(server, "GetDocument", kind="draft", key=key))[0] == "ValidationException"
    large = "x" * documents.CONTENT_BYTES_MAX
    assert (await refused(server, "PutDocument", kind="draft", key="k", content=large))[0] == "ValidationException"
    assert (await refused(server, "PutDocument", kind="draft", key="k", content="\ud800"))[0] == "ValidationException"
    monkeypatch.setattr(documents, "OF_A_KIND_MAX", 1)
    await read(server, "PutDocument", kind="draft", key="k", content=1)
    refusal = await refused(server, "PutDocument", kind="draft", key="l", content=1)
    assert refusal[0] == "ServiceQuotaExceededException"
