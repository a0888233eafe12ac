"""The kernel behind a page: IPython's, without what costs time at each message and no page needs.

A pen sends messages all the time, and most of what ipykernel does for each is no use to a page.
"""

from collections.abc import Callable
from typing import Any

import zmq
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp


class PadKernel(IPythonKernel):
    """Deals with a page's messages."""

    _held: list[Callable[[], None]] | None = None

    async def dispatch_shell(self, *arguments: Any, **options: Any) -> None:
        """Deal with a message, and then send all that it gave rise to.

        A thread does the sending: it is woken once, and not for each message.
        """
        if self._held is not None:  # within another's turn, which sends this too
            return await super().dispatch_shell(*arguments, **options)
        thread, held = self.iopub_thread, []
        self._held, schedule, thread.schedule = held, thread.schedule, held.append
        try:
            await super().dispatch_shell(*arguments, **options)
        finally:
            self._held, thread.schedule = None, schedule
            thread.schedule(lambda: [send() for send in held])

    def _publish_status(self, status: str, *arguments: Any, **options: Any) -> None:
        if status != "busy":  # every message would have one, and no page waits for it
            super()._publish_status(status, *arguments, **options)


class PadKernelApp(IPKernelApp):
    """Starts a `PadKernel`."""

    kernel_class = PadKernel

    def init_control(self, context: zmq.Context) -> None:
        """Do without the thread that hands each message on to one of several subshells."""
        super().init_control(context)
        self.shell_channel_thread = None
