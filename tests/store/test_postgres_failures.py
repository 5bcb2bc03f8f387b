"""What PostgreSQL's errors mean: by SQLSTATE, and by what the driver raises itself."""

import asyncpg
import pytest

from stepwell.store import CommitRefused, StoreError, StoreGone
from stepwell.store.postgres.failures import Conflict, ConnectionLost, Stale, as_store_error, gone


def of_state(state: str) -> Exception:
    """The driver's error for what the server says."""
    return asyncpg.PostgresError.new({"C": state, "M": "what the server says", "S": "ERROR"})


@pytest.mark.parametrize(
    ("states", "kind"),
    [
        (("40001", "40P01"), Conflict),
        (("22P02", "22021", "22003", "23505", "23502", "21000", "54000"), CommitRefused),
        (("08006", "08001", "57P01", "57P02", "57P03", "53300"), ConnectionLost),
        (("25006",), StoreGone),
        (("53100", "53200", "57014", "42501", "28P01", "3D000", "42P01", "XX000"), StoreError),
    ],
)
def test_states_have_their_kinds(states: tuple[str, ...], kind: type[Exception]) -> None:
    for state in states:
        assert type(as_store_error(of_state(state))) is kind, state


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("53100", "disk that holds the database is full"),
        ("57014", "took too long"),
        ("42501", "what a role needs"),
        ("28P01", "user and password"),
        ("3D000", "CREATE DATABASE"),
    ],
)
def test_operators_are_told_what_to_do(state: str, advice: str) -> None:
    assert advice in str(as_store_error(of_state(state)))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncpg.DataError("value out of int64 range"), CommitRefused),
        (OverflowError("too large"), CommitRefused),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), CommitRefused),
        (TimeoutError(), ConnectionLost),
        (ConnectionResetError(), ConnectionLost),
        (asyncpg.InterfaceError("connection is closed"), ConnectionLost),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), ConnectionLost),
        (RuntimeError("ours"), StoreError),
    ],
)
def test_errors_of_the_driver_have_their_kinds(error: Exception, kind: type[Exception]) -> None:
    assert type(as_store_error(error)) is kind


@pytest.mark.parametrize("error", [StoreError("a"), StoreGone("b"), Conflict("c"), ConnectionLost("d"), Stale()])
def test_what_is_known_stays_what_it_is(error: Exception) -> None:
    assert as_store_error(error) is error


def test_who_is_gone_is_named() -> None:
    assert "postgresql://h/n cannot be reached: why" in str(gone("postgresql://h/n", "why"))
