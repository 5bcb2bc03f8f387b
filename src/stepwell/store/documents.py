"""The verbs of documents, for every SQL database: small things that users of the console keep."""

from stepwell.store.driver import Driver, decode, encode
from stepwell.store.records import DocumentLine, DocumentRow


class SqlDocuments:
    """The part of a store (see `protocol.Store`) that keeps documents."""

    _driver: Driver

    async def put_document(self, document: DocumentRow, count_max: int) -> bool:
        """Add or replace a document; False when its owner has too many of its kind already."""
        key = (encode(document.owner), document.kind, encode(document.key))
        row = (*key, document.updated_ms, document.content, count_max)
        return (await self._driver.write([("put_document", row)]))[0] == 1

    async def load_document(self, owner: str, kind: str, key: str) -> DocumentRow | None:
        """A document by its key."""
        rows = await self._driver.fetch("load_document", encode(owner), kind, encode(key))
        return DocumentRow(owner, kind, key, *rows[0][3:]) if rows else None

    async def list_documents(self, owner: str, kind: str) -> list[DocumentLine]:
        """The documents of one kind, in order of key."""
        rows = await self._driver.fetch("list_documents", encode(owner), kind)
        return [DocumentLine(decode(key), *rest) for key, *rest in rows]

    async def delete_document(self, owner: str, kind: str, key: str) -> None:
        """Remove a document; one that is not there is no error."""
        await self._driver.write([("delete_document", (encode(owner), kind, encode(key)))])
