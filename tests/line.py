"""A line between a browser and a server that can be slow, held up, lossy or cut."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SOON = 0.005  # seconds


@dataclass
class Line:
    """Hands bytes on between a port of its own and the server's.

    Attributes
    ----------
    server : int
        The server's port; another one may take its place.
    delay : float
        Seconds that everything takes, each way.
    is_held : bool
        Whether everything waits until this is taken back.
    loses : bool
        Whether everything sent is lost, and nobody told.
    is_cut : bool
        Whether nobody gets through; `cut` also ends what is connected.
    """

    server: int
    delay: float = 0.0
    is_held: bool = False
    loses: bool = False
    is_cut: bool = False
    port: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End all connections, and let no new one through until `is_cut` is taken back."""
        self.is_cut = True
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.is_cut:
                raise ConnectionError
            onward = await asyncio.open_connection("127.0.0.1", self.server)
        except ConnectionError:
            writer.transport.abort()
            return
        ends = {writer, onward[1]}
        self._writers |= ends
        await asyncio.gather(self._carry(reader, onward[1]), self._carry(onward[0], writer))
        self._writers -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what comes, each piece when its time has come."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            piece = b" "
            while piece:
                try:
                    piece = await reader.read(65_536)
                except ConnectionError:
                    piece = b""
                await pieces.put((self._loop.time() + self.delay, piece))

        reading = asyncio.create_task(read())
        piece = b" "
        while piece:
            due, piece = await pieces.get()
            await asyncio.sleep(due - self._loop.time())
            while self.is_held:
                await asyncio.sleep(SOON)
            if piece and not self.loses:
                writer.write(piece)
        writer.close()
        await reading

    async def _serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        server.close()
        self.is_cut, self.is_held = True, False
        while self._writers:
            self._abort()
            await asyncio.sleep(SOON)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Lay a line to a port of the loopback until the block ends."""
    line, ready, end = Line(port), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=line._loop.run_until_complete, args=[line._serve(ready, end)])
    thread.start()
    ready.wait()
    try:
        yield line
    finally:
        line._loop.call_soon_threadsafe(end.set)
        thread.join()
        line._loop.close()
