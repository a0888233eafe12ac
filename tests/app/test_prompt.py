"""Messages of a kernel that wait for no other, in JupyterLab too."""

import asyncio
import re
import socket
from pathlib import Path

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado import httpserver, testing, web, websocket

from digitlab.app.prompt import PromptConnection
from tests.browser.lab import PROMPT

CHECKOUT = Path(__file__).parents[2]


def test_small_messages_are_not_kept_back(monkeypatch):
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: None)

    class Channels(websocket.WebSocketHandler):
        """Says twice whether small messages have to wait: without the connection, and with it."""

        def open(self):
            self.tell()
            # Jupyter's own handler asks for more than this test has.
            type("Connection", (PromptConnection,), {"websocket_handler": self})().connect()
            self.tell()

        def tell(self):
            own = self.ws_connection.stream.socket
            waits = not own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            self.write_message("waits" if waits else "goes")

    async def talk():
        server = httpserver.HTTPServer(web.Application([("/", Channels)]))
        listening, port = testing.bind_unused_port()
        server.add_socket(listening)
        client = await websocket.websocket_connect(f"ws://127.0.0.1:{port}/")
        said = [await client.read_message() for _ in range(2)]
        client.close()
        server.stop()
        await server.close_all_connections()
        return said

    assert asyncio.run(talk()) == ["waits", "goes"]


def test_make_lab_starts_jupyterlab_as_the_tests_do():
    makefile = (CHECKOUT / "Makefile").read_text()
    [lab] = re.findall(r"^lab:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert PROMPT in lab
