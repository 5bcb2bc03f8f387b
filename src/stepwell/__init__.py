"""Stepwell: durable workflows that you own, behind the AWS Step Functions API."""

__version__ = "0.1.0"
