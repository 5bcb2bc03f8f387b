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
    for part in parts:
        text = queries[part]
        name = "lost" if part == "nobody_lost" else part
        expressions.append(f"{name} AS ({_shifted(text, numbered)})")
        numbered += len(set(_PARAMETER.findall(text)))
    checks = []
    for part in parts:
        if part in COUNTED:
            numbered += 1
            verdict = STALE if part == "fence" else NOT_OPEN
            checks.append(f"WHEN (SELECT count(*) FROM {part}) <> ${numbered}::bigint THEN '{verdict}'")
    check = f", CAST(CASE {' '.join(checks)} ELSE '0' END AS integer)" if checks else ""
    return f"WITH {', '.join(expressions)} SELECT ARRAY(SELECT execution_id FROM lost){check}"


def compose_exchange(queries: Mapping[str, str], *, writes: bool) -> str:
    """One round of the post. Parameters: shards, limit, node, replies read; with writes, those of each after them.

    All parts see the database as it was before, so the replies that are being forgotten are left out.
    """
    messages, replies = queries["receive_messages"], _shifted(queries["load_replies"], 2)
    found = (
        f"SELECT ARRAY(SELECT row FROM ({messages}) AS row), "
        f"ARRAY(SELECT row FROM ({replies}) AS row WHERE row.id <> ALL($4::bytea[]))"
    )
    if not writes:
        return found
    sent, gone = _shifted(queries["insert_message"], 4), _shifted(queries["delete_reply"], 9)
    return f"WITH sent AS ({sent}), gone AS ({gone}) {found}"


def _shifted(text: str, by: int) -> str:
    return _PARAMETER.sub(lambda match: f"${int(match[1]) + by}", text)
