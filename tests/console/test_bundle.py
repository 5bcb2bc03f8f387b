"""The built files as they are answered."""

import gzip
from pathlib import Path

import pytest

from stepwell.console.bundle import POLICY, Bundle

PAGE = '<!doctype html><html><head><base href="/console/" /><title>x</title></head></html>'
GZIP = gzip.compress(b"plain", mtime=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "dist" / "index.html").write_text(PAGE)
    (tmp_path / "dist" / "stepwell.svg").write_text("<svg/>")
    (assets / "index-abc.js.br").write_bytes(b"brotli")
    (assets / "index-abc.js.gz").write_bytes(GZIP)
    return tmp_path / "dist"


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return Bundle("/console/", folder)


@pytest.mark.parametrize("path", ["", "index.html", "machines", "executions/arn:aws:x/y", "machines/a.b"])
def test_every_path_that_is_no_file_is_the_page(bundle: Bundle, path: str) -> None:
    file = bundle.find(path, "", None)
    assert (file.status, file.headers["cache-control"]) == (200, "no-cache")
    assert file.headers["content-type"] == "text/html; charset=utf-8"
    assert file.headers["content-security-policy"] == POLICY
    assert b"<title>" in file.body


def test_the_page_is_told_where_it_lives(folder: Path) -> None:
    assert b'<head><base href="/ops/console/"><title>' in Bundle("/ops/console/", folder).find("x", "", None).body


def test_the_page_is_not_sent_again_to_who_has_it(bundle: Bundle) -> None:
    tag = bundle.find("", "", None).headers["etag"]
    again = bundle.find("", "", f'"other", W/{tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    "accepts, body, encoding", [("gzip, br", b"brotli", "br"), ("gzip", GZIP, "gzip"), ("", b"plain", None)]
)
def test_assets_are_kept_for_ever_and_come_as_small_as_can_be(
    bundle: Bundle, accepts: str, body: bytes, encoding: str | None
) -> None:
    file = bundle.find("assets/index-abc.js", accepts, None)
    assert (file.status, file.body, file.headers.get("content-encoding")) == (200, body, encoding)
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["content-type"] == "text/javascript; charset=utf-8"
    assert file.headers["vary"] == "accept-encoding"
    assert bundle.find("assets/index-abc.js", accepts, file.headers["etag"]).status == 304


def test_each_form_of_a_file_has_a_tag_of_its_own(bundle: Bundle) -> None:
    tags = {bundle.find("assets/index-abc.js", accepts, None).headers["etag"] for accepts in ("br", "gzip", "")}
    assert len(tags) == 3


def test_files_beside_the_page_may_change(bundle: Bundle) -> None:
    file = bundle.find("stepwell.svg", "", None)
    assert (file.headers["content-type"], file.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.parametrize("path", ["assets/gone-abc.js", "assets/../assets/none", "assets/index-abc.js.br"])
def test_an_asset_that_is_not_there_is_not_the_page(bundle: Bundle, path: str) -> None:
    assert bundle.find(path, "", None).status == 404


@pytest.mark.parametrize(
    "path", ["../secret.js", "assets/../../secret.js", "/etc/passwd", "\0", "x" * 5_000, "a/" * 3_000]
)
def test_nothing_outside_is_served(bundle: Bundle, path: str) -> None:
    file = bundle.find(path, "", None)
    assert b"secret" not in file.body and b"root:" not in file.body
    assert file.status in (200, 404)


def test_links_lead_nowhere_else(bundle: Bundle, folder: Path) -> None:
    (folder / "assets" / "link.js").symlink_to(folder.parent / "secret.js")
    assert bundle.find("assets/link.js", "", None).status == 404


def test_without_a_build_there_is_a_page_that_says_how(tmp_path: Path) -> None:
    file = Bundle("/console/", tmp_path / "none").find("", "", None)
    assert file.status == 503 and b"make console-build" in file.body
