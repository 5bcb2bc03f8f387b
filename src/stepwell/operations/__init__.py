"""What the service can be asked, whatever the transport: one function for each operation of the service model."""

from stepwell.operations.service import Operation, Service
from stepwell.operations.table import OPERATIONS

__all__ = ["OPERATIONS", "Operation", "Service"]
