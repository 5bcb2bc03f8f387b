"""Documents: what every store must do for the small things that users keep."""

from stepwell.store.records import DocumentLine, DocumentRow
from stepwell.testing.store_samples import AWKWARD, NOW_MS, Checks, MakeStore, new_word, opened_store

CHECKS = Checks()


def _document(owner: str, key: str = "k", content: bytes = b"{}", at_ms: int = NOW_MS) -> DocumentRow:
    return DocumentRow(owner, "draft", key, at_ms, content)


@CHECKS.listed
async def documents_are_put_replaced_and_deleted(make_store: MakeStore) -> None:
    owner = f"arn:aws:iam::123456789012:user/{new_word()}"
    async with opened_store(make_store) as store:
        assert await store.load_document(owner, "draft", "k") is None
        assert await store.put_document(_document(owner), 9)
        changed = _document(owner, content=AWKWARD, at_ms=NOW_MS + 1)
        assert await store.put_document(changed, 9)
        await store.delete_document(owner, "draft", "absent")
    async with opened_store(make_store) as store:
        assert await store.load_document(owner, "draft", "k") == changed
        assert await store.load_document(owner, "layout", "k") is None
        assert await store.load_document(owner + "x", "draft", "k") is None
        await store.delete_document(owner, "draft", "k")
        assert await store.load_document(owner, "draft", "k") is None


@CHECKS.listed
async def documents_are_listed_by_key_without_their_contents(make_store: MakeStore) -> None:
    owner = new_word()
    async with opened_store(make_store) as store:
        for key, content in (("b", b"12"), ("a\x00\ud800", b"1"), ("é", b"")):
            assert await store.put_document(_document(owner, key, content), 9)
        assert await store.list_documents(owner, "draft") == [
            DocumentLine("a\x00\ud800", NOW_MS, 1),
            DocumentLine("b", NOW_MS, 2),
            DocumentLine("é", NOW_MS, 0),
        ]
        assert await store.list_documents(owner, "layout") == []


@CHECKS.listed
async def an_owner_has_so_many_documents_of_a_kind(make_store: MakeStore) -> None:
    owner = new_word()
    async with opened_store(make_store) as store:
        assert await store.put_document(_document(owner, "a"), 2)
        assert await store.put_document(_document(owner, "b"), 2)
        assert not await store.put_document(_document(owner, "c"), 2)
        assert await store.put_document(_document(owner, "b", b"new"), 2)
        assert await store.put_document(DocumentRow(owner, "layout", "c", NOW_MS, b"1"), 2)
        assert [line.key for line in await store.list_documents(owner, "draft")] == ["a", "b"]
