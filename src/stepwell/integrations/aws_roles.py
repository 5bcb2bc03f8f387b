"""In whose name calls to AWS are made: sessions of the roles of state machines and tasks, by STS.

A session is used until shortly before it expires, by all executions of the same roles; whoever comes while it is being
made waits for it.
"""

import asyncio
import secrets
import string
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from stepwell.integrations.aws_answer import Answer, Refusal
from stepwell.integrations.base import Call

_MARGIN_S: Final = 60.0
_SESSIONS_MAX: Final = 1_024
_NAME_LETTERS: Final = 32


class Principal(Struct, frozen=True):
    """Whose call it is: the execution's account and region, its machine's role, the role of the task's Credentials."""

    region: str
    account: str
    machine_role_arn: str | None = None
    task_role_arn: str | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles in the order in which they are assumed: the machine's may assume the task's."""
        return tuple(role for role in (self.machine_role_arn, self.task_role_arn) if role)

    @property
    def task_account(self) -> str | None:
        """The account of the task's role."""
        parts = (self.task_role_arn or "").split(":")
        return parts[4] if len(parts) > 5 and len(parts[4]) == 12 and parts[4].isdecimal() else None


def principal_of(call: Call) -> Principal:
    """In whose name a task's call is made."""
    return Principal(call.region, call.account, call.role_arn, call.credentials_role_arn)


class _Session(Struct, frozen=True):
    credentials: Any
    expires_s: float


AssumeRole = Callable[[Any, dict[str, Any], str], Awaitable[Answer | Refusal]]
"""Calls STS with somebody's credentials, the members of AssumeRole and a region."""


class RoleSessions:
    """Sessions of roles."""

    def __init__(self, assume: AssumeRole) -> None:
        self._assume = assume
        self._made: OrderedDict[tuple[str, tuple[str, ...]], asyncio.Task[_Session | Refusal]] = OrderedDict()

    async def get(self, principal: Principal, roles: tuple[str, ...], own: Any) -> Any:
        """Credentials of the last of `roles`, each assumed by the one before, the first by `own`; or a `Refusal`."""
        credentials = own
        for count in range(1, len(roles) + 1):
            session = await self._session(principal, roles[:count], credentials)
            if isinstance(session, Refusal):
                return session
            credentials = session.credentials
        return credentials

    async def _session(self, principal: Principal, chain: tuple[str, ...], by: Any) -> _Session | Refusal:
        key = (principal.account, chain)
        making = self._made.get(key)
        if making is None or (making.done() and not _is_good(making)):
            making = self._made[key] = asyncio.create_task(self._make(principal, chain, by))
            if len(self._made) > _SESSIONS_MAX:
                self._made.popitem(last=False)
        return await asyncio.shield(making)

    async def _make(self, principal: Principal, chain: tuple[str, ...], by: Any) -> _Session | Refusal:
        from botocore.credentials import Credentials

        members = {"RoleArn": chain[-1], "RoleSessionName": _session_name()}
        answer = await self._assume(by, members, principal.region)
        if isinstance(answer, Refusal):
            return Refusal("forbidden", _refusal_text(principal, chain)) if answer.kind == "refused" else answer
        given = answer.members["Credentials"]
        life_s = given["Expiration"].timestamp() - time.time() - _MARGIN_S
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return _Session(credentials, asyncio.get_running_loop().time() + life_s)


def _is_good(made: asyncio.Task[_Session | Refusal]) -> bool:
    if made.cancelled() or made.exception() is not None:
        return False
    session = made.result()
    return isinstance(session, _Session) and asyncio.get_running_loop().time() < session.expires_s


def _session_name() -> str:
    """AWS: 32 letters."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(_NAME_LETTERS))


def _refusal_text(principal: Principal, chain: tuple[str, ...]) -> str:
    """Recorded for both kinds of roles; who assumes a task's role without a machine's is this server."""
    if chain[-1] != principal.task_role_arn:
        return (
            "The principal states.amazonaws.com is not authorized to assume the provided role. "
            f"(role: {principal.machine_role_arn})"
        )
    return f"The role {principal.machine_role_arn} is not authorized to assume the task state's role, {chain[-1]}."
