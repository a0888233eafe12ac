"""``POST /upload``: bounded in number and in size."""

from http import HTTPStatus
from typing import Any, ClassVar

from tornado import web

from digitlab.app.sharing import gives_way
from digitlab.app.uploads.reply import MAX_BODY

UPLOADS = 64
"""Uploads at once: each may hold 10 MB while it waits for its turn."""


@web.stream_request_body
class UploadHandler(web.RequestHandler):
    """``POST /upload``, for so many at once.

    It asks for no XSRF token, as Jupyter's own handlers do: it changes nothing, and whoever
    calls it from a terminal has none.
    """

    _at_once: ClassVar[dict["UploadHandler", str]] = {}

    def initialize(self) -> None:
        """Begin with nothing."""
        self._body = bytearray()
        self._length = 0
        self._is_whole = False

    def prepare(self) -> None:
        """Where there are too many, let another address's slow one make room, or refuse."""
        here = str(self.request.remote_ip)
        if len(self._at_once) >= UPLOADS:
            self.settings["events"].rejected("uploads")
            arriving = {
                upload: address
                for upload, address in self._at_once.items()
                if not upload._is_whole and address != here
            }
            if (slow := gives_way(arriving)) is None:
                self.set_header("Retry-After", "1")
                error = "Too many uploads at once: please try again in a second."
                return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, error)
            slow.on_connection_close()
            connection: Any = slow.request.connection
            connection.stream.close()
        self._at_once[self] = here

    def data_received(self, chunk: bytes) -> None:
        """Keep what arrives up to the limit, and only count the rest."""
        self._length += len(chunk)
        self._body += chunk[: MAX_BODY - len(self._body)]

    async def post(self) -> None:
        """Answer what `digitlab.app.uploads.reply.reply` says."""
        self._is_whole = True
        if self._length > MAX_BODY:
            error = f"The body has {self._length:,} bytes: at most {MAX_BODY:,} are accepted."
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error)
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            error = f"The content type is {kind or 'missing'}: expected application/json."
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error)
        status, answer = await self.settings["readers"].reply(bytes(self._body))
        self.set_status(status)
        return self.write(answer)

    def _refuse(self, status: HTTPStatus, error: str) -> None:
        self.set_status(status)
        self.finish({"error": error})

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer in JSON also where tornado refuses: a GET, or a fault of ours."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", "POST")
            self.finish({"error": f"{self.request.method} is not possible here: expected POST."})
        else:
            self.finish({"error": f"{HTTPStatus(status_code).phrase}: please try again."})

    def on_finish(self) -> None:
        """Make room for the next."""
        self._at_once.pop(self, None)

    def on_connection_close(self) -> None:
        """Make room for the next, also where somebody hung up."""
        self._at_once.pop(self, None)
        super().on_connection_close()
