"""What the app answers itself: the page, a bounded upload, and 404 for all that is not there."""

from http import HTTPStatus

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from digitlab.app.channels import visitor_cookie
from digitlab.app.health import LOG
from digitlab.app.readers import Readers
from digitlab.app.upload import MAX_BODY
from digitlab.app.visitors import NoRoomError

UPLOADS = 64
"""Uploads at once: each may hold 10 MB while it waits for its turn."""

RETRY = 10
"""Seconds after which those who found no room ask again."""


class PageHandler(JupyterHandler):
    """The page, at ``/``."""

    async def get(self) -> None:
        """Hand out a page with a kernel, or ask to wait."""
        visitors, events = self.settings["visitors"], self.settings["events"]
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        # Looking at the token sets its cookie, without which a closing tab may not end its kernel.
        assert self.xsrf_token
        if self.settings["is_stopping"]():
            return self._ask_to_wait("stopping")
        if visitors.is_full and (kernel_id := visitors.giving_way()):
            await self.settings["end_visit"](kernel_id, reason="gave way")
        try:
            with visitors.coming():
                page = await self.settings["pages"].take()
                kernel_id = page.kernel_id.result()
                visitors.enter(kernel_id, cookie=visitor_cookie(self))
        except NoRoomError:
            return self._ask_to_wait("full")
        except RuntimeError:
            LOG.error("no kernel could be started")
            return self._ask_to_wait("no kernel")
        events.came()
        async for piece in page.html():
            self.write(piece)
            await self.flush()
        return None

    def _ask_to_wait(self, reason: str) -> None:
        self.settings["events"].rejected(reason)
        self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.set_header("Retry-After", str(RETRY))
        page = self.settings["voila_jinja2_env"].get_template("full.html")
        self.finish(page.render(reason=reason, seconds=RETRY))


class NothingHereHandler(web.RequestHandler):
    """Everything else."""

    def prepare(self) -> None:
        """Answer 404 with a way back, whatever the method."""
        self.set_status(404)
        page = self.settings["voila_jinja2_env"].get_template("error.html")
        self.finish(page.render(status_code=404, base_url=self.settings["base_url"]))


@web.stream_request_body
class UploadHandler(web.RequestHandler):
    """``POST /upload``, for so many at once.

    It asks for no XSRF token, as Jupyter's own handlers do: it changes nothing, and whoever
    calls it from a terminal has none.

    Parameters
    ----------
    readers : Readers
        Who reads the images.
    """

    _at_once = 0

    def initialize(self, readers: Readers) -> None:
        """Take what the route was made with."""
        self._readers = readers
        self._body = bytearray()
        self._length = 0
        self._is_counted = False

    def prepare(self) -> None:
        """Ask to try again where there are too many."""
        if UploadHandler._at_once >= UPLOADS:
            self.settings["events"].rejected("uploads")
            self.set_header("Retry-After", "1")
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too many uploads at once: please try again in a second.",
            )
        else:
            UploadHandler._at_once += 1
            self._is_counted = True

    def data_received(self, chunk: bytes) -> None:
        """Keep what arrives up to the limit, and only count the rest."""
        self._length += len(chunk)
        if self._length <= MAX_BODY:
            self._body += chunk
        else:
            self._body.clear()

    async def post(self) -> None:
        """Answer what `digitlab.app.upload.reply` says."""
        if self._length > MAX_BODY:
            return self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body has {self._length:,} bytes: at most {MAX_BODY:,} are accepted.",
            )
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return self._refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"The content type is {kind or 'missing'}: expected application/json.",
            )
        status, answer = await self._readers.reply(bytes(self._body))
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        return self.write(answer)

    def _refuse(self, status: HTTPStatus, error: str) -> None:
        self.set_status(status)
        self.finish({"error": error})

    def write_error(self, status_code: int, **_) -> None:
        """Answer in JSON also where tornado refuses: a GET, or a fault of ours."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", "POST")
            self.finish({"error": f"{self.request.method} is not possible here: expected POST."})
        else:
            self.finish({"error": f"{HTTPStatus(status_code).phrase}: please try again."})

    def on_finish(self) -> None:
        """Make room for the next."""
        self._uncount()

    def on_connection_close(self) -> None:
        """Make room for the next, also where somebody hung up."""
        self._uncount()
        super().on_connection_close()

    def _uncount(self) -> None:
        if self._is_counted:
            self._is_counted = False
            UploadHandler._at_once -= 1
