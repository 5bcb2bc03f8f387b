"""Wrap a gift, or try to."""

from typing import Any


class OutOfRibbon(Exception):
    """It happens. The workflow catches it by this name."""


def handler(event: dict[str, Any], context: Any) -> str:
    """There is never any ribbon left."""
    raise OutOfRibbon("The last ribbon went on the last parcel.")
