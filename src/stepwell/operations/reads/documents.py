"""Small things that the console keeps for a user: layouts, samples, drafts, saved filters, snippets."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from stepwell.caller import Caller
from stepwell.errors import ResourceNotFound, ServiceQuotaExceededException, ValidationException
from stepwell.operations.service import Service
from stepwell.store.records import DocumentRow

KINDS: Final = ("layout", "sample", "draft", "filter", "snippet")
KEY_CHARACTERS_MAX: Final = 200
CONTENT_BYTES_MAX: Final = 262_144
OF_A_KIND_MAX: Final = 1_000


class Document(Struct, rename="camel"):
    """A document; `content` is any JSON value."""

    key: str
    updated_ms: int
    content: Any


class DocumentInfo(Struct, rename="camel"):
    """A document of a list."""

    key: str
    updated_ms: int
    bytes: int


class Documents(Struct, rename="camel"):
    """The documents of one kind, by key."""

    rows: list[DocumentInfo]


class Done(Struct):
    """It is done; there is nothing to say about it."""


async def get_document(service: Service, caller: Caller, *, kind: str, key: str) -> Document:
    """A document of the caller's. Raises `ResourceNotFound`, `ValidationException`."""
    _check(kind, key)
    found = await service.store.load_document(_owner(caller), kind, key)
    if found is None:
        raise ResourceNotFound(f"There is no {kind} '{key}'")
    return Document(key, found.updated_ms, msgspec.json.decode(found.content))


async def put_document(service: Service, caller: Caller, *, kind: str, key: str, content: Any = None) -> Document:
    """Write a document. Raises `ValidationException`, `ServiceQuotaExceededException`."""
    _check(kind, key)
    try:
        body = msgspec.json.encode(content)
    except UnicodeEncodeError:
        raise ValidationException("The content has half of a surrogate pair") from None
    if len(body) > CONTENT_BYTES_MAX:
        raise ValidationException(f"A document's content has at most {CONTENT_BYTES_MAX} bytes, not {len(body)}")
    row = DocumentRow(_owner(caller), kind, key, service.clock.now_ms(), body)
    if not await service.store.put_document(row, OF_A_KIND_MAX):
        raise ServiceQuotaExceededException(f"A user has at most {OF_A_KIND_MAX} documents of the kind {kind}")
    return Document(key, row.updated_ms, content)


async def delete_document(service: Service, caller: Caller, *, kind: str, key: str) -> Done:
    """Remove a document, if it is there. Raises `ValidationException`."""
    _check(kind, key)
    await service.store.delete_document(_owner(caller), kind, key)
    return Done()


async def list_documents(service: Service, caller: Caller, *, kind: str) -> Documents:
    """The caller's documents of a kind. Raises `ValidationException`."""
    _check(kind, "-")
    lines = await service.store.list_documents(_owner(caller), kind)
    return Documents([DocumentInfo(line.key, line.updated_ms, line.content_bytes) for line in lines])


def _check(kind: str, key: str) -> None:
    if kind not in KINDS:
        raise ValidationException(f"A document's kind is one of {', '.join(KINDS)}")
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX:
        raise ValidationException(f"A document's key has 1 to {KEY_CHARACTERS_MAX} characters")


def _owner(caller: Caller) -> str:
    return caller.principal or caller.account
