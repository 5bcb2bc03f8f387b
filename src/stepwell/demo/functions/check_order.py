"""Refuse what cannot be delivered, and count the price."""

from typing import Any

PRICES = {"lamp": 40, "sofa": 900, "book": 12}


class OrderRefused(Exception):
    """A reason to refuse an order. The workflow catches it by this name."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The order's total."""
    unknown = [item for item in event["items"] if item not in PRICES]
    if unknown:
        raise OrderRefused(f"We do not sell {', '.join(unknown)}.")
    return {"total": sum(PRICES[item] for item in event["items"])}
