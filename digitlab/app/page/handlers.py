"""What the app answers itself: the page, and 404 for all that is not there."""

from http import HTTPStatus

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from digitlab.app.guard.base import PLACEHOLDER
from digitlab.app.guard.channels import visitor_cookie
from digitlab.app.log import LOG
from digitlab.app.spoken import language, spoken
from digitlab.app.visitors import NoRoomError

RETRY = 10
"""Seconds after which those who found no room ask again."""


class PageHandler(JupyterHandler):
    """The page, at ``/``."""

    async def get(self) -> None:
        """Hand out a page with a kernel, or ask to wait."""
        visits, events = self.settings["visits"], self.settings["events"]
        visitors = visits.visitors
        self.set_header("Cache-Control", "no-store")
        if visits.is_stopping:
            return self._ask_to_wait("stopping")
        if visitors.is_full and (kernel_id := visitors.giving_way()):
            await visits.end(kernel_id, reason="gave way")
        try:
            with visitors.coming():
                page = await visits.pages.take(language(self))
                visitors.enter(page.kernel_id, cookie=visitor_cookie(self))
        except NoRoomError:
            return self._ask_to_wait("full")
        except RuntimeError:
            LOG.error("no kernel could be started")
            return self._ask_to_wait("no kernel")
        events.came()
        home = self.settings["base"].of(self.request)
        while (piece := await page.pieces.get()) is not None:
            self.write(piece.replace(PLACEHOLDER, home))
            await self.flush()

    async def head(self) -> None:
        """Tell whether there would be a page, and start no kernel for that."""
        self.set_header("Cache-Control", "no-store")
        if (status := await self.settings["visits"].status()) != "ready":
            self._ask_to_wait(status)

    def _ask_to_wait(self, reason: str) -> None:
        self.settings["events"].rejected(reason)
        self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.set_header("Retry-After", str(RETRY))
        self.finish(spoken(self, "full.html", reason=reason, seconds=RETRY))


class NothingHereHandler(web.RequestHandler):
    """Everything else."""

    def prepare(self) -> None:
        """Answer 404 with a way back, whatever the method."""
        self.set_status(404)
        self.finish(spoken(self, "error.html"))
