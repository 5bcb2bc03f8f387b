"""Checks and helpers for tests, shipped so that whoever writes a store or an integration uses the same ones."""

from stepwell.testing.cases import CaseFailed, run_case
from stepwell.testing.check_store import CHECKS as STORE_CHECKS
from stepwell.testing.check_store import check_store

__all__ = ["STORE_CHECKS", "CaseFailed", "check_store", "run_case"]
