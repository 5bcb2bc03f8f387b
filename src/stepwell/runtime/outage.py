"""Says once that the database cannot be used for something, and once that it can again."""

import logging

log = logging.getLogger("stepwell.runtime")


class Outage:
    """Of one chore that is tried again and again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.lasts = False

    def met(self, error: Exception) -> None:
        """It failed."""
        if not self.lasts:
            log.warning("%s: %s; this is tried again and again", self._what, error)
        self.lasts = True

    def over(self) -> bool:
        """It worked; whether it had failed before."""
        ended, self.lasts = self.lasts, False
        if ended:
            log.warning("%s: it works again", self._what)
        return ended
