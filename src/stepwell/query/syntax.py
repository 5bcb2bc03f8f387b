"""Path text to tokens: names, indexes, slices, wildcards, descents, filters.

Here lives what a path may look like. Never what it finds: that is `selection`. The dialect is Jayway's, less functions
and regular expressions, which AWS does not allow; what it accepts was compared with Jayway, its oddities included.
"""

from typing import Any, Final

from stepwell.query.failures import PathSyntaxError
from stepwell.query.tokens import (
    Both,
    Comparison,
    Descent,
    Either,
    Exists,
    Filter,
    Indexes,
    Literal,
    Names,
    Not,
    Slice,
    SubPath,
    Test,
    Token,
    Tokens,
    Wildcard,
)

FILTER_DEPTH_MAX: Final = 20
_INDEX_MAX: Final = 2**31
_SPACES: Final = frozenset(" \t\n\r")
_NAME_ENDS: Final = frozenset(".[( \t\n\r")
_CALL_NAME_ENDS: Final = _NAME_ENDS | frozenset(",)")
_FILTER_NAME_ENDS: Final = _NAME_ENDS | frozenset(",)]=<>!&|~")
_WORD_ENDS: Final = frozenset(" \t\n\r)],&|=<>!")
_COMPARISONS: Final = ("==", "!=", "<=", ">=", "<", ">")


