"""The server of the page: Voilà, with a kernel of its own and nothing it does not need."""

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import voila.app
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_core.utils import run_sync
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado import httpserver, ioloop, netutil, web
from traitlets import Dict
from traitlets.config import Config
from voila.paths import collect_static_paths
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from digitlab.app.upload import UploadHandler
from digitlab.classifier import Classifier
from digitlab.resources import resource

TEMPLATE = Path(__file__).with_name("template")

WEIGHTS_VARIABLE = "DIGITLAB_WEIGHTS"
"""How the app's notebook learns of ``--weights``."""

_NEEDED = (
    KernelHandler,
    VoilaKernelWebsocketHandler,
    VoilaShutdownKernelHandler,
    MultiStaticFileHandler,  # Voilà's scripts
    FileFindHandler,  # ipycanvas and the widgets
)


def serve(
    *,
    ip: str = "127.0.0.1",
    port: int = 8866,
    open_browser: bool = True,
    weights: str | Path | None = None,
) -> None:
    """Serve the drawing pad until Ctrl-C or SIGTERM.

    Prints ``digitlab is ready: http://127.0.0.1:8866`` as soon as the page answers.

    Parameters
    ----------
    ip : str, optional
        The address to listen on; ``"0.0.0.0"`` opens the pad to the network.
    port : int, optional
        The port to listen on.
    open_browser : bool, optional
        Whether to open the page in the default browser.
    weights : str or pathlib.Path, optional
        A folder of weights or an ONNX file, in place of the shipped network.

    Raises
    ------
    WeightsError
        If there is no network at ``weights``.
    OSError
        If the port is taken, or the address is not one of this machine.
    """
    classifier = Classifier.load(weights)
    sockets = _bind(ip, port)
    with (
        tempfile.TemporaryDirectory(prefix="digitlab-") as scratch,
        ThreadPoolExecutor(2, thread_name_prefix="upload") as executor,
    ):
        environment = {"IPYTHONDIR": str(Path(scratch, "ipython"))}
        if weights is not None:
            environment[WEIGHTS_VARIABLE] = str(Path(weights).resolve())
        logging.getLogger("tornado.access").setLevel(logging.ERROR)  # a 404 is no news
        server = PadServer(
            ip=ip,
            port=port,
            open_browser=open_browser,
            notebook_path=str(resource("notebooks/app.ipynb")),
            connection_dir_root=scratch,
            kernel_environment=environment,
            config_file_paths=[],  # no voila.json of the user's has a say
            config=_configuration(),
        )
        server.sockets = sockets
        server.upload = {"classifier": classifier, "executor": executor}
        server.initialize(argv=[])
        server.start()


def _bind(ip: str, port: int) -> list[socket.socket]:
    """Take the port before anything else is started for it."""
    try:
        return netutil.bind_sockets(port, ip)
    except OSError as error:
        raise OSError(
            f"The pad cannot be served on {ip}, port {port}: {error.strerror or error}. "
            "Stop what is running there, or choose another: digitlab app --port 8867"
        ) from error


def _configuration() -> Config:
    """What Voilà, its kernels and Jupyter are told."""
    config = Config()
    config.PadServer.log_level = logging.WARNING
    config.PadServer.tornado_settings = {"ws_ping_timeout": 30_000}  # tornado wants no more
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.template = "digitlab"
    config.VoilaConfiguration.kernel_spec_manager_class = OwnKernel
    # What the page loads: widgets and canvases, and no other extension that may be installed.
    config.VoilaConfiguration.extension_allowlist = [
        "@voila-dashboards/widgets-manager8",
        "@jupyter-widgets/jupyterlab-manager",
        "ipycanvas",
    ]
    # A closed tab stops its kernel; a lost one leaves it without a connection.
    config.MappingKernelManager.cull_idle_timeout = 300
    config.MappingKernelManager.cull_interval = 60
    config.KernelManager.transport_encryption = "auto"
    # Jupyter would keep a database of trusted notebooks in the user's home.
    config.NotebookNotary.db_file = ":memory:"
    config.NotebookNotary.secret = os.urandom(32)
    return config


class OwnKernel(KernelSpecManager):
    """Knows one kernel: the Python that serves the page, whatever else is installed."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel's name."""
        return {"python3": ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernel's command."""
        if kernel_name != "python3":
            raise NoSuchKernel(kernel_name)
        module = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
        quiet = ["--HistoryManager.enabled=False"]
        return KernelSpec(
            argv=[sys.executable, *module, *quiet],
            env=self.parent.kernel_environment,
            display_name="Python 3",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )

    def get_all_specs(self) -> dict[str, dict]:
        """Return the one kernel as Voilà wants it."""
        spec = self.get_kernel_spec("python3")
        return {"python3": {"resource_dir": "", "spec": spec.to_dict()}}


class PageHandler(TornadoVoilaHandler):
    """The page, at ``/``."""

    async def get(self) -> None:
        """Start a kernel and stream the page."""
        # Looking at the token sets its cookie, without which a closing tab may not stop its kernel.
        assert self.xsrf_token
        await super().get()


class NothingHereHandler(web.RequestHandler):
    """Everything else."""

    def prepare(self) -> None:
        """Answer 404 with a way back, whatever the method."""
        self.set_status(404)
        page = self.settings["voila_jinja2_env"].get_template("error.html")
        self.finish(page.render(status_code=404, base_url=self.settings["base_url"]))


class PadServer(voila.app.Voila):
    """Voilà with one notebook, our template and the upload route."""

    kernel_environment = Dict(help="What a kernel's environment has beside the server's own.")

    def setup_template_dirs(self) -> None:
        """Use the template of this package, wherever it is installed."""
        self.template_paths = [str(TEMPLATE)]
        self.static_paths = [self.static_root, *collect_static_paths(["voila"], "base")]

    def init_settings(self) -> dict:
        """Trust our own notebook, and add a friendly 404."""
        settings = super().init_settings()
        self.contents_manager.notary.sign(nbformat.read(self.notebook_path, as_version=4))
        return {**settings, "default_handler_class": NothingHereHandler}

    def init_handlers(self) -> list:
        """Keep the routes that the page needs, and add the upload."""
        routes = super().init_handlers()
        [page] = [options for _, handler, *options in routes if handler is TornadoVoilaHandler]
        return [
            *(route for route in routes if route[1] in _NEEDED),
            ("/upload", UploadHandler, self.upload),
            ("/", PageHandler, *page),
        ]

    def listen(self) -> None:
        """Serve until a signal says stop."""
        httpserver.HTTPServer(self.app).add_sockets(self.sockets)
        self.ioloop = ioloop.IOLoop.current()
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        self.ioloop.add_callback(self._announce)
        try:
            self.ioloop.start()
        finally:
            self.stop()

    def stop(self) -> None:
        """End all kernels at once: there is nothing in them to save."""
        run_sync(self.kernel_manager.shutdown_all)(now=True)

    def _announce(self) -> None:
        host = socket.gethostname() if self.ip in ("", "0.0.0.0", "::") else self.ip
        address = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        print(f"digitlab is ready: {address}", flush=True)
        if self.open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
