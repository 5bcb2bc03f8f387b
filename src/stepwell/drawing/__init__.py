"""Drawings of state machines: a definition as a picture, without a browser."""

from stepwell.drawing.graph import read_graph
from stepwell.drawing.layers import TooLarge
from stepwell.drawing.layout import lay_out
from stepwell.drawing.outcome import Outcome, read_outcome
from stepwell.drawing.svg import draw

__all__ = ["Outcome", "TooLarge", "draw", "lay_out", "read_graph", "read_outcome"]
