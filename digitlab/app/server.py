"""The server of the page: Voilà, with a kernel for each visitor and nothing it does not need."""

import asyncio
import contextlib
import functools
import gc
import ipaddress
import logging
import os
import signal
import socket
import tempfile
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path

import nbformat
import voila.app
from jupyter_server.base.handlers import FileFindHandler
from tornado import ioloop, netutil
from traitlets import Any
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_static_paths
from voila.static_file_handler import MultiStaticFileHandler
from voila.utils import get_page_config

from digitlab.app.configuration import configuration
from digitlab.app.guard.channels import ChannelsHandler, LeaveHandler, StateHandler
from digitlab.app.guard.security import (
    BODY_TIMEOUT,
    HEADER_TIMEOUT,
    BoundedServer,
    Door,
    Entrance,
    header_transform,
    script_hashes,
    security_headers,
)
from digitlab.app.health import LOG, Events, HealthHandler, MetricsHandler
from digitlab.app.kernels.client import ForkServerClient
from digitlab.app.kernels.manager import CAN_FORK
from digitlab.app.page.bundle import BundleHandler, page_bundle
from digitlab.app.page.handlers import NothingHereHandler, PageHandler
from digitlab.app.page.pool import PagePool, forgive_cut_off_pages
from digitlab.app.uploads.handler import UploadHandler
from digitlab.app.uploads.readers import Readers
from digitlab.app.visitors import Visitors
from digitlab.classifier import Classifier
from digitlab.places import resource

TEMPLATE = Path(__file__).parent / "page" / "template"

WEIGHTS_VARIABLE = "DIGITLAB_WEIGHTS"
"""How the app's notebook learns of ``--weights``."""

POOL = 6
"""Pages kept ready for visitors to come: as many may arrive together."""

LONGEST_UPLOAD = 100_000_000
"""Bytes up to which an upload that is too long is still answered with the reason."""

SWEEP = 1.0
"""Seconds between two looks at who has left without a word."""

_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to serve the pad; `serve` explains them."""

    ip: str = "127.0.0.1"
    port: int = 8866
    open_browser: bool = True
    weights: str | Path | None = None
    max_visitors: int = 100
    grace: float = 5.0
    metrics: bool = False
    log: bool = False
    token: str | None = None
    password: str | None = None
    embedders: tuple[str, ...] = ()


def serve(**options) -> None:
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
    max_visitors : int, optional
        How many may draw at the same time; who comes then is asked to wait. A visitor takes 25 MB.
    grace : float, optional
        Seconds that SIGTERM leaves those who are drawing; nobody is let in meanwhile.
    metrics : bool, optional
        Whether ``/metrics`` tells figures to whoever asks.
    log : bool, optional
        Whether to write a line to stderr for each event.
    token : str, optional
        What only those know who may enter, at the end of the link: ``/?token=…``.
    password : str, optional
        The same, to be typed.
    embedders : tuple of str, optional
        Origins whose pages may show the pad in a frame, such as ``"https://course.example"``.

    Raises
    ------
    WeightsError
        If there is no network at ``weights``.
    OSError
        If the port is taken, or the address is not one of this machine.
    """
    options = Options(**options)
    classifier = Classifier.load(options.weights)
    sockets = _bind(options.ip, options.port)
    door = Door(token=options.token, password=options.password)
    if door.is_open and not _is_loopback(options.ip):
        LOG.warning(
            "Anybody who can reach %s may use the pad; --token or --password restricts it.",
            options.ip,
        )
    if options.log:
        logging.basicConfig(format="%(asctime)s %(message)s")
        LOG.setLevel(logging.INFO)
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # a 404 is no news
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # nor is a malformed request
    _allow_many_files()
    with tempfile.TemporaryDirectory(prefix="digitlab-") as scratch:
        environment = {"IPYTHONDIR": str(Path(scratch, "ipython"))}
        if options.weights is not None:
            environment[WEIGHTS_VARIABLE] = str(Path(options.weights).resolve())
        fork_server = ForkServerClient(scratch, environment=environment) if CAN_FORK else None
        readers = Readers(
            fork_server, classifier=classifier, weights=options.weights, scratch=scratch
        )
        try:
            server = PadServer(
                notebook_path=str(resource("notebooks/app.ipynb")),
                connection_dir_root=scratch,
                config_file_paths=[],  # no voila.json of the user's has a say
                config=configuration(),
                options=options,
                door=door,
                sockets=sockets,
                fork_server=fork_server,
                kernel_environment=environment,
                readers=readers,
            )
            server.initialize(argv=[])
            server.start()
        finally:
            if fork_server is not None:
                fork_server.close()


