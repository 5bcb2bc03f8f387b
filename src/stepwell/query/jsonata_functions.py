"""The functions that AWS adds to JSONata, and the ones it changes.

Here live plain functions of their arguments: no clock and no dice (where chance is needed, numbers are handed in).
Never how they are given to the evaluator's library beyond their names and signatures.
(AWS, "Transforming data with JSONata"; measured behaviour)
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any, Final

from stepwell.payload import JsonError, parse_json, print_json
from stepwell.query.jsonata_failures import ERROR, INTERNAL, LIMIT, MEMORY_TEXT, JsonataError

# fmt: off
BUILT_IN: Final = frozenset(
    {
        "abs", "append", "assert", "average", "base64decode", "base64encode", "boolean", "ceil", "clone",
        "contains", "count", "decodeUrl", "decodeUrlComponent", "distinct", "each", "encodeUrl",
        "encodeUrlComponent", "error", "eval", "exists", "filter", "floor", "formatBase", "formatInteger",
        "formatNumber", "fromMillis", "join", "keys", "length", "lookup", "lowercase", "map", "match", "max",
        "merge", "millis", "min", "not", "now", "number", "pad", "parseInteger", "power", "random", "reduce",
        "replace", "reverse", "round", "shuffle", "sift", "single", "sort", "split", "spread", "sqrt", "string",
        "substring", "substringAfter", "substringBefore", "sum", "toMillis", "trim", "type", "uppercase", "zip",
    }
)
# fmt: on
LATER: Final = frozenset({"eval"})  # a built-in function of 2.0.6 that AWS takes away: calling it is T1006 (measured)
HOSTED: Final = frozenset({"partition", "range", "hash", "uuid", "parse"})
LOOPING: Final = frozenset({"reduce", "range", "sort", "match", "replace", "shuffle", "zip", "eval", "partition"})
"""Functions whose cost is not that of looking at their arguments once."""

_CONTEXT_TAKING: Final = (
    "abs base64decode base64encode boolean ceil clone decodeUrl decodeUrlComponent encodeUrl encodeUrlComponent floor "
    "formatBase fromMillis keys length lowercase not number round spread sqrt string toMillis trim uppercase",
    "contains each formatInteger formatNumber lookup match pad parseInteger power sift split substring substringAfter "
    "substringBefore",
    "replace",
)
CONTEXT_TAKING: Final = {name: count for count, names in enumerate(_CONTEXT_TAKING) for name in names.split()}
"""The functions that take the context for their first argument, with the most others that they then have."""

MEMORY_BYTES_MAX: Final = 6_990_256  # measured: [1..873782] passes, [1..873783] does not
ITEM_BYTES: Final = 8
ITEMS_MAX: Final = MEMORY_BYTES_MAX // ITEM_BYTES
STRING_BYTES_MAX: Final = MEMORY_BYTES_MAX
PAD_CHARACTERS_MAX: Final = 262_144  # measured: what $pad may add
RANGE_ITEMS_MAX: Final = 360_145  # measured: what $range may give
RANGES_ITEMS_MAX: Final = 4 * ITEMS_MAX  # of all range operators of one evaluation; ours, it bounds the memory
_ALGORITHMS: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_JAVA_MASK: Final = (1 << 48) - 1


def memory_exceeded() -> JsonataError:
    """The failure of an expression that holds too much."""
    return JsonataError(LIMIT, MEMORY_TEXT)


def partition(array: Any, size: Any) -> Any:
    """The array cut into arrays of `size` items, the last one shorter. Fails unless the size is at least 1."""
    if array is None or size is None:
        return None
    items = array if isinstance(array, list) else [array]
    length = int(size)
    if length < 1:
        raise JsonataError(INTERNAL)
    return [items[start : start + length] for start in range(0, len(items), length)]


def number_range(first: Any, last: Any, step: Any) -> Any:
    """The numbers from first to last, the end included; fractions are cut toward zero. Fails for a step of 0.

    (measured: `$range(-1.7, 2, 1)` is [-1, 0, 1, 2]; 200,000 items pass, at most 360,145)
    """
    if first is None or last is None or step is None:
        return None
    start, end, stride = int(first), int(last), int(step)
    if stride == 0:
        raise JsonataError(INTERNAL)
    numbers = range(start, end + (1 if stride > 0 else -1), stride)
    if len(numbers) > RANGE_ITEMS_MAX:
        raise memory_exceeded()
    return list(numbers)


def hash_text(text: Any, algorithm: Any) -> Any:
    """Hexadecimal digest of the text's UTF-8. Algorithm names are case-sensitive. (measured)"""
    if text is None or algorithm is None:
        return None
    name = _ALGORITHMS.get(algorithm)
    if name is None:
        raise JsonataError(INTERNAL)
    return hashlib.new(name, text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def java_random(seed: Any) -> float:
    """`new java.util.Random(seed).nextDouble()`. (measured: seed 42 gives 0.7275636800328681)"""
    state = (int(seed) ^ 0x5DEECE66D) & _JAVA_MASK
    halves = []
    for bits in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) & _JAVA_MASK
        halves.append(state >> (48 - bits))
    return ((halves[0] << 27) + halves[1]) / (1 << 53)


