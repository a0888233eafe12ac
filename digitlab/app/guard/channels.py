"""The way between a page and its kernel: who may use it, for what, and how much.

The websocket is for the visitor's own kernel alone, and carries what `messages` lets pass.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import iostream, web, websocket

from digitlab.app import jupyter_internals
from digitlab.app.guard.headers import set_private_cookie
from digitlab.app.guard.messages import OUTWARD, NotAllowedError, read_message
from digitlab.app.prompt import PromptConnection
from digitlab.app.sharing import RateLimit
from digitlab.app.uploads.reply import MAX_BODY

COOKIE = "digitlab-visitor"
"""Tells the server that a kernel is asked for by the browser it was started for."""

PROTOCOL = "v1.kernel.websocket.jupyter.org"

MAX_MESSAGE = MAX_BODY + 1_000_000
"""Largest message that is read, in bytes: a photograph, and what is around it."""

MAX_WAITING = 4_000_000
"""Bytes that wait for a page to read them, at most: it is ended when there would be more."""

_GOING_AWAY = 1001
_NOT_ALLOWED = 1008


def visitor_cookie(handler: web.RequestHandler) -> str:
    """Return the cookie of the browser that asks for a page; set it if it has none.

    Parameters
    ----------
    handler : tornado.web.RequestHandler
        The one that answers with a page.

    Returns
    -------
    str
        Its value: nothing about the visitor, only a number that cannot be guessed.
    """
    cookie = handler.get_cookie(COOKIE, "") or ""
    if len(cookie) != 43 or not cookie.isascii():
        cookie = secrets.token_urlsafe(32)
    set_private_cookie(handler, COOKIE, cookie)
    return cookie


class _OwnOnly(JupyterHandler):
    """Lets nobody but the visitor to the kernel that the address names."""

    async def prepare(self, **options: Any) -> Any:
        """Refuse whoever has not the cookie that the page was given."""
        visits, cookie = self.settings["visits"], self.get_cookie(COOKIE, "")
        if visits.visitors.owns(self.path_kwargs["kernel_id"], cookie=cookie):
            return await super().prepare(**options)
        self.settings["events"].rejected("stranger")
        self.set_status(HTTPStatus.FORBIDDEN)
        return self.finish({"error": "This kernel is not yours, or it has ended."})

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        """Accept our own page, also where a proxy has asked for us by another name."""
        origin = urlsplit(self.request.headers.get("Origin", "")).hostname or ""
        return self.settings["hosts"].name(origin) or super().check_origin(origin)

    def check_xsrf_cookie(self) -> None:
        """Look at the origin instead: the server of a Hub has a cookie of the same name."""
        if "Origin" not in self.request.headers or not self.check_origin():
            raise web.HTTPError(HTTPStatus.FORBIDDEN)


class StateHandler(_OwnOnly):
    """What the page asks about its kernel before it connects."""

    def get(self, kernel_id: str) -> None:
        """Answer in Jupyter's words; whoever asks runs scripts."""
        self.settings["visits"].visitors.call(kernel_id)
        self.finish(json.dumps(self.kernel_manager.kernel_model(kernel_id)))


class LeaveHandler(_OwnOnly):
    """The goodbye of a page that is closed."""

    async def post(self, kernel_id: str) -> None:
        """End the kernel."""
        await self.settings["visits"].end(kernel_id, reason="closed")
        self.set_status(HTTPStatus.NO_CONTENT)


class ChannelsConnection(PromptConnection):
    """Carries messages between websocket and kernel, and looks only at their headers."""

    def handle_incoming_message(self, incoming_msg: object) -> None:
        """Hand a message on to the kernel.

        Raises
        ------
        NotAllowedError
            If it is not one that widgets send.
        """
        parts, header = read_message(incoming_msg)
        if self.channels:
            if header["msg_type"] == "comm_msg":
                self.websocket_handler.settings["events"].asked(header["msg_id"])
            self.session.send_raw(self.channels["shell"], parts)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Hand a message on to the page, unless it is none of those that widgets wait for."""
        _, message = self.session.feed_identities(outgoing_msg)
        parts: list[Any] = message[1:]  # behind the signature
        kind = json.loads(parts[0])["msg_type"]
        if kind not in OUTWARD:
            return
        if kind == "status":
            if b'"busy"' in parts[3]:
                return  # a third of all messages, and no widget waits for them
            self.websocket_handler.settings["events"].answered(json.loads(parts[1]).get("msg_id"))
        try:
            written = self.write_message(serialize_msg_to_ws_v1(parts, stream.channel), binary=True)
            # Or asyncio would log a traceback for each message that a page leaves unread.
            written.add_done_callback(lambda future: future.cancelled() or future.exception())
        except iostream.StreamBufferFullError:
            handler: Any = self.websocket_handler
            handler.give_up()
        except websocket.WebSocketClosedError:
            pass  # it is being closed, and the other end may never answer that


class ChannelsHandler(_OwnOnly, KernelWebsocketHandler):
    """The websocket of a page."""

    max_message_size = MAX_MESSAGE

    # Seconds between two pings, and to wait for the answer. Jupyter's own pings, in milliseconds,
    # are not begun: tornado would take their figures for seconds.
    ping_interval = 20.0
    ping_timeout = 20.0

    _opened = _reads_too_little = False

    async def open(self, kernel_id: str) -> None:
        """Connect to the kernel."""
        if self.selected_subprotocol != PROTOCOL:
            return self.close(_NOT_ALLOWED, "unknown protocol")
        if not self.settings["visits"].visitors.connect(kernel_id, self):
            return self.close(_NOT_ALLOWED, "no kernel, or too many connections")
        self._opened = True
        jupyter_internals.limit_what_waits(self, most=MAX_WAITING)
        # Far more than a page has to say: one message for each answer, and at each stroke's end.
        self._messages = RateLimit(rate=300, burst=600)
        self._bytes = RateLimit(rate=1_000_000, burst=2 * MAX_MESSAGE)
        return await self.connection.connect()

    def on_message(self, ws_message: str | bytes) -> Awaitable[None] | None:
        """Hand a message on; the next is read when the pace allows."""
        if not self._opened:
            return None
        try:
            self.connection.handle_incoming_message(ws_message)
        except NotAllowedError as error:
            self.settings["events"].rejected("message")
            self.close(_NOT_ALLOWED, str(error))
            return None
        self.settings["visits"].visitors.touch(self.kernel_id)
        now = time.monotonic()
        delay = max(self._messages.delay(1, now=now), self._bytes.delay(len(ws_message), now=now))
        if not delay:
            return None
        self.settings["events"].rejected("pace")
        return asyncio.sleep(delay)

    def on_close(self) -> None:
        """Note that the page is gone, for good if the browser says so."""
        if self._opened:
            super().on_close()
            is_for_good = self.close_code == _GOING_AWAY or self._reads_too_little
            self.settings["visits"].disconnect(self.kernel_id, self, for_good=is_for_good)

    def end(self) -> None:
        """Tell the page that its kernel has ended, and hang up."""
        try:
            if self.connection is not None:
                jupyter_internals.say_that_the_kernel_is_dead(self.connection)
            self.close(_GOING_AWAY)
        except (iostream.StreamBufferFullError, websocket.WebSocketClosedError):
            # Nobody reads, or it is being closed.
            jupyter_internals.hang_up(self)

    def give_up(self) -> None:
        """End the visit of a page that does not read what it asks for."""
        self._reads_too_little = True
        self.settings["events"].rejected("unread")
        jupyter_internals.hang_up(self)
