"""The intrinsic functions on texts: formatting, JSON text, Base64, digests, splitting."""

import base64
import binascii
import hashlib
import re
from typing import Any, Final

from stepwell.limits import Limits
from stepwell.payload import JsonError, parse_json, print_json
from stepwell.query.failures import InvalidArguments
from stepwell.query.java_text import print_java
from stepwell.query.registry import intrinsic
from stepwell.query.weight import weigh

_DIGESTS: Final = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
_JSON_BLANKS: Final = " \t\r\n"
ESCAPABLE: Final = "\\'{}"
_ESCAPE: Final = re.compile(r"\\([\\'{}])")
_TEMPLATE_PART: Final = re.compile(r"\\([\\'{}])|(\{\})")


def split_template(template: str) -> tuple[str, ...]:
    """The texts between the `{}` of a template, unescaped: one more than it has places.

    A backslash escapes `'`, `{`, `}` and itself and leaves other characters alone. (States Language spec)
    """
    pieces: list[str] = []
    piece: list[str] = []
    position = 0
    for found in _TEMPLATE_PART.finditer(template):
        piece.append(template[position : found.start()])
        position = found.end()
        if found[2]:
            pieces.append("".join(piece))
            piece = []
        else:
            piece.append(found[1])
    piece.append(template[position:])
    pieces.append("".join(piece))
    return tuple(pieces)


def unescape(raw: str) -> str:
    """A literal text without its escapes."""
    return _ESCAPE.sub(r"\1", raw)


@intrinsic("States.Format", "template", "any", more=True, deep=True)
def format_text(limits: Limits, template: str | tuple[str, ...], *values: Any) -> str:
    """The template with each `{}` replaced by the next argument as Java prints it; their numbers must be equal.

    A literal template comes as its pieces, made at compile time. (recorded; the bound on the length is ours)
    """
    pieces = split_template(template) if isinstance(template, str) else template
    if len(pieces) != len(values) + 1:
        raise InvalidArguments
    left = limits.query_steps_max
    parts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        text = print_java(value, left)
        if text is None:
            raise InvalidArguments
        left -= len(text)
        parts.append(text)
        parts.append(piece)
    return "".join(parts)


@intrinsic("States.StringToJson", "text")
def string_to_json(limits: Limits, text: str) -> Any:
    """The value of a JSON text; a blank text gives null. (recorded)"""
    if not text.strip(_JSON_BLANKS):
        return None
    try:
        return parse_json(text)
    except JsonError:
        raise InvalidArguments from None


@intrinsic("States.JsonToString", "any", deep=True)
def json_to_string(limits: Limits, value: Any) -> str:
    """The compact JSON text of a value. (recorded; the bound on the length is ours)"""
    if weigh(value, limits.query_steps_max) > limits.query_steps_max:
        raise InvalidArguments
    try:
        return print_json(value)
    except JsonError:
        raise InvalidArguments from None


def _check_length(text: str, limits: Limits) -> None:
    if len(text) > limits.intrinsic_text_characters_max:
        raise InvalidArguments


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@intrinsic("States.Base64Encode", "text")
def base64_encode(limits: Limits, text: str) -> str:
    """Base64 of the UTF-8 of a text of at most 10,000 characters. (AWS)"""
    _check_length(text, limits)
    return base64.b64encode(_encode(text)).decode()


@intrinsic("States.Base64Decode", "text")
def base64_decode(limits: Limits, text: str) -> str:
    """The text whose UTF-8 has this Base64, of at most 10,000 characters; padding may be missing, as in Java. (AWS)"""
    _check_length(text, limits)
    padded = text if "=" in text else text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise InvalidArguments from None


@intrinsic("States.Hash", "any", "text", deep=True)
def hash_value(limits: Limits, value: Any, algorithm: str) -> str:
    """Hexadecimal digest of a text, or of the JSON text of another value, of at most 10,000 characters. (AWS)"""
    digest = _DIGESTS.get(algorithm)
    if digest is None:
        raise InvalidArguments
    text = value if isinstance(value, str) else json_to_string(limits, value)
    _check_length(text, limits)
    return digest(_encode(text), usedforsecurity=False).hexdigest()


@intrinsic("States.StringSplit", "text", "text")
def string_split(limits: Limits, text: str, separators: str) -> list[str]:
    """The pieces between characters that are in `separators`, which is a set; empty pieces are dropped. (recorded)"""
    if not separators:
        return [text] if text else []
    pieces = re.split("[" + re.escape(separators) + "]", text)
    return [piece for piece in pieces if piece]