class PathReader:
    """Reads one path from `text`, from `position` on; `position` moves along.

    `name_ends` are the characters that end a bare name: fewer in a path of its own than inside a call or a filter.
    """

    __slots__ = ("depth", "name_ends", "position", "text")

    def __init__(self, text: str, position: int = 0, *, in_call: bool = False) -> None:
        self.text = text
        self.position = position
        self.name_ends = _CALL_NAME_ENDS if in_call else _NAME_ENDS
        self.depth = 0

    def fail(self, message: str) -> PathSyntaxError:
        """A syntax error at the present position."""
        return PathSyntaxError(message, self.position)

    def peek(self) -> str:
        """The next character, or an empty text at the end."""
        return self.text[self.position : self.position + 1]

    def skip_spaces(self) -> None:
        """Moves to the next character that is no blank."""
        text, position = self.text, self.position
        while text[position : position + 1] in _SPACES:
            position += 1
        self.position = position

    def take(self, mark: str) -> bool:
        """Moves past `mark` if it is next."""
        if self.text.startswith(mark, self.position):
            self.position += len(mark)
            return True
        return False

    def expect(self, mark: str) -> None:
        """Moves past blanks and `mark`, or fails."""
        self.skip_spaces()
        if not self.take(mark):
            raise self.fail(f"Expected '{mark}'")

    def read_tokens(self) -> Tokens:
        """The tokens that follow a root, up to the first character that cannot continue the path."""
        tokens: list[Token] = []
        while True:
            if self.take(".."):
                tokens.append(Descent())
                tokens.append(self._read_after_dot("Path must not end with a '.' or '..'"))
            elif self.take("."):
                tokens.append(self._read_after_dot("Path must not end with a '.' or '..'"))
            elif self.take("["):
                tokens.append(self._read_bracket())
            elif self.peek() == "(":
                raise self.fail("Functions are not supported")
            else:
                return tuple(tokens)

    def _read_after_dot(self, message: str) -> Token:
        if self.position >= len(self.text):
            raise self.fail(message)
        if self.take("*"):
            return Wildcard()
        if self.take("["):
            return self._read_bracket()
        return Names((self.read_name(),))

    def read_name(self) -> str:
        """A bare name: everything up to one of `name_ends`."""
        start, text, ends = self.position, self.text, self.name_ends
        position = start
        while position < len(text) and text[position] not in ends:
            position += 1
        self.position = position
        if position == start:
            raise self.fail("Expected a name")
        if text[position : position + 1] == "(":
            raise self.fail("Functions are not supported")
        return text[start:position]

    def _read_bracket(self) -> Token:
        self.skip_spaces()
        mark = self.peek()
        if mark and mark in "'\"":
            token: Token = Names(self._read_names(mark))
        elif self.take("*"):
            token = Wildcard()
        elif self.take("?"):
            token = self._read_filter()
        else:
            token = self._read_numbers()
        self.expect("]")
        return token

    def _read_names(self, quote: str) -> tuple[str, ...]:
        names = [self._read_quoted_name(quote)]
        while self._take_comma():
            if self.peek() != quote:
                raise self.fail("Found empty property")
            names.append(self._read_quoted_name(quote))
        return tuple(names)

    def _take_comma(self) -> bool:
        self.skip_spaces()
        taken = self.take(",")
        self.skip_spaces()
        return taken

    def _read_quoted_name(self, quote: str) -> str:
        """The characters between quotes as they stand; a backslash only protects the quote. (recorded: `\\"` is two)"""
        start = self.position
        self.position += 1
        text, length = self.text, len(self.text)
        position = self.position
        while position < length and text[position] != quote:
            position += 2 if text.startswith("\\" + quote, position) else 1
        if position >= length:
            self.position = start
            raise self.fail(f"Property has not been closed - missing closing {quote}")
        name = text[self.position : position].replace("\\" + quote, quote)
        self.position = position + 1
        return name

    def _read_numbers(self) -> Token:
        first = self._read_integer()
        self.skip_spaces()
        if self.take(":"):
            end = self._read_integer()
            if first is None and end is None:
                raise self.fail("Expected a number beside ':'")
            return Slice(first, end)
        if first is None:
            raise self.fail("Expected ?, ', 0-9 or *")
        indexes = [first]
        while self._take_comma():
            index = self._read_integer()
            if index is None:
                raise self.fail("Expected an index")
            indexes.append(index)
        return Indexes(tuple(indexes))

    def _read_integer(self) -> int | None:
        self.skip_spaces()
        start = self.position
        self.take("-")
        digits = self._skip_digits()
        if not digits:
            self.position = start
            return None
        number = int(self.text[start : self.position]) if digits <= 10 else _INDEX_MAX
        if abs(number) >= _INDEX_MAX:
            self.position = start
            raise self.fail("Index is out of range")
        return number

    def _skip_digits(self) -> int:
        start = self.position
        while self.peek() and self.peek() in "0123456789":
            self.position += 1
        return self.position - start

    # Filters

    def _read_filter(self) -> Filter:
        ends, self.name_ends = self.name_ends, _FILTER_NAME_ENDS
        self.expect("(")
        test = self._read_either()
        self.expect(")")
        self.name_ends = ends
        return Filter(test)

    def _read_either(self) -> Test:
        tests = [self._read_both()]
        while self._take_operator("||"):
            tests.append(self._read_both())
        return tests[0] if len(tests) == 1 else Either(tuple(tests))

    def _read_both(self) -> Test:
        tests = [self._read_test()]
        while self._take_operator("&&"):
            tests.append(self._read_test())
        return tests[0] if len(tests) == 1 else Both(tuple(tests))

    def _take_operator(self, mark: str) -> bool:
        self.skip_spaces()
        return self.take(mark)

    def _read_test(self) -> Test:
        self.depth += 1
        if self.depth > FILTER_DEPTH_MAX:
            raise self.fail("Filter is nested too deeply")
        self.skip_spaces()
        if self.take("!"):
            test: Test = Not(self._read_test())
        elif self.take("("):
            test = self._read_either()
            self.expect(")")
        else:
            test = self._read_comparison()
        self.depth -= 1
        return test

    def _read_comparison(self) -> Test:
        left = self._read_operand()
        operator = self._read_comparison_operator()
        if operator:
            return Comparison(left, operator, self._read_operand())
        if isinstance(left, Literal):
            raise self.fail("Expected path node")
        return Exists(left)

    def _read_comparison_operator(self) -> str:
        self.skip_spaces()
        if self.text.startswith("=~", self.position):
            raise self.fail("Regular expressions are not supported")
        for operator in _COMPARISONS:
            if self.take(operator):
                return operator
        for operator in ("in", "nin"):
            after = self.position + len(operator)
            word = self.text[self.position : after]
            if word.lower() == operator and self.text[after : after + 1] in (" ", "[", "\t"):
                self.position = after
                return operator
        return ""

    def _read_operand(self) -> SubPath | Literal:
        self.skip_spaces()
        if self.take("@"):
            return SubPath(False, self.read_tokens())
        if self.peek() == "$":
            self.position += 1
            if self.peek() not in (".", "[") and self.peek() not in _WORD_ENDS | {""}:
                raise self.fail("Only '$' and '@' start a path inside a filter")
            return SubPath(True, self.read_tokens())
        return Literal(self._read_literal())

    def _read_literal(self) -> Any:
        self.skip_spaces()
        mark = self.peek()
        if mark and mark in "'\"":
            return self._read_quoted_name(mark)
        if self.take("["):
            return self._read_list()
        return self._read_word()

    def _read_list(self) -> list[Any]:
        """A list of constants; lists in lists are not read."""
        values: list[Any] = []
        self.skip_spaces()
        while not self.take("]"):
            if values:
                self.expect(",")
                self.skip_spaces()
            if self.peek() == "[":
                raise self.fail("Expected a constant")
            values.append(self._read_literal())
            self.skip_spaces()
        return values

    def _read_word(self) -> Any:
        """A number, true, false, null, or a string without quotes (published definitions: `@.Name==Receipt`)."""
        start, text = self.position, self.text
        position = start
        while position < len(text) and text[position] not in _WORD_ENDS:
            position += 1
        word = text[start:position]
        if not word or word[0] in "/{'\"(":
            raise self.fail("Expected a constant")
        self.position = position
        return read_word(word)


def read_word(word: str) -> Any:
    """The constant that a bare word stands for; a string if it is neither a number nor true, false or null."""
    if word in _WORDS:
        return _WORDS[word]
    number = read_number(word)
    return word if number is None else number


def read_number(word: str) -> int | float | None:
    """The number that a text spells in JSON's way, or None."""
    digits = word[1:] if word.startswith("-") else word
    if not digits or not digits.isascii() or not digits[0].isdigit():
        return None
    try:
        if digits.isdigit():
            return int(word) if len(digits) <= 1_000 else None
        number = float(word)
    except ValueError:
        return None
    return None if "_" in word or number in (float("inf"), float("-inf")) else number


_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