def uuid_of(first: float, second: float, third: float) -> str:
    """A version 4 UUID out of three throws between 0 and 1."""
    bits = 0
    for throw in (first, second, third):
        bits = (bits << 43) | int(throw * (1 << 43))
    digits = f"{bits & ((1 << 128) - 1):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def parse(text: Any) -> Any:
    """A list of one item, the value of a JSON text (a list because null and undefined are one in the library)."""
    if text is None:
        return None
    try:
        return [parse_json(text)]
    except JsonError:
        raise JsonataError(INTERNAL) from None


def base64_decode(text: Any) -> Any:
    """The bytes of a base64 text as characters, one each, as in the reference; AWS refuses bad base64. (measured)"""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise JsonataError(INTERNAL) from None
    return raw.decode("latin-1")


def pad(text: Any, width: Any, characters: Any = None) -> Any:
    """The text filled up to `width` characters, on the right, or on the left when the width is negative.

    More than 262,144 added characters are too many. (measured)
    """
    if text is None or width is None:
        return None
    missing = int(abs(width)) - len(text)
    if missing <= 0:
        return text
    if missing > PAD_CHARACTERS_MAX:
        raise memory_exceeded()
    filling = characters or " "
    filling = (filling * (missing // len(filling) + 1))[:missing]
    return filling + text if width < 0 else text + filling


def distinct(items: Any) -> Any:
    """The items without repetitions, the first of each kept: in time that grows with their number only."""
    seen: dict[str, Any] = {}
    for item in items:
        seen.setdefault(print_json(_in_order(item)), item)
    return list(seen.values())


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def range_guard() -> Callable[[Any, Any], Any]:
    """A function (last, first) -> last that refuses ranges that are too long, one by one or all together.

    The library would build a range before it looks at its limits.
    """
    left = RANGES_ITEMS_MAX

    def guard(last: Any, first: Any) -> Any:
        nonlocal left
        if _is_whole(first) and _is_whole(last) and last >= first:
            size = int(last) - int(first) + 1
            left -= size
            if size > 10_000_000:
                text = "The size of the sequence allocated by the range operator (..) must not exceed 1e6.  "
                raise JsonataError(ERROR, f"{text}Attempted to allocate {size}.", "D2014")
            if size > ITEMS_MAX or left < 0:
                raise memory_exceeded()
        return last

    return guard


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


Registration = tuple[str, Callable[..., Any], str | None]

REGISTERED: Final[dict[str, tuple[Registration, ...]]] = {
    "partition": (("partition", partition, "<an:a>"),),
    "range": (("range", number_range, "<nnn:a>"),),
    "hash": (("hash", hash_text, "<ss:s>"),),
    "base64decode": (("base64decode", base64_decode, "<s-:s>"),),
    "pad": (("pad", pad, "<s-ns?:s>"),),
    "uuid": (("uuid_", uuid_of, None),),
    "random": (("random_", java_random, None),),
    "parse": (("parse_", parse, None),),
    "distinct": (("distinct_", distinct, None),),
    "keys": (("distinct_", distinct, None),),
}
"""What each function needs to be known to the library; names that end in an underscore are not for users."""

PRELUDE: Final = {
    "eval": "$eval:=$$.`%none`;",
    "parse": "$parse:=function($s)<s:x>{$parse_($s)[0]};",
    "uuid": "$uuid:=function(){$uuid_($dice_(),$dice_(),$dice_())};",
    "distinct": "$few_:=$distinct;$distinct:=function($a)<x:x>{$count($a)>1000?$distinct_($a):$few_($a)};",
    "keys": (
        "$keys_:=$keys;$keys:=function($o)<x-:a<s>>"
        "{($p_:=$spread($o);$count($p_)>1000?$distinct_($p_.$keys_($)):$keys_($o))};"
    ),
    "random": "$random:=function($s)<n?:n>{$exists($s)?$random_($s):$dice_()};",
}
"""JSONata that stands before an expression which uses the function.

`$distinct` and `$keys` are here because the library's own take time with the square of the number, out of reach of its
limits."""
DICE: Final = "$dice_:=$random;"
