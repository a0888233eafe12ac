"""A kernel for each visitor: forked from a warm process, in the hands of Jupyter's kernel manager.

Where processes cannot be forked safely, that is anywhere but on Linux, each kernel is a Python
that starts from nothing, as Jupyter does it.
"""

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
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

# macOS can fork too, but its system libraries may hang in the child.
CAN_FORK = sys.platform == "linux"

_LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]
_OPTIONS = [
    "-f",
    "{connection_file}",
    "--HistoryManager.enabled=False",
    # Nobody reads what a kernel prints; to pass it on would cost two threads a wait each message.
    "--IPKernelApp.no_stdout=True",
    "--IPKernelApp.no_stderr=True",
    "--IPKernelApp.outstream_class=None",
    # Two threads that would carry what compiled libraries print to a page that shows no output.
    "--IPKernelApp.capture_fd_output=False",
]

_MOST_SOCKETS = 65_535
"""Of ZeroMQ, in this process: a visitor takes six, and the default of 1023 is soon used up."""

_FRUGAL = {
    # A heap for each of its eight threads would cost a kernel more than all that it computes.
    "MALLOC_ARENA_MAX": "1",
    # Nothing threaded may run where kernels are forked.
    "OPENBLAS_NUM_THREADS": "1",
}


class ForkedProcess:
    """A forked process, with as much of `subprocess.Popen` as Jupyter's provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, signal_it: Callable[[int, int], None]):
        self.pid = pid
        self.returncode: int | None = None
        self._signal_it = signal_it

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self.returncode

    def wait(self) -> int | None:
        """Return the exit code; Jupyter asks when `poll` has said that there is one."""
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            self._signal_it(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class ForkServerClient(asyncio.Protocol):
    """Starts a fork server (`digitlab.app.forkserver`) and talks to it.

    Should it end, killed by somebody for want of memory, say, its kernels end with it, and another
    is started.

    Parameters
    ----------
    scratch : str
        The folder it is to remove should this process be killed.
    environment : dict
        What its environment has beside this process's own.
    """

    def __init__(self, scratch: str, *, environment: dict[str, str]):
        self._scratch = scratch
        self._environment = environment
        self._connecting = asyncio.Lock()
        self._keys = itertools.count()
        self._requested: dict[int, asyncio.Future[ForkedProcess]] = {}
        self._processes: dict[int, ForkedProcess] = {}
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._received = b""
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "digitlab.app.forkserver", self._scratch],
                stdin=theirs,
                env=os.environ | _FRUGAL | self._environment,
            )

    async def fork(self, task: str, **arguments: object) -> ForkedProcess:
        """Fork a process that has everything imported.

        Parameters
        ----------
        task : str
            What it is to be: see `digitlab.app.forkserver.TASKS`.
        **arguments
            What is said to it, all such as JSON can carry.

        Returns
        -------
        ForkedProcess
            The process, running.

        Raises
        ------
        ChildProcessError
            If the fork server ended instead.
        """
        loop = asyncio.get_running_loop()
        async with self._connecting:
            if self._transport is None:
                self._transport, _ = await loop.create_connection(lambda: self, sock=self._ours)
        key = next(self._keys)
        forked = self._requested[key] = loop.create_future()
        self._send({"fork": key, "task": task, "arguments": arguments})
        return await forked

    def _signal(self, pid: int, signum: int) -> None:
        self._send({"signal": signum, "pid": pid})

    def _send(self, request: dict) -> None:
        self._transport.write(json.dumps(request).encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        """Take notice of what began and what ended."""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "forked" in message:
                process = ForkedProcess(message["pid"], self._signal)
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
        if not self._closed:
            self._parent.wait()
            self._start()

    def close(self) -> None:
        """End it; returns when it and all kernels have ended."""
        self._closed = True
        with contextlib.suppress(OSError):  # where it has hung up already
            self._ours.shutdown(socket.SHUT_RDWR)
        if self._transport is None:
            self._ours.close()
        else:
            self._transport.abort()
        self._parent.wait()


class ForkedKernelProvisioner(LocalProvisioner):
    """Has the kernel manager's kernels forked, where the base class would start programs."""

    _numbers = itertools.count()

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Give the kernel's sockets a short name: a socket's path has at most 107 bytes."""
        folder = self.parent.parent.connection_dir
        self.parent.ip = f"{folder}/{next(self._numbers)}"
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel."""
        self.cwd = kwargs.get("cwd", Path.cwd())
        self.process = await self.parent.parent.fork_server.fork(
            "kernel",
            arguments=cmd[len(_LAUNCHER) :],
            environment=kwargs["env"],
            folder=str(self.cwd),
        )
        self.pid = self.process.pid
        return self.connection_info


# Where Jupyter would find it by an entry point, if it were of use to anybody but this server.
FORKED = "digitlab-forked"
KernelProvisionerFactory.provisioners[FORKED] = EntryPoint(
    name=FORKED,
    value=f"{__name__}:{ForkedKernelProvisioner.__name__}",
    group=KernelProvisionerFactory.GROUP_NAME,
)


class PadKernels(AsyncMappingKernelManager):
    """The kernels of all visitors, and those that wait for visitors to come.

    Its parent has a ``fork_server``, which is None where processes cannot be forked.
    """

    @property
    def fork_server(self) -> ForkServerClient | None:
        """Who forks."""
        return self.parent.fork_server

    def _context_default(self) -> zmq.Context:
        context = super()._context_default()
        context.max_sockets = _MOST_SOCKETS
        return context

    def start_watching_activity(self, kernel_id: str) -> None:
        """Do not: Jupyter would take each message apart once more, to learn who is idle."""
        kernel = self.get_kernel(kernel_id)
        kernel.execution_state = "idle"
        kernel.last_activity = utcnow()

    async def is_running(self, kernel_id: str) -> bool:
        """Tell whether a kernel is there, and its process alive."""
        return kernel_id in self and await self.get_kernel(kernel_id).is_alive()

    async def end(self, kernel_id: str) -> None:
        """End a kernel at once, whatever it is doing: there is nothing in it to save."""
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)


class OwnKernel(KernelSpecManager):
    """Knows one kernel: the Python that serves the page, whatever else is installed."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel's name."""
        return {"python3": ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernel's command."""
        if kernel_name != "python3":
            raise NoSuchKernel(kernel_name)
        metadata = {"supported_encryption": ["curve"]}
        if CAN_FORK:
            metadata["kernel_provisioner"] = {"provisioner_name": FORKED}
        return KernelSpec(
            argv=[*_LAUNCHER, *_OPTIONS],
            env=self.parent.kernel_environment,
            display_name="Python 3",
            language="python",
            metadata=metadata,
        )

    def get_all_specs(self) -> dict[str, dict]:
        """Return the one kernel as Voilà wants it."""
        spec = self.get_kernel_spec("python3")
        return {"python3": {"resource_dir": "", "spec": spec.to_dict()}}
