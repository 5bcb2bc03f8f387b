"""The one statement of a commit, put together from its parts: a `WITH` of CTEs, and a check of what they found."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from stepwell.store.postgres.group import COUNTED

STALE: Final = "stale"
"""What the check says when a fence fell."""

NOT_OPEN: Final = "not open"
"""What the check says when an execution is not in the state that its commit is about."""

CHECK_FAILED: Final = "22P02"
"""The SQLSTATE with which it says so; parameters are sent in binary, so nothing else of a commit has it."""

_PARAMETER: Final = re.compile(r"\$(\d+)")


def compose(queries: Mapping[str, str], parts: Sequence[str]) -> str:
    """The statement of these parts, in this order. Its parameters: those of each part, then the counts to be found.

    It answers the executions that lost their names. A count that differs makes it fail, and so undoes all of it: a text
    that is no number is cast to one, which PostgreSQL reports together with the text.
    """
    numbered = 0
    expressions = []
    checks = []
    for part in parts:
        expressions.append(f"{'lost' if part == 'nobody_lost' else part} AS ({_shifted(queries[part], numbered)})")
        numbered += _parameters(queries[part])
    for part in parts:
        if part in COUNTED:
            numbered += 1
            verdict = STALE if part == "fence" else NOT_OPEN
            checks.append(f"WHEN (SELECT count(*) FROM {part}) <> ${numbered}::bigint THEN '{verdict}'")
    check = f", CAST(CASE {' '.join(checks)} ELSE '0' END AS integer)" if checks else ""
    return f"WITH {', '.join(expressions)} SELECT ARRAY(SELECT execution_id FROM lost){check}"


def compose_exchange(queries: Mapping[str, str], *, writes: bool) -> str:
    """A round of the post by itself. Parameters: what is looked for, then the columns of the parts that write."""
    if not writes:
        return f"SELECT {_found(queries)}"
    sent, gone = _shifted(queries["insert_message"], 4), _shifted(queries["delete_reply"], 9)
    return f"WITH sent AS ({sent}), gone AS ({gone}) SELECT {_found(queries)}"


def _found(queries: Mapping[str, str]) -> str:
    """The columns of what the post finds. Parameters: shards, how many messages, node, replies that it has read.

    All parts of a statement see the database as it was before: so replies that are being forgotten are left out.
    """
    messages, replies = queries["receive_messages"], _shifted(queries["load_replies"], 2)
    return (
        f"ARRAY(SELECT row FROM ({messages}) AS row), "
        f"ARRAY(SELECT row FROM ({replies}) AS row WHERE row.id <> ALL($4::bytea[]))"
    )


def _parameters(text: str) -> int:
    return len(set(_PARAMETER.findall(text)))


def _shifted(text: str, by: int) -> str:
    return _PARAMETER.sub(lambda match: f"${int(match[1]) + by}", text)
