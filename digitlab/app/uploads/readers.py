"""Readers of what is uploaded: processes of their own, apart from the one that all visitors share.

What comes from outside is the likeliest thing to break a library, fill the memory or never end:
it does so in a reader, and another takes its place. Where processes cannot be forked safely, that
is anywhere but on Linux, threads read.

Why not `pebble`: it reads as many uploads a second (341 to our 321), but from a second warm process
of 28 MB, with a third of 6 MB to watch it; and concurrent.futures has no time-out for a task.
"""

import asyncio
import contextlib
import json
import socket
from dataclasses import KW_ONLY, dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from digitlab.app.kernels.client import ForkedProcess, ForkServerClient
from digitlab.app.uploads.reply import LENGTH, Reply, reply
from digitlab.classifier import Classifier

READERS = 2
"""Readers at most: more would keep the visitors' kernels from the processors."""

MOST_SAID = 1 << 20
"""Bytes of an answer, at most: a thousand digits take 72,000."""

LONGEST = 20.0
"""Seconds that an upload may take; the largest that is accepted takes some three."""

_BROKE = "This image cannot be read: it breaks what reads it. Is it damaged?"
_TOO_SLOW = f"This image takes longer than {LONGEST:.0f} s to read: make it smaller."
_BUSY = "Nobody is here to read this image: please try again in a second."


@dataclass
class _Reader:
    """A reader, and the connection with it."""

    process: ForkedProcess
    input: asyncio.StreamReader
    output: asyncio.StreamWriter

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.output.close()


@dataclass
class Readers:
    """Answers uploads, with the help of readers that are started when they are first needed.

    Parameters
    ----------
    fork_server : ForkServerClient or None
        Who forks readers; None where threads are to read.
    classifier : Classifier
        With what the threads read.
    weights : str or None
        With what the readers read: a path, whole; None for the shipped network.
    scratch : str
        A folder for the sockets.
    """

    fork_server: ForkServerClient | None
    _: KW_ONLY
    classifier: Classifier
    weights: str | None
    scratch: str

    def __post_init__(self) -> None:
        self._turn = asyncio.Semaphore(READERS)
        self._idle: list[_Reader] = []

    async def reply(self, body: bytes) -> Reply:
        """Answer an upload, when it is its turn.

        Parameters
        ----------
        body : bytes
            The body of the request.

        Returns
        -------
        tuple of int and dict
            The status and the answer: see `digitlab.app.uploads.reply.reply`.
        """
        async with self._turn:
            if self.fork_server is None:
                return await asyncio.to_thread(reply, body, self.classifier)
            for _ in range(2):  # a reader may have been ended while it had nothing to do
                with contextlib.suppress(OSError, EOFError):
                    return await self._ask(body, self.fork_server)
            return HTTPStatus.SERVICE_UNAVAILABLE, {"error": _BUSY}

    async def _ask(self, body: bytes, fork_server: ForkServerClient) -> Reply:
        reader = self._idle.pop() if self._idle else await self._fork(fork_server)
        has_it = False
        with contextlib.ExitStack() as failed:
            failed.callback(reader.end)
            try:
                async with asyncio.timeout(LONGEST):
                    reader.output.writelines([LENGTH.pack(len(body)), body])
                    await reader.output.drain()
                    await reader.input.readuntil()
                    has_it = True
                    status, said = json.loads(await reader.input.readuntil())
            except TimeoutError:
                return HTTPStatus.BAD_REQUEST, {"error": _TOO_SLOW}
            except (OSError, EOFError):
                if has_it:  # not tried again: it would break another
                    return HTTPStatus.BAD_REQUEST, {"error": _BROKE}
                raise
            failed.pop_all()
        self._idle.append(reader)
        return status, said

    async def _fork(self, fork_server: ForkServerClient) -> _Reader:
        with socket.socket(socket.AF_UNIX) as door, TemporaryDirectory(dir=self.scratch) as folder:
            address = str(Path(folder, "reader"))
            door.setblocking(False)
            door.bind(address)
            door.listen(1)
            process = await fork_server.fork("reader", address=address, weights=self.weights)
            try:
                async with asyncio.timeout(LONGEST):
                    connection, _ = await asyncio.get_running_loop().sock_accept(door)
            except BaseException:  # a time-out, or the end of the server
                process.kill()
                raise
        return _Reader(process, *await asyncio.open_connection(sock=connection, limit=MOST_SAID))

    def close(self) -> None:
        """End the readers."""
        while self._idle:
            self._idle.pop().end()
