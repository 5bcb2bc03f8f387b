"""Small chunks, so that small files have many of them."""

import pytest

SMALL = 64
MODULES = ("source", "local_bucket", "text_window", "json_items", "unpacking", "s3_bucket", "result_writer")


@pytest.fixture
def small_chunks(monkeypatch):
    for name in MODULES:
        monkeypatch.setattr(f"stepwell.integrations.items.{name}.CHUNK_BYTES", SMALL)
