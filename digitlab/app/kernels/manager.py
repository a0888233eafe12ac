"""A kernel for each visitor: forked from a warm process, in the hands of Jupyter's kernel manager.

Where processes cannot be forked safely, that is anywhere but on Linux, each kernel is a Python
that starts from nothing, as Jupyter does it.
"""

import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_server.services.kernels import kernelmanager
from traitlets import Type

from digitlab.app import jupyter_internals

# macOS can fork too, but its system libraries may hang in the child.
CAN_FORK = sys.platform == "linux"

_SPEC = Path(__file__).with_name("python3")

_MOST_SOCKETS = 65_535
"""Of ZeroMQ, in this process: a visitor takes six, and the default of 1023 is soon used up."""


class ForkedKernelProvisioner(LocalProvisioner):
    """Has the kernel manager's kernels forked, where the base class would start programs."""

    _numbers = itertools.count()
    parent: Any

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Give the kernel's sockets a short name: a socket's path has at most 107 bytes."""
        self.parent.ip = f"{self.parent.parent.connection_dir}/{next(self._numbers)}"
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel."""
        self.cwd = kwargs.get("cwd", Path.cwd())
        arguments = cmd[cmd.index("-f") :]
        self.process = await self.parent.parent.parent.fork_server.fork(
            "kernel", arguments=arguments, environment=kwargs["env"], folder=str(self.cwd)
        )
        self.pid = self.process.pid
        return self.connection_info


_FORKED = "digitlab-forked"
jupyter_internals.register_provisioner(_FORKED, ForkedKernelProvisioner)


class _Client(AsyncKernelClient):
    """Listens to no heartbeat, which would take a thread."""

    def start_channels(self, *arguments: Any, **options: Any) -> None:
        super().start_channels(*arguments, **options | {"hb": False})


class _Manager(kernelmanager.ServerKernelManager):
    """Has all clients share its context: one of their own would take two threads each.

    ZeroMQ ends the whole process where it wants a thread and gets none.
    """

    client_factory = Type(_Client)

    def client(self, **options: Any) -> Any:
        return super().client(context=self.context, **options)


class PadKernels(kernelmanager.AsyncMappingKernelManager):
    """The kernels of all visitors, and those that wait for visitors to come.

    Its parent has a ``fork_server``, which is None where processes cannot be forked.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kernel_manager_class=f"{__name__}.{_Manager.__name__}", **kwargs)
        self.context.max_sockets = _MOST_SOCKETS
        self._ending: set[str] = set()

    def start_watching_activity(self, kernel_id: str) -> None:
        """Do not: Jupyter would take each message apart once more, to learn who is idle."""
        kernel: Any = self.get_kernel(kernel_id)
        kernel.execution_state = "idle"
        kernel.last_activity = datetime.now(UTC)

    def start_buffering(self, kernel_id: str, session_key: str, channels: Any) -> None:
        """Keep what a page has missed that may come back, unless its kernel is being ended."""
        if kernel_id not in self._ending:
            super().start_buffering(kernel_id, session_key, channels)
            return
        for stream in channels.values():
            stream.close()

    async def is_running(self, kernel_id: str) -> bool:
        """Tell whether a kernel is there, and its process alive."""
        kernel: Any = self.get_kernel(kernel_id) if kernel_id in self else None
        return kernel is not None and await kernel.is_alive()

    async def end(self, kernel_id: str) -> None:
        """End a kernel at once, whatever it is doing: there is nothing in it to save."""
        if kernel_id not in self or kernel_id in self._ending:
            return
        self._ending.add(kernel_id)
        kernel: Any = self.get_kernel(kernel_id)
        try:
            await self.shutdown_kernel(kernel_id, now=True)
        except Exception:
            self.log.debug("kernel %s did not end in order", kernel_id, exc_info=True)
            if kernel.has_kernel:
                await kernel.provisioner.kill()
            self.remove_kernel(kernel_id)
        finally:
            self._ending.discard(kernel_id)


class OwnKernel(KernelSpecManager):
    """Knows one kernel: the Python that serves the page, whatever else is installed.

    Nobody reads what a kernel prints, so its options, in ``python3/kernel.json``, let nothing pass:
    two threads would wait for each message, and what compiled libraries print would take two more.
    """

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel's name, and where its options are."""
        return {_SPEC.name: str(_SPEC)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernel's command."""
        spec = KernelSpec.from_resource_dir(str(_SPEC))
        if CAN_FORK:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": _FORKED}
        return spec
