"""A kernel for each visitor: forked from a warm process, in the hands of Jupyter's kernel manager.

Where processes cannot be forked safely, that is anywhere but on Linux, each kernel is a Python
that starts from nothing, as Jupyter does it.
"""

import itertools
import sys
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

from digitlab.app.kernels.client import ForkServerClient

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
