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
    rest : float, optional
        The same as a multiple of the time that the call took: what is slow is called less often.

    Examples
    --------
    >>> throttle = Throttle(lambda: print("called"), interval=0.03)
    >>> throttle.soon()
    called
    """

    def __init__(self, act: Callable[[], None], *, interval: float, rest: float = 0) -> None:
        self.interval = interval
        self._rest = rest
        self._act = act
        self._due: asyncio.TimerHandle | None = None
        self._acted = -math.inf
        self._took = 0.0

    def soon(self) -> None:
        """Call the function now if it may be called, and else soon.

        Raises
        ------
        RuntimeError
            If it has to wait and no event loop is running.
        """
        if self._wait <= 0:
            self._now()
        else:
            self._call_after(self._wait + REST)

    def later(self) -> None:
        """Call the function after the event at hand, as soon as it may be; without a loop, now."""
        try:
            self._call_after(max(self._wait, 0))
        except RuntimeError:
            self._now()

    def flush(self) -> None:
        """Call the function now if it is due soon: no more events are coming."""
        if self._due is not None:
            self._now()

    def cancel(self) -> None:
        """Forget a call that is due."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    @property
    def _wait(self) -> float:
        return self._acted + max(self.interval, self._rest * self._took) - time.monotonic()

    def _call_after(self, wait: float) -> None:
        loop = asyncio.get_running_loop()
        # A timer that is long overdue belongs to a loop that ended with its browser tab.
        if self._due is None or self._due.when() < loop.time() - 1:
            self._due = loop.call_later(wait, self._now)

    def _now(self) -> None:
        self.cancel()
        start = time.monotonic()
        try:
            self._act()
        finally:
            self._acted = time.monotonic()  # an act that takes long leaves room for events
            self._took = self._acted - start
