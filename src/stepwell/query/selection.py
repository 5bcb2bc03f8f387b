"""Path tokens to closures that pick nodes. Never text: that is `syntax`.

Every closure takes nodes and gives nodes, one token at a time, in document order; nothing recurses into the data, and
each node looked at is one step of the budget, so that no path can hang the server. (Jayway's results; our budget)
"""

from collections.abc import Callable
from typing import Any, Final

from stepwell.query.budget import Budget
from stepwell.query.comparison import MISSING, loosely_equal, order
from stepwell.query.tokens import (
    Both,
    Comparison,
    Descent,
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
from stepwell.query.weight import weigh

Nodes = list[Any]
Select = Callable[[Nodes, Any, Budget], Nodes]
Check = Callable[[Any, Any, Budget], bool]
Value = Callable[[Any, Any, Budget], Any]
Compare = Callable[[Any, Any, Budget], bool]
Step = str | int


def split_definite(tokens: Tokens) -> tuple[tuple[Step, ...], Tokens]:
    """The single names and indexes that a path begins with, and the tokens after them."""
    steps: list[Step] = []
    for number, token in enumerate(tokens):
        if isinstance(token, Names) and len(token.names) == 1:
            steps.append(token.names[0])
        elif isinstance(token, Indexes) and len(token.indexes) == 1:
            steps.append(token.indexes[0])
        else:
            return tuple(steps), tokens[number:]
    return tuple(steps), ()


def follow(value: Any, steps: tuple[Step, ...]) -> Any:
    """The node at the end of `steps`, or MISSING."""
    try:
        for step in steps:
            if type(value) is str:
                return MISSING
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return MISSING
    return value


def select_names(node: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """An object of those names that the node has, in the path's order."""
    return {name: node[name] for name in names if name in node}


def compile_tokens(tokens: Tokens) -> tuple[Select, ...]:
    """One closure for each token."""
    last = len(tokens) - 1
    return tuple(_compile_token(tokens, number, number == last) for number in range(len(tokens)))


def may_repeat(tokens: Tokens) -> bool:
    """Whether the tokens may pick a node more than once, or along with what is inside it."""
    return any(
        isinstance(token, Descent)
        or (isinstance(token, Indexes) and len(token.indexes) > 1)
        or (isinstance(token, Names) and len(token.names) > 1)
        for token in tokens
    )


def run(selects: tuple[Select, ...], start: Any, root: Any, budget: Budget) -> Nodes:
    """All nodes that the closures pick, beginning at `start`."""
    nodes: Nodes = [start]
    for select in selects:
        nodes = select(nodes, root, budget)
        budget.spend(len(nodes) + 1)
    return nodes


def _compile_token(tokens: Tokens, number: int, is_last: bool) -> Select:
    token: Token = tokens[number]
    after_descent = number > 0 and isinstance(tokens[number - 1], Descent)
    if isinstance(token, Names):
        return _compile_names(token.names, is_last, after_descent)
    if isinstance(token, Indexes):
        return _compile_indexes(token.indexes)
    if isinstance(token, Slice):
        return _compile_slice(token)
    if isinstance(token, Wildcard):
        return _select_children
    if isinstance(token, Descent):
        return _select_containers
    return _compile_filter(token, after_descent)


def _compile_names(names: tuple[str, ...], is_last: bool, after_descent: bool) -> Select:
    if len(names) == 1:
        name = names[0]

        def select_name(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
            budget.spend(len(nodes))
            return [node[name] for node in nodes if isinstance(node, dict) and name in node]

        return select_name

    def select_several(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
        budget.spend(len(nodes) * len(names))
        objects = [node for node in nodes if isinstance(node, dict)]
        if after_descent:  # below `..` only objects that have all the names count (Jayway)
            objects = [node for node in objects if all(name in node for name in names)]
        if is_last:
            return [select_names(node, names) for node in objects]
        return [node[name] for node in objects for name in names if name in node]

    return select_several


def _compile_indexes(indexes: tuple[int, ...]) -> Select:
    def select_indexes(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
        budget.spend(len(nodes) * len(indexes))
        picked: Nodes = []
        for node in nodes:
            if isinstance(node, list):
                size = len(node)
                picked.extend(node[index] for index in indexes if -size <= index < size)
        return picked

    return select_indexes


def _compile_slice(token: Slice) -> Select:
    first, end = token.first, token.end

    def select_slice(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
        budget.spend(len(nodes))
        picked: Nodes = []
        for node in nodes:
            if isinstance(node, list):
                part = _cut(node, first, end)
                budget.spend(len(part))
                picked.extend(part)
        return picked

    return select_slice


def _cut(items: Nodes, first: int | None, end: int | None) -> Nodes:
    """A slice as Jayway cuts it: with both ends given, a negative end is no place counted from the back."""
    if first is None:
        return items[:end]
    if end is None:
        return items[first:]
    return [items[index] for index in range(max(first, -len(items)), min(end, len(items)))]


def _select_children(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
    picked: Nodes = []
    for node in nodes:
        if isinstance(node, dict):
            budget.spend(len(node) + 1)
            picked.extend(node.values())
        elif isinstance(node, list):
            budget.spend(len(node) + 1)
            picked.extend(node)
    return picked


def _select_containers(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
    """Every object and array at or below the nodes, each before those inside it."""
    picked: Nodes = []
    for start in nodes:
        pending: Nodes = [start]
        while pending:
            node = pending.pop()
            if isinstance(node, dict):
                children: Nodes = list(node.values())
            elif isinstance(node, list):
                children = node
            else:
                continue
            budget.spend(len(children) + 1)
            picked.append(node)
            pending.extend(child for child in reversed(children) if isinstance(child, dict | list))
    return picked


def _compile_filter(token: Filter, after_descent: bool) -> Select:
    check = _compile_test(token.test)

    def select_matching(nodes: Nodes, root: Any, budget: Budget) -> Nodes:
        picked: Nodes = []
        for node in nodes:
            if isinstance(node, list) and not after_descent:
                budget.spend(len(node) + 1)
                picked.extend(item for item in node if check(item, root, budget))
            elif isinstance(node, dict):  # an object is tested itself, not its members (Jayway)
                budget.spend(1)
                if check(node, root, budget):
                    picked.append(node)
        return picked

    return select_matching


def _compile_test(test: Test) -> Check:
    if isinstance(test, Comparison):
        return _compile_comparison(test)
    if isinstance(test, Exists):
        return _compile_exists(test.path)
    if isinstance(test, Not):
        inner = _compile_test(test.test)
        return lambda node, root, budget: not inner(node, root, budget)
    checks = tuple(map(_compile_test, test.tests))
    if isinstance(test, Both):
        return lambda node, root, budget: all(check(node, root, budget) for check in checks)
    return lambda node, root, budget: any(check(node, root, budget) for check in checks)


def _compile_exists(path: SubPath) -> Check:
    """True when the definite part of the path leads somewhere; what an indefinite part finds plays no role (Jayway)."""
    steps, _ = split_definite(path.tokens)
    from_root = path.from_root

    def exists(node: Any, root: Any, budget: Budget) -> bool:
        budget.spend(1)
        return follow(root if from_root else node, steps) is not MISSING

    return exists


def _compile_value(operand: SubPath | Literal) -> Value:
    if isinstance(operand, Literal):
        constant = operand.value
        return lambda node, root, budget: constant
    steps, rest = split_definite(operand.tokens)
    selects = compile_tokens(rest)
    from_root = operand.from_root

    def value(node: Any, root: Any, budget: Budget) -> Any:
        budget.spend(1)
        found = follow(root if from_root else node, steps)
        if not selects or found is MISSING:
            return found
        return run(selects, found, root, budget)

    return value


def _compile_comparison(comparison: Comparison) -> Check:
    left, right = _compile_value(comparison.left), _compile_value(comparison.right)
    compare = _COMPARE[comparison.operator]

    def check(node: Any, root: Any, budget: Budget) -> bool:
        return compare(left(node, root, budget), right(node, root, budget), budget)

    return check


def _equal(left: Any, right: Any, budget: Budget) -> bool:
    """Equality; what both sides weigh is spent, for the same pair may be compared once for each node."""
    if type(left) is type(right) and isinstance(left, dict | list | str):
        if len(left) != len(right):
            return False
        budget.spend(weigh(left, budget.left) + weigh(right, budget.left))
    return left is not MISSING and right is not MISSING and loosely_equal(left, right)


def _member(left: Any, right: Any, budget: Budget) -> bool:
    if not isinstance(right, list) or left is MISSING:
        return False
    budget.spend(len(right))
    return any(_equal(left, item, budget) for item in right)


def _ordered(*signs: int) -> Compare:
    def compare(left: Any, right: Any, budget: Budget) -> bool:
        if isinstance(left, str):
            budget.spend(weigh(left, budget.left))
        return order(left, right) in signs

    return compare


_COMPARE: Final[dict[str, Compare]] = {
    "==": _equal,
    "!=": lambda left, right, budget: not _equal(left, right, budget),
    "<": _ordered(-1),
    "<=": _ordered(-1, 0),
    ">": _ordered(1),
    ">=": _ordered(0, 1),
    "in": _member,
    "nin": lambda left, right, budget: isinstance(right, list) and not _member(left, right, budget),
}
