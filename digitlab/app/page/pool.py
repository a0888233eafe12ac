"""Pages with their kernels, rendered before anybody asks for them.

What Voilà's preheated kernels are, made for kernels that start in no time and may die in between.
"""

import asyncio
import logging
import os
import uuid
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from nbclient.exceptions import DeadKernelError
from traitlets.log import get_logger
from voila.notebook_renderer import NotebookRenderer

from digitlab.app.background import Background
from digitlab.app.kernels.manager import PadKernels
from digitlab.app.log import LOG
from digitlab.front.language import LANGUAGES

REFILL_AFTER = 1.0
"""Seconds between a page taken and a new one begun: a page that loads needs the processor more."""

LANGUAGE_VARIABLE = "DIGITLAB_LANG"
"""How the app's notebook learns of the page's language."""

AT_ONCE = 4
"""Kernels that start at the same time; more would only delay each other."""


class Page:
    """A page that is rendered, or just being rendered, in a language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.kernel_id = str(uuid.uuid4())
        self.started = asyncio.Event()
        """Set as soon as there is a kernel, or in doubt at the page's end."""
        self.is_made: bool | None = None
        """Whether it came to its end, which may still be ahead."""
        self.pieces: asyncio.Queue[str | None] = asyncio.Queue()
        """The page's HTML, piece by piece as it is rendered, and None at its end."""


class PagePool:
    """Keeps pages ready.

    Parameters
    ----------
    kernels : PadKernels
        Where the kernels live.
    make_renderer : callable
        Returns a renderer of the page's notebook in a language, new each time.
    size : int
        How many pages to keep ready, in the languages of those who came last.
    """

    def __init__(
        self, kernels: PadKernels, make_renderer: Callable[[str], NotebookRenderer], *, size: int
    ):
        self._kernels = kernels
        self._make_renderer = make_renderer
        self._size = size
        self._starting = asyncio.Semaphore(AT_ONCE)
        self._pages: deque[Page] = deque()
        self._asked = deque(size * [LANGUAGES[0]], maxlen=size)
        self._kernels_here: set[str] = set()
        self._state = "starting"
        self._tried = asyncio.Event()
        # Where it would be told of each page that is given up, and twice of each that fails.
        for name in ("asyncio", get_logger().name, kernels.log.name):
            logging.getLogger(name).addFilter(_is_news)
        self._background = Background()
        self._will_fill = False

    def __contains__(self, kernel_id: str) -> bool:
        """Tell whether a kernel is that of a page here."""
        return kernel_id in self._kernels_here

    def fill(self) -> None:
        """Begin the pages that are missing; one at a time, until one is known to open."""
        self._will_fill = False
        missing = Counter(self._asked)
        for page in list(self._pages):
            missing[page.lang] -= 1
            if missing[page.lang] < 0 and page.is_made:  # that language is asked for less now
                self._give_up(page)
        for lang in islice(missing.elements(), self._size if self._state == "ready" else 1):
            self._begin(lang)

    async def mend(self) -> None:
        """See to it that others take the place of pages that would not open any more."""
        for page in list(self._pages):
            if page.started.is_set() and not await self._opens(page) and page in self._pages:
                self._give_up(page)
                if not self._pages and self._state == "ready":
                    self._state = "starting"
        if len(self._pages) < self._size:
            self._fill_later()

    async def first(self) -> bool:
        """Wait until a page was made, and tell whether one could be."""
        await self._tried.wait()
        return self._state == "ready"

    async def take(self, lang: str = LANGUAGES[0]) -> Page:
        """Return a page in a language whose kernel runs, and have another take its place.

        Raises
        ------
        RuntimeError
            If no kernel could be started.
        """
        self._asked.append(lang)
        self._fill_later()
        while True:
            mine = [page for page in self._pages if page.lang == lang]
            page = ([page for page in mine if page.is_made] or mine or [self._begin(lang)])[0]
            self._pages.remove(page)
            try:
                if await self._opens(page):
                    return page
            finally:
                self._kernels_here.discard(page.kernel_id)
            if not mine:
                raise RuntimeError("No kernel could be started.")

    async def status(self) -> str:
        """Tell whether a page could be had now: ready, starting or no kernel."""
        made = [page for page in self._pages if page.is_made]
        if any([await self._opens(page) for page in made]):
            return "ready"
        # The kernels of those that were made are gone. Where all were taken a moment ago, it is as
        # it was with the last one.
        return "starting" if made and self._state == "ready" else self._state

    async def close(self) -> None:
        """Begin no page any more, and give up those that are being rendered."""
        self._asked.clear()
        await self._background.close()

    def _fill_later(self) -> None:
        if not self._will_fill:
            self._will_fill = True
            asyncio.get_running_loop().call_later(REFILL_AFTER, self.fill)

    async def _opens(self, page: Page) -> bool:
        await page.started.wait()
        return page.is_made is not False and await self._kernels.is_running(page.kernel_id)

    def _give_up(self, page: Page) -> None:
        """Leave a page's kernel to whoever ends those that nobody owns."""
        self._pages.remove(page)
        self._kernels_here.discard(page.kernel_id)
        page.is_made = False

    def _begin(self, lang: str) -> Page:
        page = Page(lang)
        self._pages.append(page)
        self._kernels_here.add(page.kernel_id)
        self._background.start(self._render(page))
        return page

    async def _render(self, page: Page) -> None:
        try:
            async with self._starting:
                renderer = self._make_renderer(page.lang)
                await renderer.initialize()
                kernel_id = await self._kernels.start_kernel(
                    kernel_id=page.kernel_id,
                    kernel_name=renderer.notebook.metadata.kernelspec.name,
                    path=renderer.cwd,
                    env=os.environ | {LANGUAGE_VARIABLE: page.lang},
                )
                if self._state != "no kernel":
                    page.started.set()
                kernel = self._kernels.get_kernel(kernel_id)
                async for piece, _ in renderer.generate_content_generator(kernel_id, kernel):
                    page.pieces.put_nowait(piece)
            if page.is_made is False:  # it was given up meanwhile, and says nothing of the others
                return
            page.is_made = True
            if self._state != "ready":
                self._state = "ready"
                self.fill()
            self._tried.set()
        except Exception as error:
            LOG.error("no page: %s: %s", type(error).__name__, error)
            page.is_made = False
            # Of a page that was taken, the kernel may just have been ended with the visit.
            if page in self._pages or not page.started.is_set():
                self._state = "no kernel"
            if all(page.is_made is False for page in self._pages):
                self._tried.set()
        finally:
            page.started.set()
            page.pieces.put_nowait(None)


def _is_news(record: logging.LogRecord) -> bool:
    # The pool itself says in a line why a page could not be made. And when a page is given up,
    # nbclient's task that watches its kernel goes on, takes this for the kernel's death and fails.
    origin, error = Path(record.pathname).parent.name, record.exc_info and record.exc_info[1]
    return origin not in {"jupyter_client", "nbclient"} and not isinstance(error, DeadKernelError)
