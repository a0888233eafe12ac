"""Work that goes on while nobody waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Background:
    """Holds tasks until they are done; asyncio itself does not, and Python may collect them.

    Examples
    --------
    >>> async def work() -> None:
    ...     background = Background()
    ...     background.start(asyncio.sleep(60))
    ...     await background.close()
    >>> asyncio.run(work())
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[Any, Any, object]) -> None:
        """Begin, in the running event loop."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
