"""Pages with their kernels, rendered before anybody asks for them.

What Voilà's preheated kernels are, made for kernels that start in no time and may die in between.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from nbclient.exceptions import DeadKernelError
from traitlets.log import get_logger
from voila.notebook_renderer import NotebookRenderer

from digitlab.app.background import Background
from digitlab.app.health import LOG
from digitlab.app.kernels.manager import PadKernels

REFILL_AFTER = 1.0
"""Seconds between a page taken and a new one begun: a page that loads needs the processor more."""

AT_ONCE = 4
"""Kernels that start at the same time; more would only delay each other."""


class Page:
    """A page that is rendered, or just being rendered."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.kernel_id: asyncio.Future[str] = loop.create_future()
        """The kernel's id, as soon as there is a kernel; fails where none could be started."""
        self.pieces: asyncio.Queue[str | None] = asyncio.Queue()
        """The page's HTML, and None at its end."""

    async def html(self) -> AsyncIterator[str]:
        """Go through the page, piece by piece, as it is rendered."""
        while (piece := await self.pieces.get()) is not None:
            yield piece


class PagePool:
    """Keeps pages ready.

    Parameters
    ----------
    kernels : PadKernels
        Where the kernels live.
    make_renderer : callable
        Returns a renderer of the page's notebook, new each time.
    size : int
        How many pages to keep ready.
    """

    def __init__(
        self, kernels: PadKernels, make_renderer: Callable[[], NotebookRenderer], *, size: int
    ):
        self._kernels = kernels
        self._make_renderer = make_renderer
        self._size = size
        self._starting = asyncio.Semaphore(AT_ONCE)
        self._pages: deque[Page] = deque()
        self._background = Background()
        self._refill: asyncio.TimerHandle | None = None

    def fill(self) -> None:
        """Begin as many pages as are missing."""
        self._refill = None
        while len(self._pages) < self._size:
            self._pages.append(self._begin())

    async def take(self) -> Page:
        """Return a page whose kernel runs, and see to it that another takes its place.

        Raises
        ------
        RuntimeError
            If no kernel could be started.
        """
        if self._refill is None:
            self._refill = asyncio.get_running_loop().call_later(REFILL_AFTER, self.fill)
        while self._pages:
            page = self._pages.popleft()
            try:
                if await self._kernels.is_running(await page.kernel_id):
                    return page
            except RuntimeError:
                continue
        page = self._begin()
        await page.kernel_id
        return page

    async def status(self) -> str:
        """Tell whether a page could be had now: ready, starting or no kernel."""
        if not self._pages:
            return "ready"  # all were taken a moment ago
        page = self._pages[0]
        if not page.kernel_id.done():
            return "starting"
        if page.kernel_id.exception() or not await self._kernels.is_running(
            page.kernel_id.result()
        ):
            return "no kernel"
        return "ready"

    async def close(self) -> None:
        """Begin no page any more, and give up those that are being rendered."""
        self._size = 0
        # Where Voilà would tell of each page that is given up.
        logging.getLogger(get_logger().name).addFilter(_is_news)
        if self._refill is not None:
            self._refill.cancel()
        await self._background.close()

    def _begin(self) -> Page:
        page = Page()
        self._background.start(self._render(page))
        return page

    async def _render(self, page: Page) -> None:
        try:
            async with self._starting:
                renderer = self._make_renderer()
                await renderer.initialize()
                kernel_id = await self._kernels.start_kernel(
                    kernel_name=renderer.notebook.metadata.kernelspec.name,
                    path=renderer.cwd,
                    env=dict(os.environ),
                )
                page.kernel_id.set_result(kernel_id)
                kernel = self._kernels.get_kernel(kernel_id)
                async for piece, _ in renderer.generate_content_generator(kernel_id, kernel):
                    page.pieces.put_nowait(piece)
        except Exception as error:
            LOG.error("no page: %s: %s", type(error).__name__, error)
            if not page.kernel_id.done():
                page.kernel_id.set_exception(RuntimeError(f"No kernel could be started: {error}"))
                page.kernel_id.exception()  # looked at, should nobody come for this page
        finally:
            page.pieces.put_nowait(None)


def _is_news(record: logging.LogRecord) -> bool:
    # nbclient takes it for the kernel's death when nobody waits for the page any more.
    return not (record.exc_info and isinstance(record.exc_info[1], DeadKernelError))


def forgive_cut_off_pages(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of a page that was given up while its kernel ended; handle other errors as ever.

    An exception handler for the event loop: nbclient looks after the kernel in a task of its own,
    which outlives the page that it belongs to and fails where nobody waits for it.
    """
    if not isinstance(context.get("exception"), DeadKernelError):
        loop.default_exception_handler(context)
