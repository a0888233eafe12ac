"""The server's side of the fork server: starts it, and talks to it."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

_FRUGAL = {
    # A heap for each of its eight threads would cost a kernel more than all that it computes.
    "MALLOC_ARENA_MAX": "1",
    # Nothing threaded may run where kernels are forked.
    "OPENBLAS_NUM_THREADS": "1",
}


class ForkedProcess:
    """A forked process, with as much of `subprocess.Popen` as Jupyter's provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, send: Callable[[dict[str, Any]], None]):
        self.pid = pid
        self.returncode: int | None = None
        self._send = send

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self.returncode

    wait = poll  # Jupyter asks when `poll` has said that there is a code

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            self._send({"signal": signum, "pid": self.pid})

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkServerClient(asyncio.Protocol):
    """Starts a fork server (`digitlab.app.kernels.forkserver`) and talks to it.

    Should it end, killed by somebody for want of memory, say, its kernels end with it, and another
    is started as soon as one is needed.

    Parameters
    ----------
    scratch : str
        The folder it is to remove should this process be killed.
    """

    def __init__(self, scratch: str):
        self._scratch = scratch
        self._connecting = asyncio.Lock()
        self._keys = itertools.count()
        self._requested: dict[int, asyncio.Future[ForkedProcess]] = {}
        self._processes: dict[int, ForkedProcess] = {}
        self._start()

    def _start(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._ours, theirs = socket.socketpair()
        with theirs:
            program = [sys.executable, "-m", "digitlab.app.kernels.forkserver"]
            self._parent = subprocess.Popen(
                [*program, str(theirs.fileno()), self._scratch],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | _FRUGAL,
            )

    async def fork(self, task: str, **arguments: object) -> ForkedProcess:
        """Fork a process that has everything imported.

        Parameters
        ----------
        task : str
            What it is to be: see `digitlab.app.kernels.forkserver.TASKS`.
        **arguments
            What is said to it, all such as JSON can carry.

        Returns
        -------
        ForkedProcess
            The process, running.

        Raises
        ------
        OSError
            If there may be no more processes, or the fork server ended instead.
        """
        loop = asyncio.get_running_loop()
        async with self._connecting:
            if self._transport is not None and self._transport.is_closing():
                # Somebody must wait for it, or it stays on the list of processes.
                await asyncio.to_thread(self._parent.wait)
                self._start()
            if self._transport is None:
                self._transport, _ = await loop.create_connection(lambda: self, sock=self._ours)
        key = next(self._keys)
        forked = self._requested[key] = loop.create_future()
        self._send({"fork": key, "task": task, "arguments": arguments})
        return await forked

    def _send(self, request: dict[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(request).encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        """Take notice of what began and what ended."""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "refused" in message:
                forked = self._requested.pop(message["refused"])
                if not forked.cancelled():
                    forked.set_exception(BlockingIOError(message["reason"]))
            elif "forked" in message:
                process = ForkedProcess(message["pid"], self._send)
                self._processes[process.pid] = process
                forked = self._requested.pop(message["forked"])
                if forked.cancelled():  # nobody waits for it any more
                    process.kill()
                else:
                    forked.set_result(process)
            else:
                self._processes.pop(message["ended"]).returncode = message["code"]

    def connection_lost(self, _: Exception | None) -> None:
        """Take notice that it has ended, and all kernels with it."""
        for process in self._processes.values():
            process.returncode = -signal.SIGKILL
        self._processes.clear()
        for forked in self._requested.values():
            if not forked.cancelled():
                forked.set_exception(ChildProcessError("The process that forks kernels has ended."))
        self._requested.clear()

    def close(self) -> None:
        """End it; returns when it and all kernels have ended, so call it from another thread."""
        with contextlib.suppress(OSError):  # where it has hung up already
            self._ours.shutdown(socket.SHUT_RDWR)
        self._parent.wait()
        if self._transport is None:
            self._ours.close()
