"""How often a node looks for what others have written."""

from typing import Final

BUSY_S: Final = 0.006
IDLE_S: Final = 0.25
_SLOWER: Final = 1.2


class Pace:
    """Often while anything happens, then ever less often."""

    def __init__(self, busy_s: float = BUSY_S, idle_s: float = IDLE_S) -> None:
        self.busy_s = busy_s
        self.idle_s = idle_s
        self._pause_s = idle_s

    def note(self) -> None:
        """Something has happened."""
        self._pause_s = self.busy_s

    def pause_s(self) -> float:
        """Until the next look."""
        pause_s = self._pause_s
        self._pause_s = min(pause_s * _SLOWER, self.idle_s)
        return pause_s
