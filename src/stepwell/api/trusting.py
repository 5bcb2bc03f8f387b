"""Who asks, as long as signatures are not checked: whoever the signature claims."""

from collections.abc import Callable
from functools import lru_cache

from stepwell.api.headers import Headers, shown
from stepwell.arn import is_account, is_region
from stepwell.caller import Caller

Authenticate = Callable[[Headers, bytes, str], Caller]
"""Names the caller by the headers, the body and the request's id. Raises `ApiError`."""


def trusting_authenticate(account: str, region: str) -> Authenticate:
    """A step that believes every signature: a twelve-digit access key names the account, the scope names the region."""
    nobody = Caller(account, region, f"arn:aws:iam::{account}:root")

    @lru_cache(maxsize=1_024)
    def read_credential(credential: bytes) -> Caller:
        access_key, _, scope = shown(credential).partition("/")
        named = scope.split("/")
        its_account = access_key if is_account(access_key) else account
        its_region = named[1] if len(named) == 4 and is_region(named[1]) else region
        return Caller(its_account, its_region, f"arn:aws:iam::{its_account}:root", access_key)

    def authenticate(headers: Headers, body: bytes, request_id: str) -> Caller:
        authorization = headers.get(b"authorization", b"")
        start = authorization.find(b"Credential=")
        if start < 0:
            known = nobody
        else:
            known = read_credential(authorization[start + 11 :].partition(b",")[0])
        return Caller(known.account, known.region, known.principal, known.access_key, request_id)

    return authenticate
