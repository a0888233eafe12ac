"""Messages of a kernel that reach the browser at once, on the page and in JupyterLab."""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The way between a browser and a kernel, on which no message waits for another.

    Jupyter's server lets the system collect small messages: the second is kept back until the
    first is acknowledged (Nagle 1984, RFC 896), and that takes 40 ms or more. The first message is
    "busy", and what a widget answers comes second.

    Examples
    --------
    In a Jupyter server's configuration; ``make lab`` says it on the command line::

        c.ServerApp.kernel_websocket_connection_class = "digitlab.app.prompt.PromptConnection"
    """

    def connect(self) -> Any:
        """Connect to the kernel."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
