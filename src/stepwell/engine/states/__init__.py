"""One file per state type: what a branch does on entering a state, and how it takes the state's results."""

from stepwell.engine.states import task
from stepwell.engine.states.acts import BEGINS, RESUMES, acts_of

__all__ = ["BEGINS", "RESUMES", "acts_of", "task"]
