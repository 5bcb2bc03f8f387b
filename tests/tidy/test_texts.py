"""What no file of the project may contain, in words."""

import re

import pytest

from tests.tidy.trees import ROOT, nothing, texts

# Spelled so that this file does not contain what it looks for.
FORBIDDEN = {
    "a registry's address": r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|deb\.debian)\.(?:org|com|io)\b",
    "a path of somebody's machine": r"(?<![\w.{}>/-])/(?:work|root|home/\w+)/\w|\.\./shared\b|/tmp/(?:venv|briefs)\b",
    "a note to do something later": r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b",
    "a merge that was not finished": r"(?m)^(?:<{7}|>{7}) ",
}


def found(pattern: str, files: dict[str, str]) -> list[str]:
    lines = []
    for path, text in files.items():
        for match in re.finditer(pattern, text):
            lines.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}")
    return lines


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what):
    nothing(found(FORBIDDEN[what], texts()))


def test_pinned_files_name_no_address():
    pinned = [*ROOT.glob("requirements/*.txt"), *ROOT.glob("console/package-lock.json")]
    # A lock file repeats where a package asks for donations, and that alone.
    donations = "opencollective.com|github.com|tidelift.com|www.i18next.com|www.locize.com"
    address = re.compile(rf'"resolved"|://(?!{donations})')
    nothing([path.name for path in pinned if address.search(path.read_text())])


def test_the_checks_find():
    wrong = {"a": "https://py" + "pi.org/x", "b": "see /wo" + "rk/main", "c": "# TO" + "DO: later", "d": "<<<<<<< HEAD"}
    assert [len(found(pattern, wrong)) for pattern in FORBIDDEN.values()] == [1, 1, 1, 1]
