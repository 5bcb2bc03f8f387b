"""The JSON of a definition: read exactly and bounded, or refused in the words of Jackson, the reader AWS uses.

The words and positions are Jackson 2's (recorded for unrecognised tokens; the others from its documented messages).
What the JSON says never lives here.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

SOURCE_CHARACTERS_MAX: Final = 500  # how much of the text Jackson quotes
TOKEN_CHARACTERS_MAX: Final = 256
_VALUES: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_WORD: Final = re.compile(r"[\w$]+")
_DIGITS: Final = frozenset("0123456789")
_ESCAPES: Final = frozenset('"\\/bfnrt')
_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}")
DIGITS_MAX: Final = 1_000  # Jackson's bound on the length of a number


class DefinitionJsonError(ValueError):
    """A text that is not JSON. `message` ends with ` at ` and `location`, as Jackson prints it."""

    def __init__(self, text: str, problem: str, position: int) -> None:
        self.location = source_location(text, position)
        super().__init__(f"{problem}\n at {self.location}")


class _Suspicious(Exception):
    """The quick reader met something that the careful one shall judge."""


def read_definition_json(text: str, depth_max: int) -> Any:
    """The value of a definition's text. Raises `DefinitionJsonError`.

    Duplicate members and documents nested deeper than `depth_max` are refused. The quick reader takes what is right;
    the careful one, which is slow and keeps no stack, finds out what is wrong and where.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_constant=_suspect,
            parse_int=_short_integer,
            parse_float=_finite,
        )
    except (ValueError, RecursionError, _Suspicious):
        _Checker(text, depth_max).check()
        raise DefinitionJsonError(text, "Document nesting is too deep to be read here", 0) from None
    if text.count("{") + text.count("[") > depth_max and _too_deep(value, depth_max):
        _Checker(text, depth_max).check()
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Suspicious
    return members


def _suspect(text: str) -> Any:
    raise _Suspicious


