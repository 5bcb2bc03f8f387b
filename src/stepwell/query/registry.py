"""What an intrinsic function is: its name, how many arguments of which kinds it takes, and the function itself.

Here lives the table that the functions enter themselves into. Never a function, nor the syntax of a call.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from stepwell.query.comparison import is_number

F = TypeVar("F", bound=Callable[..., Any])

_KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "any": lambda value: True,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
    "text": lambda value: type(value) is str,
    "template": lambda value: type(value) is str or type(value) is tuple,
    "number": is_number,
    "false": lambda value: value is False,
}


class Intrinsic:
    """One intrinsic function.

    `function` is called with the limits, then the dice if `needs_dice`, then the arguments, which have been checked for
    their number and their `kinds`; it raises `InvalidArguments` for what is wrong beyond that. `arguments_max` is None
    for a function that takes any number, of the last kind. A `deep` function looks at every node of its arguments.
    """

    __slots__ = ("arguments_max", "arguments_min", "checks", "deep", "function", "kinds", "name", "needs_dice")

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        kinds: tuple[str, ...],
        optional: int,
        more: bool,
        needs_dice: bool,
        deep: bool,
    ) -> None:
        self.name = name
        self.function = function
        self.kinds = kinds
        self.arguments_min = len(kinds) - optional - (1 if more else 0)
        self.arguments_max = None if more else len(kinds)
        self.needs_dice = needs_dice
        self.deep = deep
        self.checks = tuple(_KINDS[kind] for kind in kinds)

    def takes(self, count: int) -> bool:
        """Whether a call with so many arguments is well formed."""
        return count >= self.arguments_min and (self.arguments_max is None or count <= self.arguments_max)

    def checks_for(self, count: int) -> tuple[Callable[[Any], bool], ...]:
        """The kind checks of a call with so many arguments, one each."""
        return (self.checks + self.checks[-1:] * count)[:count]


INTRINSICS: Final[dict[str, Intrinsic]] = {}


def intrinsic(
    name: str, *kinds: str, optional: int = 0, more: bool = False, needs_dice: bool = False, deep: bool = False
) -> Callable[[F], F]:
    """Enters the decorated function into `INTRINSICS`.

    `kinds` are the kinds of its arguments ("any", "array", "object", "text", "template", "number", "false"); the last
    `optional` of them may be left out, and with `more` the last may come any number of times, or not at all. `deep`
    marks those whose work grows with all that is inside their arguments.
    """

    def enter(function: F) -> F:
        INTRINSICS[name] = Intrinsic(name, function, kinds, optional, more, needs_dice, deep)
        return function

    return enter
