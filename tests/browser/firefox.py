"""Stands between Playwright and the installed Firefox, so that the first can drive the second.

    python firefox.py PROGRAM ARGUMENT…

Playwright speaks WebDriver BiDi with an installed Firefox (its channel ``moz-firefox``), but asks
for commands that an older Firefox does not know, and gives up. This program starts Firefox, hands
all messages on in both directions, and answers those commands by itself: they then do nothing.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Playwright
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

SAYS_WHERE = "WebDriver BiDi listening on "
DOES_NOTHING = {"emulation.setMediaFeaturesOverride"}  # Firefox 153 does not know it
LARGEST = 1 << 30  # bytes of a message: screenshots are large


@contextmanager
def running_firefox(playwright: Playwright, program: Path) -> Iterator[Browser]:
    """Run an installed Firefox for Playwright until the block ends."""
    with TemporaryDirectory(prefix="digitlab-firefox-") as folder:
        between = Path(folder, "firefox")  # Playwright asks for one program
        between.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{program}" "$@"\n')
        between.chmod(0o755)
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=between)
        yield browser
        browser.close()


class Between(WebSocketHandler):
    """One connection from Playwright, and the one to Firefox that belongs to it."""

    def initialize(self, url: str) -> None:
        self.url = url
        self.firefox = None

    async def on_message(self, message: str | bytes) -> None:
        command = json.loads(message)
        if self.firefox is None:
            self.firefox = await websocket_connect(
                self.url, on_message_callback=self.answer, max_message_size=LARGEST
            )
        if command["method"] in DOES_NOTHING:
            self.answer(json.dumps({"type": "success", "id": command["id"], "result": {}}))
        else:
            await self.firefox.write_message(message)

    def answer(self, message: str | bytes | None) -> None:
        if message is None:
            self.close()
        else:
            self.write_message(message)

    def on_close(self) -> None:
        if self.firefox is not None:
            self.firefox.close()


async def main(*command: str) -> int:
    """Run Firefox and stand between until it ends; its exit code."""
    firefox = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    while line := (await firefox.stderr.readline()).decode(errors="replace"):
        if found := re.search(rf"{SAYS_WHERE}(\S+)", line):
            [socket] = bind_sockets(0, "127.0.0.1")
            handler = ("/session", Between, {"url": f"{found[1]}/session"})
            HTTPServer(Application([handler], websocket_max_message_size=LARGEST)).add_socket(
                socket
            )
            line = f"{SAYS_WHERE}ws://127.0.0.1:{socket.getsockname()[1]}\n"
        print(line, end="", file=sys.stderr, flush=True)
    return await firefox.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
