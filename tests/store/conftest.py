"""Makers of stores for the tests of this room."""