def _short_integer(digits: str) -> int:
    return int(digits) if len(digits) <= DIGITS_MAX else _suspect(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else _suspect(digits)


def _too_deep(value: Any, depth_max: int) -> bool:
    level = [value]
    for _ in range(depth_max):
        inside: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inside.extend(item.values())
            elif isinstance(item, list):
                inside.extend(item)
        level = [item for item in inside if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def source_location(text: str, position: int) -> str:
    """Jackson's name of a position: the beginning of the text, then line and column counted from 1."""
    quoted = text[:SOURCE_CHARACTERS_MAX]
    rest = len(text) - len(quoted)
    truncated = f"[truncated {rest} chars]" if rest else ""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return f'[Source: (String)"{quoted}"{truncated}; line: {line}, column: {column}]'


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return f"(CTRL-CHAR, code {code})"
    return f"'{character}' (code {code} / 0x{code:x})" if code > 0xFF else f"'{character}' (code {code})"


class _Checker:
    """Walks a text token by token and raises at the first fault, where Jackson would stop."""

    def __init__(self, text: str, depth_max: int) -> None:
        self.text = text
        self.position = 0
        self.depth_max = depth_max
        self.open: list[tuple[str, int]] = []
        self.members: list[set[str]] = []

    def check(self) -> None:
        """Raises `DefinitionJsonError` if anything is wrong."""
        self._value()
        while self.open:
            if self.open[-1][0] == "{":
                self._object_step()
            else:
                self._array_step()
        self._blanks()
        if self.position < len(self.text):
            raise self._trailing()

    def _fail(self, problem: str, position: int | None = None) -> DefinitionJsonError:
        return DefinitionJsonError(self.text, problem, self.position if position is None else position)

    def _unexpected(self, expected: str) -> DefinitionJsonError:
        shown = _shown(self.text[self.position])
        return self._fail(f"Unexpected character ({shown}): {expected}", self.position + 1)

    def _trailing(self) -> DefinitionJsonError:
        """What follows the value: a word is named as a whole, as Jackson does with any token that it cannot take."""
        start = self.position
        if self.text[start] not in '{["-0123456789':
            self._literal(self.text[start])
        self.position = start
        return self._unexpected("expected the end of the text")

    def _blanks(self) -> None:
        found = _BLANKS.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def _peek(self) -> str:
        """The next character that is no blank; the end of the text is a fault inside an object or array."""
        self._blanks()
        if self.position < len(self.text):
            return self.text[self.position]
        if not self.open:
            raise self._fail("No content to map due to end-of-input")
        mark, start = self.open[-1]
        name = "Object" if mark == "{" else "Array"
        where = source_location(self.text, start)
        raise self._fail(f"Unexpected end-of-input: expected close marker for {name} (start marker at {where})")

    def _open(self, mark: str) -> None:
        if len(self.open) >= self.depth_max:
            depth = len(self.open) + 1
            raise self._fail(f"Document nesting depth ({depth}) exceeds the maximum allowed ({self.depth_max})")
        self.open.append((mark, self.position))
        self.members.append(set())
        self.position += 1

    def _close(self) -> None:
        self.open.pop()
        self.members.pop()
        self.position += 1

    def _object_step(self) -> None:
        """One member of the innermost object, up to and with its value's first token, or the object's end."""
        if not self._continues("}", "Object"):
            return
        if self.text[self.position] != '"':
            raise self._unexpected("was expecting double-quote to start field name")
        name = self._string("in field name")
        if name in self.members[-1]:
            raise self._fail(f"Duplicate field '{name}'")
        self.members[-1].add(name)
        if self._peek() != ":":
            raise self._unexpected("was expecting a colon to separate field name and value")
        self.position += 1
        self._value()

    def _array_step(self) -> None:
        if self._continues("]", "Array"):
            self.members[-1].add("")
            self._value()

    def _continues(self, closer: str, name: str) -> bool:
        """Moves to the next entry of the innermost object or array; False at its end."""
        character = self._peek()
        if character == closer:
            self._close()
            return False
        if not self.members[-1]:
            return True
        if character != ",":
            raise self._unexpected(f"was expecting comma to separate {name} entries")
        self.position += 1
        self._peek()
        return True

    def _value(self) -> None:
        character = self._peek()
        if character in "{[":
            self._open(character)
        elif character == '"':
            self._string("was expecting closing quote for a string value")
        elif character in "-0123456789":
            self._number()
        else:
            self._literal(character)

    def _literal(self, character: str) -> None:
        word = _LITERALS.get(character, "")
        found = _WORD.match(self.text, self.position)
        if found is None:
            raise self._unexpected(f"expected a valid value {_VALUES}")
        if found[0] == word:
            self.position = found.end()
            return
        token = found[0][:TOKEN_CHARACTERS_MAX]
        self.position += len(token)
        shown = token + "..." if len(found[0]) > TOKEN_CHARACTERS_MAX else token
        raise self._fail(f"Unrecognized token '{shown}': was expecting {_VALUES}")

    def _number(self) -> None:
        found = _NUMBER.match(self.text, self.position)
        if found is None:
            self.position += 1
            raise self._fail("Invalid numeric value: a digit is expected after the minus sign")
        start, self.position = self.position, found.end()
        following = self.text[self.position : self.position + 1]
        if following in _DIGITS:
            raise self._fail("Invalid numeric value: Leading zeroes not allowed")
        if following and (following in "._$" or following.isalpha()):
            raise self._unexpected("Expected space separating root-level values")
        if len(found[0]) > DIGITS_MAX:
            raise self._fail(f"Number value length ({len(found[0])}) exceeds the maximum allowed ({DIGITS_MAX})")
        if abs(float(found[0])) == float("inf"):
            raise self._fail(f"Numeric value ({found[0]}) out of range", start)

    def _string(self, unfinished: str) -> str:
        """Moves past a string and gives its value."""
        start = self.position
        self.position += 1
        while True:
            found = _PLAIN.match(self.text, self.position)
            self.position = found.end() if found else self.position
            character = self.text[self.position : self.position + 1]
            if character == '"':
                self.position += 1
                return str(json.loads(self.text[start : self.position]))
            if character == "\\":
                self._escape()
            elif character:
                raise self._fail(
                    f"Illegal unquoted character ({_shown(character)}): has to be escaped using backslash to be "
                    "included in string value",
                    self.position + 1,
                )
            else:
                raise self._fail(f"Unexpected end-of-input{': ' if 'was' in unfinished else ' '}{unfinished}")

    def _escape(self) -> None:
        escaped = self.text[self.position + 1 : self.position + 2]
        if escaped == "u":
            if not _HEX.match(self.text, self.position + 2):
                raise self._fail("Unexpected character: expected a hex-digit for character escape sequence")
            self.position += 6
        elif escaped in _ESCAPES:
            self.position += 2
        else:
            self.position += 2
            if not escaped:
                raise self._fail("Unexpected end-of-input in character escape sequence", len(self.text))
            raise self._fail(f"Unrecognized character escape {_shown(escaped)}")
