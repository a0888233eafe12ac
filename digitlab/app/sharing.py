"""What one client may take of what all share: how fast, and who gives way where all is taken."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

_Member = TypeVar("_Member")


def gives_way(waiting: Mapping[_Member, str]) -> _Member | None:
    """Choose who has to leave where there is no room for another.

    Parameters
    ----------
    waiting : mapping
        Those who keep the server waiting, in the order in which they came, each with its address.

    Returns
    -------
    object
        Of the address that has the most, the one that came first; None if there is nobody.

    Examples
    --------
    >>> gives_way({"a": "192.0.2.1", "b": "192.0.2.2", "c": "192.0.2.2"})
    'b'
    """
    many = Counter(waiting.values())
    return max(waiting, key=lambda member: many[waiting[member]], default=None)


class RateLimit:
    """How fast somebody may send: in one go as much as the burst, and then no more than the rate.

    Parameters
    ----------
    rate : float
        What is allowed in a second.
    burst : float
        What is allowed at once.

    Examples
    --------
    >>> limit = RateLimit(rate=100, burst=10)
    >>> limit.delay(10, now=0.0)
    0.0
    >>> limit.delay(5, now=0.0)
    0.05
    """

    def __init__(self, *, rate: float, burst: float):
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = 0.0

    def delay(self, amount: float, *, now: float) -> float:
        """Note that so much was sent, and return the seconds to wait before the next is read."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        return max(0.0, -self._left / self._rate)
