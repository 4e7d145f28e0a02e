"""A progress bar for people who wait; silent where nobody looks."""

import sys
from typing import Protocol, TextIO

_WIDTH = 32


class Progress(Protocol):
    """Hears how far a piece of work has come."""

    def at(self, share: float, words: str) -> None:
        """`share` from 0 to 1; `words` say what is being done."""
        ...


class Silent:
    """Tells nobody."""

    def at(self, share: float, words: str) -> None:
        """Do nothing."""


class Bar:
    """One line on a terminal that fills up; elsewhere one line for each tenth."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._shown = -1

    def at(self, share: float, words: str) -> None:
        """Draw, if there is anything new to see."""
        percent = int(100 * min(max(share, 0.0), 1.0))
        step = percent if self._live else percent // 10 * 10
        if step <= self._shown and percent < 100:
            return
        done = self._shown >= 100
        self._shown = max(step, self._shown)
        if not done:
            self._draw(percent, words)

    def _draw(self, percent: int, words: str) -> None:
        filled = "█" * (_WIDTH * percent // 100)
        if self._live:
            end = "\n" if percent >= 100 else ""
            self._out.write(f"\r\x1b[K{filled:░<{_WIDTH}} {percent:3d} %  {words}{end}")
        else:
            self._out.write(f"{percent:3d} %  {words}\n")
        self._out.flush()
