"""All that we use of Jupyter and tornado though nobody promised it to us.

What has a leading underscore, or is in a module that no documentation knows, may change with any
release. Here it is in one place, each with the reason; ``pyproject.toml`` has an upper bound for
each package, and ``tests/app/test_jupyter_internals.py`` fails where an upgrade breaks one.

Everything is imported where it is used: a kernel's process must not hold the server's side, which
would cost each visitor memory, nor the server the kernels'.
"""

import functools
import os
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
    from tornado import httpserver, httputil
    from tornado.websocket import WebSocketHandler

# In the processes of the kernels ---------------------------------------------------------------


@functools.cache
def pad_kernel_app() -> "type[IPKernelApp]":
    """Return IPython's kernel, without what costs time or threads and no page needs.

    A pen sends messages all the time, and most of what ipykernel does for each is no use to a page.
    Nor are four of its eight threads, and a machine has a limit to these. ipykernel has no
    options for that, so its methods are overridden.
    """
    # A debugger, which ipykernel does without where it cannot be imported: 10 MB a kernel.
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # that is how Python forbids it
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp
    from tornado.ioloop import IOLoop

    class PadKernel(IPythonKernel):
        """Deals with a page's messages."""

        _held: list[Callable[[], None]] | None = None

        async def dispatch_shell(self, *arguments: Any, **options: Any) -> None:
            """Deal with a message, and then send all that it gave rise to.

            The thread that does the sending is woken once, and not for each message: `schedule` is
            how it is told what to send.
            """
            if self._held is not None:  # within another's turn, which sends this too
                return await super().dispatch_shell(*arguments, **options)
            thread = self.iopub_thread
            held: list[Callable[[], None]] = []
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

        def init_control(self, context: Any) -> None:
            """Do without two threads: for subshells, and for messages that no page may send."""
            super().init_control(context)
            self.shell_channel_thread = None
            control: Any = self.control_thread
            control.io_loop.close(all_fds=True)
            control.io_loop, control.start = IOLoop.current(), lambda: None

        def configure_tornado_logger(self) -> None:
            """Leave the log as it is."""

        def init_heartbeat(self) -> None:
            """Do without a heart, which takes three threads: a page has its own way to ask."""

    return PadKernelApp


def adopt_widgets() -> None:
    """Tell a kernel that was just forked of the widgets that came into being at import.

    ipywidgets and ipycanvas do this when they are imported within a kernel, and the process that
    kernels are forked from is none. Without the manager that ipycanvas makes at import, no canvas
    is ever painted; and nothing public lists the widgets that there are.
    """
    import ipywidgets

    ipywidgets.register_comm_target()
    for widget in list(ipywidgets.widget._instances.values()):
        widget.comm = None
        widget.open()


# In the server ---------------------------------------------------------------------------------


def register_provisioner(name: str, provisioner: type) -> None:
    """Let kernel specifications name a provisioner.

    Jupyter finds provisioners by entry points, which are for all programs on a machine; this one
    is of use to nobody but our server.
    """
    from jupyter_client.provisioning.factory import KernelProvisionerFactory as Factory

    value, group = f"{provisioner.__module__}:{provisioner.__name__}", Factory.GROUP_NAME
    Factory.provisioners[name] = EntryPoint(name, value, group)


def say_that_the_kernel_is_dead(connection: "ZMQChannelsWebsocketConnection") -> None:
    """Tell a page that its kernel has ended, in Jupyter's words.

    The public way, `on_restart_failed`, writes an error into the log for each visitor who leaves.
    """
    connection._send_status_message("dead")


def limit_what_waits(websocket: "WebSocketHandler", *, most: int) -> None:
    """Limit the bytes that wait for the other end: a write that is too much fails.

    Tornado has an option for this, but its server does not hand it on.
    """
    cast(Any, websocket.ws_connection).stream.max_write_buffer_size = most


def hang_up(websocket: "WebSocketHandler") -> None:
    """End a websocket at once: the public way waits for the other end to read what is sent."""
    if websocket.ws_connection is not None:
        websocket.ws_connection._abort()


def address_of_peer(request: "httputil.HTTPServerRequest") -> str:
    """Return the address at the other end of a connection, whatever its headers say.

    With ``xheaders``, tornado puts the address that a proxy names in its place, and keeps this one
    to itself.
    """
    connection: Any = request.connection
    return str(connection.context._orig_remote_ip)


def http_streams(server: "httpserver.HTTPServer") -> set[Any]:
    """Return the connections that a server has open, without those that are websockets.

    Tornado keeps them, and tells nobody.
    """
    streams = (cast(Any, connection).stream for connection in server._connections)
    return {stream for stream in streams if not stream.closed()}


def static_folders() -> list[str]:
    """Return where Voilà's own files are: it has no option to serve no more than them."""
    from voila.paths import collect_static_paths

    return collect_static_paths(["voila"], "base")


def file_routes(routes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Choose the routes that serve files out of Voilà's, which cannot be told to have no others."""
    from jupyter_server.base.handlers import FileFindHandler
    from voila.static_file_handler import MultiStaticFileHandler

    return [route for route in routes if route[1] in (MultiStaticFileHandler, FileFindHandler)]


def notebook_renderer(server: Any, **page_config: object) -> Any:
    """Make a renderer of the server's notebook, as Voilà does for each request.

    Ours renders pages before anybody asks for them, so there is no request to hand to Voilà.

    Parameters
    ----------
    server : voila.app.Voila
        Whose notebook it is.
    **page_config
        What the template finds in ``page_config`` beside Voilà's own.

    Returns
    -------
    voila.notebook_renderer.NotebookRenderer
        For one page.
    """
    from voila.notebook_renderer import NotebookRenderer
    from voila.utils import get_page_config

    shared = {"base_url": server.base_url, "voila_configuration": server.voila_configuration}
    told = get_page_config(**shared, settings=server.app.settings, log=server.log)
    return NotebookRenderer(
        **shared,
        page_config=told | page_config,
        traitlet_config=server.config,
        notebook_path=os.path.relpath(server.notebook_path, server.root_dir),
        template_paths=server.template_paths,
        config_manager=server.config_manager,
        contents_manager=server.contents_manager,
        kernel_spec_manager=server.kernel_spec_manager,
    )
