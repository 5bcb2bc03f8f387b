"""Drawings of state machines: a definition as a picture, without a browser."""

from stepwell.drawing.graph import read_graph
from stepwell.drawing.layers import TooLarge
from stepwell.drawing.layout import lay_out
from stepwell.drawing.outcome import Outcome, outcome_of
from stepwell.drawing.svg import draw

__all__ = ["Outcome", "TooLarge", "draw", "lay_out", "outcome_of", "read_graph"]
