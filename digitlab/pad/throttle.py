"""Doing something soon, and not more often than the eye can see."""

import asyncio
import math
import time
from collections.abc import Callable

REST = 0.1  # seconds: a pen that moves says so more often


class Throttle:
    """Calls a function while events come in, at most every so many seconds.

    The call is made by the event that comes when its time has come: what an observer prints is
    shown in JupyterLab only while an event is being handled. A timer calls where events rest.

    Parameters
    ----------
    act : callable
        What is called, without arguments.
    interval : float
        Least time between the end of a call and the next one, in seconds.

    Examples
    --------
    >>> throttle = Throttle(lambda: print("called"), interval=0.03)
    >>> throttle.soon()
    called
    """

    def __init__(self, act: Callable[[], None], *, interval: float):
        self.interval = interval
        self._act = act
        self._due: asyncio.TimerHandle | None = None
        self._acted = -math.inf

    def soon(self) -> None:
        """Call the function now if it may be called, and else soon.

        Raises
        ------
        RuntimeError
            If it has to wait and no event loop is running.
        """
        wait = self._acted + self.interval - time.monotonic()
        if wait <= 0:
            self._now()
        else:
            self._call_after(wait + REST)

    def later(self) -> None:
        """Call the function when the event at hand is through, and as soon as it may be called.

        Raises
        ------
        RuntimeError
            If no event loop is running.
        """
        self._call_after(max(self._acted + self.interval - time.monotonic(), 0))

    def flush(self) -> None:
        """Call the function now if it is due soon: no more events are coming."""
        if self._due is not None:
            self._now()

    def cancel(self) -> None:
        """Forget a call that is due."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _call_after(self, wait: float) -> None:
        loop = asyncio.get_running_loop()
        # A timer that is long overdue belongs to a loop that ended with its browser tab.
        if self._due is None or self._due.when() < loop.time() - 1:
            self._due = loop.call_later(wait, self._now)

    def _now(self) -> None:
        self.cancel()
        try:
            self._act()
        finally:
            self._acted = time.monotonic()  # an act that takes long leaves room for events
