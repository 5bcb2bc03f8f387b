"""The grammar of JSONata 2.0.6: text to a tree, or the reference implementation's own complaint.

Here live the tokens and the tree. Never what an expression means (`jsonata_engine`) nor which expressions AWS refuses
(`jsonata_check`). We read expressions ourselves, although a library evaluates them, because AWS runs 2.0.6 and later
operators have to be refused, and because the definition reader wants to know what an expression looks at.
(JSONata, "Syntax"; codes and texts as jsonata-js gives them)
"""

import json
import re
from typing import Any, Final, NamedTuple

from stepwell.query.jsonata_failures import JsonataSyntaxError

NESTING_MAX: Final = 150  # ours: of brackets and the like, so that no source costs a stack
SOURCE_CHARACTERS_MAX: Final = 131_072  # ours: a longer text would take more than half a second to read
TEXTS: Final = {
    "S0101": "String literal must be terminated by a matching quote",
    "S0102": "Number out of range: {token}",
    "S0103": "Unsupported escape sequence: \\{token}",
    "S0104": "The escape sequence \\u must be followed by 4 hex digits",
    "S0105": "Quoted property name must be terminated with a backquote (`)",
    "S0106": "Comment has no closing tag",
    "S0201": "Syntax error: {token}",
    "S0202": "Expected {value}, got {token}",
    "S0203": "Expected {value} before end of expression",
    "S0204": "Unknown operator: {token}",
    "S0207": "Unexpected end of expression",
    "S0208": "Parameter {value} of function definition must be a variable name (start with $)",
    "S0211": "The symbol {token} cannot be used as a unary operator",
    "S0212": "The left side of := must be a variable name (start with $)",
    "S0214": "The right side of {token} must be a variable name (start with $)",
    "S0301": "Empty regular expressions are not allowed",
    "S0302": "No terminating / in regular expression",
}
BINDING: Final = {
    ".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
    "=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "and": 30, "or": 25,
    "in": 40, "&": 50,
}  # fmt: skip
_ESCAPES: Final = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_TOKEN: Final = re.compile(
    r"""[ \t\n\r\v]*(?:
    (?P<operator>\.\.|:=|!=|>=|<=|\*\*|~>|[.\[\]{}(),@\#;:?+\-*/%|=<>^&!~])
    |(?P<quote>["'`])
    |(?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?)
    |(?P<name>[^ \t\n\r\v.\[\]{}(),@\#;:?+\-*/%|=<>^&!~]+)
    )""",
    re.VERBOSE,
)
_BLANKS: Final = re.compile(r"(?:[ \t\n\r\v]+|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = {quote: re.compile(rf"(?:[^{quote}\\]|\\.)*", re.DOTALL) for quote in "\"'"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")


class Token(NamedTuple):
    """`id` is the operator itself or "(name)", "(variable)", "(literal)", "(regex)", "(end)"."""

    id: str
    value: Any
    position: int  # behind the token, as the reference counts
    start: int


class Node:
    """A part of an expression: `parts` in the order of the text, `value` as its `kind` needs, `height` in levels."""

    __slots__ = ("end", "height", "kind", "parts", "start", "value")

    def __init__(self, kind: str, value: Any, parts: "list[Node]", start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.parts = parts
        self.start = start
        self.end = end
        self.height: int = 1 + max((part.height for part in parts), default=0)


def parse_jsonata(source: str) -> Node:
    """The tree of an expression. Raises `JsonataSyntaxError`."""
    if len(source) > SOURCE_CHARACTERS_MAX:
        text = f"The expression is too long (the limit is {SOURCE_CHARACTERS_MAX} characters)"
        raise JsonataSyntaxError("S0201", text, SOURCE_CHARACTERS_MAX)
    return _Parser(source).parse()


def refuse(code: str, position: int, token: Any = None, value: Any = None) -> JsonataSyntaxError:
    """The reference implementation's complaint: its text with the token and the value written as JSON."""
    text = TEXTS[code].replace("{token}", _as_json(token)).replace("{value}", _as_json(value))
    return JsonataSyntaxError(code, text, position)


def _as_json(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


class _Lexer:
    __slots__ = ("position", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def read(self, infix: bool) -> Token:
        """The next token; `infix` says that an operator may stand here, so that `/` divides."""
        source = self.source
        self._skip_blanks()
        start = self.position
        if start >= len(source):
            return Token("(end)", "(end)", len(source), len(source))
        if not infix and source[start] == "/":
            return self._read_regex()
        found = _TOKEN.match(source, start)
        assert found is not None  # the name pattern takes every other character
        self.position = end = found.end()
        if found["operator"]:
            return Token(found["operator"], found["operator"], end, start)
        if found["quote"]:
            return self._read_quoted(found["quote"], start)
        if found["number"]:
            return self._number(found["number"], start)
        return self._name(found["name"], start)

    def _skip_blanks(self) -> None:
        found = _BLANKS.match(self.source, self.position)
        self.position = found.end() if found else self.position
        if self.source.startswith("/*", self.position):
            raise refuse("S0106", self.position)

    def _number(self, digits: str, start: int) -> Token:
        number = float(digits)
        if number in (float("inf"), float("-inf")):
            raise refuse("S0102", start, digits)
        return Token("(literal)", number, self.position, start)

    def _name(self, name: str, start: int) -> Token:
        end = self.position
        if name[0] == "$":
            return Token("(variable)", name[1:], end, start)
        if name in ("and", "or", "in"):
            return Token(name, name, end, start)
        if name in _WORDS:
            return Token("(literal)", _WORDS[name], end, start)
        return Token("(name)", name, end, start)

    def _read_quoted(self, quote: str, start: int) -> Token:
        source = self.source
        if quote == "`":
            end = source.find("`", self.position)
            if end < 0:
                raise refuse("S0105", len(source))
            name, self.position = source[self.position : end], end + 1
            return Token("(name)", name, self.position, start)
        found = _STRING[quote].match(source, self.position)
        end = found.end() if found else len(source)
        raw = source[self.position : end]
        text = self._unescape(raw, self.position) if "\\" in raw else raw
        if source[end : end + 1] == "\\":
            raise refuse("S0103", len(source), "")
        if source[end : end + 1] != quote:
            raise refuse("S0101", len(source))
        self.position = end + 1
        return Token("(literal)", text, self.position, start)

    def _unescape(self, raw: str, offset: int) -> str:
        parts, at = [], 0
        while (slash := raw.find("\\", at)) >= 0:
            parts.append(raw[at:slash])
            mark = raw[slash + 1]
            at = slash + 2
            if mark in _ESCAPES:
                parts.append(_ESCAPES[mark])
            elif mark != "u":
                raise refuse("S0103", offset + slash + 1, mark)
            elif digits := _HEX.match(raw, at):
                parts.append(chr(int(digits[0], 16)))
                at += 4
            else:
                raise refuse("S0104", offset + slash + 1)
        return "".join([*parts, raw[at:]])

    def _read_regex(self) -> Token:
        source, start = self.source, self.position
        depth, at = 0, start + 1
        while at < len(source):
            character = source[at]
            escaped = source[at - 1] == "\\" and source[at - 2] != "\\"
            if character == "/" and not escaped and depth == 0:
                if at == start + 1:
                    raise refuse("S0301", at)
                flags = re.compile("[im]*").match(source, at + 1)
                self.position = flags.end() if flags else at + 1
                return Token("(regex)", source[start : self.position], self.position, start)
            if not escaped:
                depth += (character in "([{") - (character in ")]}")
            at += 1
        raise refuse("S0302", len(source))


class _Parser:
    """Operator precedence parsing, as in the reference: what may stand first, and what may follow an operand."""

    __slots__ = ("_depth", "_ended", "_lexer", "token")

    def __init__(self, source: str) -> None:
        self._lexer = _Lexer(source)
        self._depth = 0
        self._ended = False
        self.token = Token("(end)", "(end)", 0, 0)

    def parse(self) -> Node:
        self.advance()
        tree = self.expression(0)
        if self.token.id != "(end)":
            raise refuse("S0201", self.token.position, self.token.value)
        if self._ended:
            raise refuse("S0207", self.token.position, self.token.value)
        return tree

    def advance(self, wanted: str | None = None, infix: bool = False) -> Token:
        passed = self.token
        if wanted is not None and passed.id != wanted:
            code = "S0203" if passed.id == "(end)" else "S0202"
            raise refuse(code, passed.position, passed.value, wanted)
        self.token = token = self._lexer.read(infix)
        if token.id in ("!", "~"):
            raise refuse("S0204", token.position, token.value)
        return passed

    def expression(self, binding: int) -> Node:
        self._depth += 1
        if self._depth > NESTING_MAX:
            text = f"The expression is nested too deeply (the limit is {NESTING_MAX} levels)"
            raise JsonataSyntaxError("S0201", text, self.token.start)
        left = self._first(self.advance(infix=True))
        while binding < BINDING.get(self.token.id, 0):
            left = self._follow(self.advance(), left)
        self._depth -= 1
        return left

    def _node(self, kind: str, value: Any, parts: list[Node], start: int) -> Node:
        return Node(kind, value, parts, start, parts[-1].end if parts else self.token.start)

    def _first(self, token: Token) -> Node:
        simple = _SIMPLE.get(token.id)
        if simple is not None:
            return Node(simple, token.value, [], token.start, token.position)
        if token.id == "-":
            operand = self.expression(70)
            return self._node("negate", None, [operand], token.start)
        if token.id == "(":
            return self._list("block", ";", ")", token)
        if token.id == "[":
            return self._array(token)
        if token.id == "{":
            return self._object("object", [], token.start)
        if token.id == "|":
            return self._transform(token)
        if token.id == "(end)":  # noted only: what is still open is missed first
            self._ended = True
            return Node("literal", None, [], token.start, token.position)
        raise refuse("S0211", token.position, token.value)

    def _closed(self, closing: str, kind: str, value: Any, parts: list[Node], start: int) -> Node:
        end = self.advance(closing, infix=True).position
        return Node(kind, value, parts, start, end)

    def _list(self, kind: str, separator: str, closing: str, opening: Token) -> Node:
        parts: list[Node] = []
        while self.token.id != closing:
            parts.append(self.expression(0))
            if self.token.id != separator:
                break
            self.advance(separator)
        return self._closed(closing, kind, None, parts, opening.start)

    def _array(self, opening: Token) -> Node:
        items: list[Node] = []
        while self.token.id != "]" or items:
            item = self.expression(0)
            if self.token.id == "..":
                self.advance("..")
                last = self.expression(0)
                item = Node("range", None, [item, last], item.start, last.end)
            items.append(item)
            if self.token.id != ",":
                break
            self.advance(",")
        return self._closed("]", "array", None, items, opening.start)

    def _object(self, kind: str, parts: list[Node], start: int) -> Node:
        while self.token.id != "}" or len(parts) > 1:
            parts.append(self.expression(0))
            self.advance(":")
            parts.append(self.expression(0))
            if self.token.id != ",":
                break
            self.advance(",")
        return self._closed("}", kind, None, parts, start)

    def _transform(self, opening: Token) -> Node:
        parts = [self.expression(0)]
        self.advance("|")
        parts.append(self.expression(0))
        if self.token.id == ",":
            self.advance(",")
            parts.append(self.expression(0))
        return self._closed("|", "transform", None, parts, opening.start)

    def _follow(self, token: Token, left: Node) -> Node:
        start = left.start
        if token.id == "(":
            return self._call(left)
        if token.id == "[":
            parts = [left] if self.token.id == "]" else [left, self.expression(0)]
            return self._closed("]", "predicate", None, parts, start)
        if token.id == "{":
            return self._object("group", [left], start)
        if token.id == "^":
            return self._sort(left)
        if token.id == "?":
            return self._condition(left)
        if token.id in ("@", "#"):
            right = self.expression(BINDING[token.id])
            if right.kind != "variable":
                raise refuse("S0214", right.end, token.id)
            return Node("focus", right.value, [left], start, right.end)
        if token.id == ":=":
            if left.kind != "variable":
                raise refuse("S0212", left.end, left.value)
            return self._node("bind", left.value, [self.expression(BINDING[":="] - 1)], start)
        right = self.expression(BINDING[token.id])
        return Node("binary", token.id, [left, right], start, right.end)

    def _condition(self, left: Node) -> Node:
        parts = [left, self.expression(0)]
        if self.token.id == ":":
            self.advance(":")
            parts.append(self.expression(0))
        return self._node("condition", None, parts, left.start)

    def _sort(self, left: Node) -> Node:
        self.advance("(")
        parts = [left]
        while True:
            if self.token.id in ("<", ">"):
                self.advance()
            parts.append(self.expression(0))
            if self.token.id != ",":
                break
            self.advance(",")
        return self._closed(")", "sort", None, parts, left.start)

    def _call(self, procedure: Node) -> Node:
        arguments: list[Node] = []
        while self.token.id != ")" or arguments:
            if self.token.id == "?":
                mark = self.advance("?", infix=True)
                arguments.append(Node("placeholder", None, [], mark.start, mark.position))
            else:
                arguments.append(self.expression(0))
            if self.token.id != ",":
                break
            self.advance(",")
        call = self._closed(")", "call", None, [procedure, *arguments], procedure.start)
        if procedure.kind == "name" and procedure.value in ("function", "λ"):
            return self._lambda(call, arguments)
        return call

    def _lambda(self, call: Node, arguments: list[Node]) -> Node:
        for number, argument in enumerate(arguments, 1):
            if argument.kind != "variable":
                raise refuse("S0208", argument.end, argument.value, number)
        if self.token.id == "<":
            self._skip_signature()
        self.advance("{")
        body = self.expression(0)
        return self._closed("}", "lambda", tuple(argument.value for argument in arguments), [body], call.start)

    def _skip_signature(self) -> None:
        """Passes over `<...>`: the library looks at what it holds, and refuses with the reference's codes."""
        while self.token.id not in ("{", "(end)"):
            self.advance()


_SIMPLE: Final = {
    "(name)": "name",
    "(variable)": "variable",
    "(literal)": "literal",
    "(regex)": "regex",
    "and": "name",
    "or": "name",
    "in": "name",
    "*": "wildcard",
    "**": "descendants",
    "%": "parent",
}