def _bind(ip: str, port: int) -> list[socket.socket]:
    """Take the port before anything else is started for it."""
    try:
        return netutil.bind_sockets(port, ip)
    except OSError as error:
        raise OSError(
            f"The pad cannot be served on {ip}, port {port}: {error.strerror or error}. "
            "Stop what is running there, or choose another: digitlab app --port 8867"
        ) from error


def _is_loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"


def _allow_many_files() -> None:
    """Ask for as many open files as we may have: a visitor takes some twenty."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource as limits  # not on Windows, which has no such limit

        _, most = limits.getrlimit(limits.RLIMIT_NOFILE)
        limits.setrlimit(limits.RLIMIT_NOFILE, (most, most))  # macOS may refuse its own figure


class PadServer(voila.app.Voila):
    """Voilà with one notebook, our template, our kernels, and the upload route."""

    options = Any(help="An instance of `Options`.")
    door = Any(help="The `Door`.")
    sockets = Any(help="Where to listen.")
    fork_server = Any(help="Who forks kernels, or None.")
    kernel_environment = Any(help="What a kernel's environment has beside the server's own.")
    readers = Any(help="The `Readers` of uploads.")

    def setup_template_dirs(self) -> None:
        """Use the template of this package, wherever it is installed."""
        self.template_paths = [str(TEMPLATE)]
        self.static_paths = [self.static_root, *collect_static_paths(["voila"], "base")]

    def init_settings(self) -> dict:
        """Trust our own notebook, and give the handlers what they need."""
        settings = super().init_settings()
        self.contents_manager.notary.sign(nbformat.read(self.notebook_path, as_version=4))
        self.visitors = Visitors(self.options.max_visitors)
        self.events = Events()
        self._stopping = False
        self._websockets: dict[str, set[ChannelsHandler]] = {}
        return {
            **settings,
            "default_handler_class": NothingHereHandler,
            "embedders": self.options.embedders,
            "visitors": self.visitors,
            "events": self.events,
            "is_stopping": lambda: self._stopping,
            "status": self._status,
            "count": self._count,
            "connect": self._connect,
            "disconnect": self._disconnect,
            "end_visit": self._end_visit,
            "log_function": self.events.requested,
        }

    def init_handlers(self) -> list:
        """Keep the routes of files that the page needs, and add our own."""
        files = (MultiStaticFileHandler, FileFindHandler)
        routes = [route for route in super().init_handlers() if route[1] in files]
        bundle = page_bundle(static=self.static_paths, labextensions=self.labextensions_path)
        self._bundle_url = f"/bundle/{bundle.version}.js"
        routes += [
            (r"/bundle/(\w+)\.js", BundleHandler, {"bundle": bundle}),
            (rf"/api/kernels/{_KERNEL}", StateHandler),
            (rf"/api/kernels/{_KERNEL}/channels", ChannelsHandler),
            (rf"/voila/api/shutdown/{_KERNEL}", LeaveHandler),
            ("/upload", UploadHandler, {"readers": self.readers}),
            ("/health", HealthHandler),
            ("/", PageHandler),
        ]
        if self.options.metrics:
            routes.append(("/metrics", MetricsHandler))
        return routes

    # Serving ---------------------------------------------------------------------------------

    def listen(self) -> None:
        """Serve until a signal says stop."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(forgive_cut_off_pages)
        self._end = asyncio.Event()
        self._server = self._open()
        self.pages = PagePool(self.kernel_manager, self._renderer, size=POOL)
        self.app.settings["pages"] = self.pages
        self.pages.fill()
        sweeper = ioloop.PeriodicCallback(self._sweep, 1000 * SWEEP)
        sweeper.start()
        for signum, act in ((signal.SIGINT, self._end.set), (signal.SIGTERM, self._leave)):
            with contextlib.suppress(NotImplementedError):  # Windows knows but Ctrl-C
                loop.add_signal_handler(signum, act)
        # What is here now stays. To look at it again, whenever memory is tidied, takes 100 ms in
        # which nobody is served.
        gc.freeze()
        self._announce()
        await self._end.wait()
        sweeper.stop()
        self._server.stop()
        await self.pages.close()
        for kernel_id in self.visitors:
            await self._hang_up(kernel_id)
        await self._server.close_all_connections()
        self.readers.close()
        if self.fork_server is None:
            await self.kernel_manager.shutdown_all(now=True)
        else:
            self.fork_server.close()

    def _open(self) -> BoundedServer:
        scripts = script_hashes(self.app.settings["voila_jinja2_env"])
        headers = security_headers(embedders=list(self.options.embedders), scripts=scripts)
        self.app.add_transform(header_transform(headers))
        server = BoundedServer(
            Entrance(self.app, self.door, longest={"/upload": LONGEST_UPLOAD}),
            most=64 + 8 * self.options.max_visitors,
            refused=functools.partial(self.events.rejected, "connections"),
            idle_connection_timeout=HEADER_TIMEOUT,
            body_timeout=BODY_TIMEOUT,
            xheaders=True,  # for the scheme that a proxy was asked with
        )
        server.add_sockets(self.sockets)
        return server

    def _renderer(self) -> NotebookRenderer:
        shared = {
            "base_url": self.base_url,
            "voila_configuration": self.voila_configuration,
        }
        page_config = get_page_config(**shared, settings=self.app.settings, log=self.log)
        return NotebookRenderer(
            **shared,
            page_config=page_config
            | {
                "bundleUrl": self._bundle_url,
                "isTaught": bool(os.environ.get("DIGITLAB_DRAWINGS")),
            },
            traitlet_config=self.config,
            notebook_path=os.path.relpath(self.notebook_path, self.root_dir),
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            kernel_spec_manager=self.kernel_spec_manager,
        )

    def _announce(self) -> None:
        host = self.options.ip
        host = socket.gethostname() if host in ("", "0.0.0.0", "::") else host
        host = f"[{host}]" if ":" in host else host
        address = f"http://{host}:{self.options.port}"
        if self.options.token:
            address += f"/?token={self.options.token}"
        print(f"digitlab is ready: {address}", flush=True)
        if self.options.open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

    # Visitors --------------------------------------------------------------------------------

    def _connect(self, kernel_id: str, websocket: ChannelsHandler) -> None:
        self.visitors.connect(kernel_id)
        self._websockets.setdefault(kernel_id, set()).add(websocket)

    def _disconnect(self, kernel_id: str, websocket: ChannelsHandler, *, for_good: bool) -> None:
        if kernel_id not in self.visitors:
            return
        self.visitors.disconnect(kernel_id)
        self._websockets[kernel_id].discard(websocket)
        if for_good and not self._websockets[kernel_id]:
            asyncio.get_running_loop().create_task(self._end_visit(kernel_id))

    async def _end_visit(self, kernel_id: str, *, reason: str = "closed") -> None:
        """End a visitor's kernel, and forget the visitor."""
        if kernel_id not in self.visitors:
            return
        self.events.left(reason)
        await self._hang_up(kernel_id)
        await self.kernel_manager.end(kernel_id)

    async def _hang_up(self, kernel_id: str) -> None:
        self.visitors.leave(kernel_id)
        for websocket in self._websockets.pop(kernel_id, ()):
            websocket.end()

    async def _sweep(self) -> None:
        """End the visits of those who will not come back, and of those whose kernel is gone."""
        for kernel_id in self.visitors.overdue():
            await self._end_visit(kernel_id, reason="culled")
        for kernel_id in self.visitors:
            if not await self.kernel_manager.is_running(kernel_id):
                await self._end_visit(kernel_id, reason="crashed")

    async def _status(self) -> str:
        if self._stopping:
            return "stopping"
        if self.visitors.is_full and self.visitors.giving_way() is None:
            return "full"
        return await self.pages.status()

    def _count(self) -> None:
        self.events.visitors.set(len(self.visitors))
        self.events.connected.set(self.visitors.connected)
        self.events.kernels.set(len(self.kernel_manager))

    # The end ---------------------------------------------------------------------------------

    def _leave(self) -> None:
        """SIGTERM: let nobody in, and end when all are gone, or the time is up."""
        if self._stopping:  # said twice
            self._end.set()
            return
        self._stopping = True
        LOG.info("stopping")
        self._farewell = asyncio.get_running_loop().create_task(self._wait_for_all())

    async def _wait_for_all(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.grace):
                while self.visitors.connected:
                    await asyncio.sleep(0.05)
        self._end.set()
