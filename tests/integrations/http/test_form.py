"""Forms: the spellings that were recorded."""

import pytest

from stepwell.integrations.http.form import encode_form


@pytest.mark.parametrize(
    "array_format, text",
    [
        ("INDICES", "items%5B0%5D=a&items%5B1%5D=b"),
        ("REPEAT", "items=a&items=b"),
        ("COMMAS", "items=a%2Cb"),
        ("BRACKETS", "items%5B%5D=a&items%5B%5D=b"),
    ],
)
def test_lists(array_format, text):
    assert encode_form({"items": ["a", "b"]}, array_format) == text


@pytest.mark.parametrize(
    "body, text",
    [
        ({"a": "b c+d"}, "a=b%20c%2Bd"),
        ({"nested": {"k": "v"}}, "nested%5Bk%5D=v"),
        ({"n": 1, "f": 1.5, "t": True, "z": None}, "n=1&f=1.5&t=true&z="),
        ({"deep": [{"k": [1]}]}, "deep%5B0%5D%5Bk%5D%5B0%5D=1"),
        ({"é&=": "/?"}, "%C3%A9%26%3D=%2F%3F"),
        ({"lone": "\ud800"}, "lone=%3F"),
        ({}, ""),
    ],
)
def test_members(body, text):
    assert encode_form(body, "INDICES") == text
