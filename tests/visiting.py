"""A visitor without a browser, who speaks what the page speaks: HTTP, websocket, widgets."""

import asyncio
import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from digitlab.pad.paper import OVERSAMPLING

PROTOCOL = "v1.kernel.websocket.jupyter.org"


class Visitor:
    """One page: its cookies, its kernel, its widgets.

    Parameters
    ----------
    url : str
        The app's address.
    cookies : dict, optional
        Those that the browser has already; new ones are added.
    """

    def __init__(self, url: str, *, cookies: dict[str, str] | None = None):
        self.url = url
        self.cookies = {} if cookies is None else cookies
        self.origin = ""  # of the page that opens the websocket
        self.kernel_id = ""
        self.page = ""
        self.socket: WebSocketClientConnection | None = None
        self.models: dict[str, dict] = {}
        self.heard: Callable[[dict], None] | None = None
        self._session = ""  # each page has its own
        self._idle: dict[str, asyncio.Future] = {}
        self._moves: list[tuple[tuple[str, float, float], asyncio.Future]] = []
        self._moving: asyncio.Future | None = None
        self._moved = 0
        self._numbers = itertools.count()
        self._listener: asyncio.Task | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    async def fetch(self, path: str, **options) -> HTTPResponse:
        """Ask for something, as the browser of this visitor."""
        headers = self.headers | options.pop("headers", {})
        options = {"follow_redirects": False, "request_timeout": 60, **options}
        request = HTTPRequest(self.url + path, headers=headers, **options)
        answer = await AsyncHTTPClient(max_clients=1000).fetch(request, raise_error=False)
        for line in answer.headers.get_list("Set-Cookie"):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer

    async def open(self) -> HTTPResponse:
        """Get the page, and with it a kernel."""
        self._session, self._moved = uuid.uuid4().hex, 0
        answer = await self.fetch("/")
        self.page = answer.body.decode()
        if found := re.search(r'"kernelId": "([\w-]+)"', self.page):
            self.kernel_id = found[1]
        return answer

    async def connect(self, *, kernel_id: str | None = None) -> None:
        """Open the websocket; what was under way on the one before will have no answer."""
        self._moves.clear()
        self._moving = None
        address = self.url.replace("http", "ws", 1)
        path = f"/api/kernels/{kernel_id or self.kernel_id}/channels?session_id={self._session}"
        headers = self.headers | ({"Origin": self.origin} if self.origin else {})
        request = HTTPRequest(address + path, headers=headers)
        self.socket = await websocket_connect(request, subprotocols=[PROTOCOL])
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (frame := await self.socket.read_message()) is not None:
            channel, parts = deserialize_msg_from_ws_v1(frame)
            header, parent, _, content = (json.loads(part) for part in parts[:4])
            message = {"channel": channel, "header": header, "parent": parent, "content": content}
            if header["msg_type"] == "comm_msg":
                state = content["data"].get("state", {})
                self.models.setdefault(content["comm_id"], {}).update(state)
                if content["data"].get("method") == "update_states":
                    for model_id, model in content["data"]["states"].items():
                        self.models.setdefault(model_id, {}).update(model["state"])
            if content.get("execution_state") == "idle" and parent.get("msg_id") in self._idle:
                self._idle.pop(parent["msg_id"]).set_result(None)
            if self.heard is not None:
                self.heard(message)
        self.socket.close()  # where the server has closed it, too: tornado wants to be told

    def send(
        self, kind: str, content: dict, *, channel: str = "shell", **header: object
    ) -> asyncio.Future:
        """Send a message; the result is done when the kernel has dealt with it."""
        identity = f"{self._session}-{next(self._numbers)}"
        head = {"msg_id": identity, "msg_type": kind, "session": self._session, "username": ""}
        parts = {
            "header": head | {"version": "5.3", "date": "2026-01-01T00:00:00Z"} | header,
            "parent_header": {},
            "metadata": {"version": "1.0.0"},  # of the protocol of the widgets' control
            "content": content,
        }
        idle = self._idle[identity] = asyncio.get_running_loop().create_future()
        pack = lambda part: json.dumps(part).encode()  # noqa: E731
        self.socket.write_message(serialize_msg_to_ws_v1(parts, channel, pack), binary=True)
        return idle

    async def load(self) -> None:
        """Ask for the widgets, as the page does."""
        comm = uuid.uuid4().hex
        target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        await self.send("comm_open", target)
        await self.send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})

    @property
    def closed(self) -> asyncio.Task:
        """Done when the websocket is closed."""
        return self._listener

    def close(self, *, code: int | None = 1001) -> None:
        """Close the websocket; a browser says 1001 when its tab is closed."""
        self.socket.close(code)

    # The pad ---------------------------------------------------------------------------------

    def model(self, **state: str) -> str:
        """The id of the one widget whose state has these entries, or lists that hold them."""
        [found] = [
            model_id
            for model_id, model in self.models.items()
            if all(value in (model.get(name) or ()) for name, value in state.items())
        ]
        return found

    def pen(self, kind: str, x: float, y: float) -> asyncio.Future:
        """Tell the pad what the pen does, down, move or up, and where, in the strokes' unit.

        As on the page, what comes while a message is under way goes with the next. The result is
        done when the kernel has dealt with it.
        """
        done = asyncio.get_running_loop().create_future()
        size = self.models[self.model(_dom_classes="digitlab-canvas")]["width"] / OVERSAMPLING
        self._moves.append(((kind, x / size, y / size), done))
        if kind == "up" or self._moving is None:
            self._move()
        return done

    def _move(self) -> None:
        if not self._moves:
            return
        moves, done = zip(*self._moves, strict=True)
        self._moves.clear()
        pen = self.model(_dom_classes="digitlab-ink")
        content = {"event": "moves", "who": self._session, "first": self._moved, "moves": moves}
        self._moved += len(moves)
        data = {"method": "custom", "content": content}
        self._moving = sent = self.send("comm_msg", {"comm_id": pen, "data": data})

        def arrived(_: asyncio.Future) -> None:
            for future in done:
                if not future.cancelled():
                    future.set_result(None)
            if self._moving is sent:
                self._moving = None
                self._move()

        sent.add_done_callback(arrived)

    async def open_section(self, description: str) -> None:
        """Open one of the sections below the pad, and ask for the widgets that it brings."""
        opened = {"method": "update", "state": {"value": True}, "buffer_paths": []}
        await self.send(
            "comm_msg", {"comm_id": self.model(description=description), "data": opened}
        )
        await self.load()

    def click(self, button: str) -> asyncio.Future:
        """Press a button of the pad."""
        data = {"method": "custom", "content": {"event": "click"}}
        return self.send("comm_msg", {"comm_id": self.model(description=button), "data": data})

    async def draw(
        self, strokes: Iterable[Iterable[tuple[float, float]]], *, rate: float = 0
    ) -> None:
        """Draw with the mouse, so many events a second, and wait for the answer."""
        for stroke in strokes:
            kinds = ["down", *["move"] * (len(stroke) - 1)]
            for kind, (x, y) in zip(kinds, stroke, strict=True):
                self.pen(kind, x, y)
                await asyncio.sleep(1 / rate if rate else 0)
            done = self.pen("up", *stroke[-1])
        await done
        await asyncio.sleep(0.1)  # the answer waits for more to be drawn
        await self.send("kernel_info_request", {})

    @property
    def answer(self) -> str:
        """What the pad says, as HTML."""
        return self.models[self.model(_dom_classes="digitlab-answer")]["value"]
