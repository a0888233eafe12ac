"""The visits: what happens from a page that is handed out to the end of its kernel."""

from digitlab.app.background import Background
from digitlab.app.health import Events
from digitlab.app.kernels.manager import PadKernels
from digitlab.app.page.pool import PagePool
from digitlab.app.visitors import Visitors


class Visits:
    """Ends the kernels of those who leave, in whatever way they do.

    Parameters
    ----------
    kernels : PadKernels
        Where the kernels live.
    pages : PagePool
        The pages for those who come.
    events : Events
        Who counts.
    limit : int
        How many visitors there may be.

    Attributes
    ----------
    pages : PagePool
        As above.
    visitors : Visitors
        Who is here.
    is_stopping : bool
        Whether nobody is let in any more.
    """

    def __init__(self, kernels: PadKernels, pages: PagePool, events: Events, *, limit: int):
        self.pages = pages
        self.visitors = visitors = Visitors(limit)
        self.is_stopping = False
        self._kernels = kernels
        self._events = events
        self._background = Background()
        events.visitors.set_function(lambda: len(visitors))
        events.connected.set_function(lambda: visitors.connected)
        events.kernels.set_function(lambda: len(kernels))

    async def status(self) -> str:
        """Tell whether a page would open now: ready, or why not."""
        if self.is_stopping:
            return "stopping"
        if self.visitors.is_full and self.visitors.giving_way() is None:
            return "full"
        return await self.pages.status()

    def disconnect(self, kernel_id: str, websocket: object, *, for_good: bool) -> None:
        """Note that a connection has ended; for good, if the page is closed."""
        self.visitors.disconnect(kernel_id, websocket)
        visitor = self.visitors.get(kernel_id)
        if for_good and visitor and not visitor.websockets:
            self._background.start(self.end(kernel_id, reason="closed"))

    async def end(self, kernel_id: str, *, reason: str) -> None:
        """End a visitor's kernel, and forget the visitor."""
        if kernel_id in self.visitors:
            self._events.left(reason)
            try:
                self._hang_up(kernel_id)
            finally:
                await self._kernels.end(kernel_id)

    async def sweep(self) -> None:
        """End the visits that are over, and all kernels that nobody owns; mend the pages."""
        for kernel_id in self.visitors.overdue():
            await self.end(kernel_id, reason="culled")
        for kernel_id in list(self.visitors):
            if not await self._kernels.is_running(kernel_id):
                await self.end(kernel_id, reason="crashed")
        for kernel_id in self._kernels.list_kernel_ids():
            if kernel_id not in self.visitors and kernel_id not in self.pages:
                await self._kernels.end(kernel_id)
        await self.pages.mend()

    async def close(self) -> None:
        """Make no page any more, and tell all visitors that this is the end."""
        await self.pages.close()
        await self._background.close()
        for kernel_id in list(self.visitors):
            self._hang_up(kernel_id)

    def _hang_up(self, kernel_id: str) -> None:
        for websocket in self.visitors.leave(kernel_id):
            websocket.end()
