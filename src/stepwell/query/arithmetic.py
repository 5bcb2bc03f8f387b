"""The intrinsic functions on numbers and chance, and Java's rounding and dice."""

from collections.abc import Callable
from random import Random
from typing import Final

from stepwell.limits import Limits
from stepwell.query.failures import InvalidArguments
from stepwell.query.registry import intrinsic

_LONG_MAX: Final = 2**63 - 1
_LONG_MIN: Final = -(2**63)
_MULTIPLIER: Final = 0x5DEECE66D
_MASK: Final = (1 << 48) - 1


def round_half_up(number: float) -> int:
    """The nearest integer, halves upward: -1.5 gives -1, as `java.lang.Math.round`. (recorded: States.MathAdd)

    Raises `InvalidArguments` for an integer beyond 64 bits; other numbers are cut to that range, as in Java.
    """
    if isinstance(number, int):
        if not _LONG_MIN <= number <= _LONG_MAX:
            raise InvalidArguments
        return number
    whole = int(number // 1)
    rounded = whole + (1 if number - whole >= 0.5 else 0)
    return max(_LONG_MIN, min(_LONG_MAX, rounded))


@intrinsic("States.MathAdd", "number", "number")
def math_add(limits: Limits, left: float, right: float) -> int:
    """The sum of both numbers, each rounded first. (recorded)"""
    return round_half_up(left) + round_half_up(right)


@intrinsic("States.MathRandom", "number", "number", "number", optional=1, needs_dice=True)
def math_random(limits: Limits, dice: Random, first: float, end: float, seed: float | None = None) -> int:
    """An integer from `first` on and below `end`, both rounded; the same for the same seed. (AWS)

    With a seed it is what `java.util.Random` would throw; that AWS uses this generator is our reading.
    """
    start, size = round_half_up(first), round_half_up(end) - round_half_up(first)
    if size <= 0:
        raise InvalidArguments
    if seed is None:
        return start + dice.randrange(size)
    return start + java_random(round_half_up(seed), size)


def java_random(seed: int, size: int) -> int:
    """The first number below `size` that `new java.util.Random(seed)` gives."""
    next_bits = _java_bits(seed)
    if size > 0x7FFFFFFF:
        return ((next_bits(32) << 32) + next_bits(32)) % size
    if size & (size - 1) == 0:
        return (size * next_bits(31)) >> 31
    while True:
        bits = next_bits(31)
        value = bits % size
        if bits - value + (size - 1) <= 0x7FFFFFFF:
            return value


def _java_bits(seed: int) -> Callable[[int], int]:
    state = (seed ^ _MULTIPLIER) & _MASK

    def next_bits(bits: int) -> int:
        nonlocal state
        state = (state * _MULTIPLIER + 0xB) & _MASK
        return state >> (48 - bits)

    return next_bits


@intrinsic("States.UUID", needs_dice=True)
def make_uuid(limits: Limits, dice: Random) -> str:
    """A random UUID of version 4. (AWS)"""
    number = dice.getrandbits(128)
    number = number & ~(0xF << 76) | (0x4 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
