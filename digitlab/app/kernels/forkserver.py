"""The process that kernels and readers are forked from.

It imports once what every kernel needs and then waits; what is forked from it shares all of that
memory and starts in no time. It stays single-threaded, for only the thread that forks lives on in
the child. The page's server (`digitlab.app.kernels.client`) talks to it over a socket, in lines of
JSON:

- ``{"fork": key, "task": "kernel" or "reader", "arguments": {…}}`` forks a process and is answered
  by ``{"forked": key, "pid": pid}``, or ``{"refused": key, "reason": text}``;
- ``{"signal": signal, "pid": pid}`` signals one of these, and no other process: only a parent
  knows that an id still belongs to its child;
- ``{"ended": pid, "code": code}`` tells that one has ended, with a code as `subprocess.Popen`
  gives it.

When the socket closes, the server is gone, however it ended: its children are killed, and the
folder of their sockets is removed.

Why not multiprocessing's own fork server: to start a process blocks the event loop for 8 ms, the
first time for 1.1 s; it cannot be ended, and leaves a folder behind where the server is killed.
"""

import contextlib
import ctypes
import gc
import json
import os
import pkgutil
import resource
import select
import shutil
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from digitlab.app import jupyter_internals
from digitlab.app.log import LOG, write_log

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>

NICENESS = 5
"""How far its children stand behind the server, which all visitors wait for."""

MOST_MEMORY = 3 << 29
"""Bytes of memory that a child may ask for: enough for the largest photograph, and no more."""


class ForkServer:
    """Forks processes on request, and waits for their ends.

    Parameters
    ----------
    server : socket.socket
        Where the requests come from.
    scratch : str
        The folder to remove at the end.
    """

    def __init__(self, server: socket.socket, scratch: str):
        self._server = server
        self._scratch = scratch
        self._children: set[int] = set()
        self._waker, self._woken = socket.socketpair()

    def serve(self) -> None:
        """Work until the server hangs up."""
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the default would not wake anybody
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        received = b""
        with contextlib.suppress(ConnectionError):  # a server that was killed hangs up that way
            while True:
                ready, _, _ = select.select([self._server, self._woken], [], [])
                if self._woken in ready:
                    self._woken.recv(4096)
                    self._reap()
                if self._server in ready:
                    if not (chunk := self._server.recv(1 << 16)):
                        break
                    *lines, received = (received + chunk).split(b"\n")
                    for line in lines:
                        self._handle(json.loads(line))
        self._end()

    def _handle(self, request: dict[str, Any]) -> None:
        if "signal" in request:
            if request["pid"] in self._children:
                os.kill(request["pid"], request["signal"])
            return None
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # as many processes as there may be
            return self._send({"refused": request["fork"], "reason": str(error)})
        if pid == 0:
            try:
                # A kernel and a reader close their stderr; this one is the log's alone.
                write_log(os.fdopen(os.dup(2), "w"))
                self._leave_home(parent, request["task"])
                pkgutil.resolve_name(TASKS[request["task"]])(**request["arguments"])
            except BaseException:
                LOG.error("the %s has failed", request["task"], exc_info=True)
            finally:
                os._exit(1)  # whatever happened: a child must never return into the parent's loop
        self._children.add(pid)
        return self._send({"forked": request["fork"], "pid": pid})

    def _leave_home(self, parent: int, task: str) -> None:
        """In the child: let go of all that is the parent's, and take no more than a child may."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self._server, self._waker, self._woken):
            end.close()
        os.setsid()  # Ctrl-C in the terminal is for the server alone
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        os.nice(NICENESS)
        Path("/proc/self/comm").write_text(f"digitlab-{task}")  # for `ps`

    def _reap(self) -> None:
        for pid in list(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._children.remove(pid)
                self._send({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _send(self, message: dict[str, Any]) -> None:
        self._server.sendall(json.dumps(message).encode() + b"\n")

    def _end(self) -> NoReturn:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)
        shutil.rmtree(self._scratch, ignore_errors=True)
        os._exit(0)


def warm_up() -> None:
    """Import what a kernel of the page needs, and prepare its memory for sharing."""
    jupyter_internals.pad_kernel_app()
    # What a kernel imports while it starts, and in the first cell: imported here, it is shared.
    for name in Path(__file__).with_name("imports.txt").read_text("utf-8").split():
        import_module(name)
    from digitlab.pad import shipped_classifier

    # One prediction, so that all is in place that the first one needs. The session has no threads
    # (see Classifier), so it works on in a child.
    shipped_classifier().predict_strokes([[(60, 50), (200, 50), (110, 240)]])
    if sum(1 for _ in Path("/proc/self/task").iterdir()) > 1:
        raise RuntimeError("Something started a thread where kernels are to be forked.")
    # The collector writes to what it looks at, and a page written to is shared no longer.
    gc.collect()
    gc.freeze()


TASKS = {
    "kernel": "digitlab.app.kernels.kernel:run_kernel",
    "reader": "digitlab.app.uploads.reply:run_reader",
}
"""What a process that was forked may be, by the name of the function that it runs."""


def main() -> None:
    """Warm up, and serve the one at the other end of the socket that was inherited."""
    # Ctrl-C reaches the whole terminal; it is the server that decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as server:
        warm_up()
        ForkServer(server, sys.argv[2]).serve()


if __name__ == "__main__":
    main()
