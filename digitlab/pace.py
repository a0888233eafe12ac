"""Doing something soon, and not more often than the eye can see."""

import asyncio
import math
from collections.abc import Callable


class Pace:
    """Calls a function when the waiting events are through, at most every so many seconds.

    Parameters
    ----------
    act : callable
        What is called, without arguments.
    interval : float
        Least time between two calls, in seconds.
    """

    def __init__(self, act: Callable[[], None], *, interval: float):
        self.interval = interval
        self._act = act
        self._due: asyncio.TimerHandle | None = None
        self._acted = -math.inf

    def soon(self) -> None:
        """Call the function as soon as it may be called, unless that is under way already."""
        loop = asyncio.get_running_loop()
        # A timer that is long overdue belongs to a loop that ended with its browser tab.
        if self._due is None or self._due.when() < loop.time() - 1:
            when = max(loop.time(), self._acted + self.interval)
            self._due = loop.call_at(when, self._now, loop)

    def cancel(self) -> None:
        """Forget a call that is due."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _now(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = None
        try:
            self._act()
        finally:
            self._acted = loop.time()  # at the end: an act that takes long leaves room for events
