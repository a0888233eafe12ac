"""The server of the page: Voilà, with a kernel for each visitor and nothing it does not need."""

import asyncio
import contextlib
import functools
import gc
import ipaddress
import json
import logging
import math
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import Any

import traitlets
import voila.app
from tornado import ioloop, web

from digitlab import front, look
from digitlab.app import jupyter_internals
from digitlab.app.background import Background
from digitlab.app.check import TAKES, available
from digitlab.app.configuration import configuration
from digitlab.app.guard.base import PLACEHOLDER, Base
from digitlab.app.guard.channels import ChannelsHandler, LeaveHandler, StateHandler
from digitlab.app.guard.door import Door, Entrance
from digitlab.app.guard.headers import header_transform, security_headers
from digitlab.app.guard.hosts import Hosts
from digitlab.app.guard.limits import BODY_TIMEOUT, HEADER_TIMEOUT, SPARE_CONNECTIONS, BoundedServer
from digitlab.app.health import Events, HealthHandler, MetricsHandler
from digitlab.app.kernels.client import ForkServerClient
from digitlab.app.kernels.manager import CAN_FORK
from digitlab.app.log import LOG, write_log
from digitlab.app.options import Options
from digitlab.app.page.bundle import CHUNKS, Script, ScriptHandler, bundle
from digitlab.app.page.handlers import NothingHereHandler, PageHandler
from digitlab.app.page.pool import PagePool
from digitlab.app.uploads.handler import UploadHandler
from digitlab.app.uploads.readers import Readers
from digitlab.app.visits import Visits
from digitlab.classifier import Classifier
from digitlab.errors import DigitlabError
from digitlab.places import resource

TEMPLATE = Path(__file__).parent / "page" / "template"
PAD = Path(look.__file__).parent / "pad"  # for look.css

VOILA = "digitlab.voila"
"""Voilà's log."""

WEIGHTS_VARIABLE = "DIGITLAB_WEIGHTS"
"""How the app's notebook learns of ``--weights``."""

POOL = 6
"""Pages kept ready for visitors to come: as many may arrive together."""

SWEEP = 1.0
"""Seconds between two looks at who has left without a word."""

LONGEST_FOLDER = 60
"""Bytes of a folder's name that leave room for the sockets within."""

_KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


def serve(**options: Any) -> None:
    """Serve the drawing pad until Ctrl-C or SIGTERM.

    Prints ``digitlab is ready: http://127.0.0.1:8866`` as soon as a page was made.

    Parameters
    ----------
    **options
        Those of `digitlab.app.options.Options`, which explains them.

    Raises
    ------
    WeightsError
        If there is no network at ``weights``.
    OSError
        If the port is taken, the address is not one of this machine, or few files may be open.
    DigitlabError
        If no page could be made.
    """
    chosen = Options(**options)
    write_log(sys.stderr, events=chosen.log or chosen.log_addresses, addresses=chosen.log_addresses)
    classifier = Classifier.load(chosen.weights)
    sockets = chosen.bind()  # before anything else is started for it
    taken = [ipaddress.ip_address(each.getsockname()[0]) for each in sockets]
    if not (chosen.secrets or all(address.is_loopback for address in taken)):
        LOG.warning("At %s anybody may use the pad; --token or --password restricts it.", chosen.ip)
    # A 404 is no news, nor is a malformed request.
    for name in ("tornado.access", "tornado.general", VOILA):
        logging.getLogger(name).setLevel(logging.ERROR)
    _allow_many_files(chosen.max_visitors)
    with tempfile.TemporaryDirectory(prefix="digitlab-") as scratch:
        short = _short_name(scratch)
        # For the kernels, which inherit it.
        os.environ["IPYTHONDIR"] = str(Path(scratch, "ipython"))
        os.environ[front.MODULE_VARIABLE] = front.MODULE_URL
        weights = None if chosen.weights is None else str(Path(chosen.weights).resolve())
        if weights is not None:
            os.environ[WEIGHTS_VARIABLE] = weights
        forking = contextlib.closing(ForkServerClient(scratch)) if CAN_FORK else None
        with forking or contextlib.nullcontext() as fork_server:
            server = PadServer(
                log=logging.getLogger(VOILA),
                notebook_path=str(resource("notebooks/app.ipynb")),
                connection_dir_root=short,
                base_url=PLACEHOLDER,
                config=configuration(),
                options=chosen,
                sockets=sockets,
                fork_server=fork_server,
                readers=Readers(fork_server, classifier=classifier, weights=weights, scratch=short),
            )
            server.initialize(argv=[])
            server.start()


def _allow_many_files(visitors: int) -> None:
    """Ask for as many open files as we may have."""
    if (most := available("open files")) == math.inf:
        return
    import resource as limits

    with contextlib.suppress(ValueError, OSError):  # macOS may refuse its own figure
        limits.setrlimit(limits.RLIMIT_NOFILE, (int(most), int(most)))
    itself, each, _ = TAKES["open files"]
    fit = (most - itself) // each
    if fit < 1:
        raise OSError(
            f"The pad needs {itself + each} open files or more, and may have no more than "
            f"{most:.0f} here. Raise the limit: ulimit -n {itself + each * visitors}"
        )
    if fit < visitors:
        LOG.warning("With %d open files there is room for some %d visitors.", most, fit)


def _short_name(folder: str) -> str:
    """Find a name for a folder that leaves room for a socket's: a socket's path has 107 bytes."""
    if not CAN_FORK or len(os.fsencode(folder)) <= LONGEST_FOLDER:
        return folder
    # Open until this process ends, so that the kernels find it there, too.
    return f"/proc/{os.getpid()}/fd/{os.open(folder, os.O_RDONLY)}"


class PadServer(voila.app.Voila):
    """Voilà with one notebook, our template, our kernels, and the upload route."""

    options = traitlets.Any(help="An instance of `Options`.")
    sockets = traitlets.Any(help="Where to listen.")
    fork_server = traitlets.Any(help="Who forks kernels, or None.")
    readers = traitlets.Any(help="The `Readers` of uploads.")
    _is_broken = False

    def setup_template_dirs(self) -> None:
        """Use the template of this package, wherever it is installed."""
        self.template_paths = [str(TEMPLATE), str(PAD)]
        self.static_paths = [self.static_root, *jupyter_internals.static_folders()]

    def init_settings(self) -> dict[str, Any]:
        """Give the handlers what they need."""
        settings = super().init_settings()
        self.events = Events()
        pages = PagePool(self.kernel_manager, self._renderer, size=POOL)
        limit = self.options.max_visitors
        self.visits = Visits(self.kernel_manager, pages, self.events, limit=limit)
        return settings | {
            "base": Base(self.options.base_url),
            "default_handler_class": NothingHereHandler,
            "door": Door(token=self.options.token, password=self.options.password),
            "embedders": self.options.embedders,
            "events": self.events,
            "hosts": Hosts(*self.options.hosts),
            "jinja2_env": settings["voila_jinja2_env"],  # Jupyter's own pages are not for us
            "log_function": self.events.requested,
            "readers": self.readers,
            "visits": self.visits,
        }

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """Keep the routes of files that the page needs, and add our own."""
        roots = {"static": self.static_paths, "labextensions": self.labextensions_path}
        scripts = bundle(CHUNKS.read_text("utf-8").split(), roots=roots)
        module = Script(front.module("page.js").encode(), folder="front")
        self._scripts = (scripts, module)
        # The module's is relative, for the policy has the hash of the map that names it, and that
        # must not depend on the path.
        self._urls = {"bundleUrl": f"{PLACEHOLDER}{scripts.url[1:]}", "moduleUrl": f".{module.url}"}
        self._import_map = json.dumps({"imports": {front.MODULE_URL: self._urls["moduleUrl"]}})
        routes = [
            *jupyter_internals.file_routes(super().init_handlers()),
            *((script.url, ScriptHandler, {"script": script}) for script in self._scripts),
            (rf"/api/kernels/{_KERNEL}", StateHandler),
            (rf"/api/kernels/{_KERNEL}/channels", ChannelsHandler),
            (rf"/voila/api/shutdown/{_KERNEL}", LeaveHandler),
            ("/upload", UploadHandler),
            ("/health", HealthHandler),
            # Asks crawlers to stay away, as each page would cost a kernel.
            ("/(robots.txt)", web.StaticFileHandler, {"path": TEMPLATE}),
            ("/", PageHandler),
        ]
        return [*routes, ("/metrics", MetricsHandler)] if self.options.metrics else routes

    def _renderer(self, lang: str) -> Any:
        words = front.table(lang)
        return jupyter_internals.notebook_renderer(
            self,
            **self._urls,
            importMap=self._import_map,
            lang=lang,
            words=words["page"],
            constants={
                "WORDS": words["script"],
                "INK": f"rgb{look.INK}",
                "PENS_ACROSS": look.PENS_ACROSS,
                "MAX_BYTES": look.MAX_BYTES,
                "PAPER": look.PAPER,
            },
        )

    def listen(self) -> None:
        """Serve until a signal says stop."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._background = Background()
        server = self._open()
        self.visits.pages.fill()
        sweeper = ioloop.PeriodicCallback(self.visits.sweep, 1000 * SWEEP)
        sweeper.start()
        with contextlib.suppress(NotImplementedError):  # Windows knows but Ctrl-C
            loop.add_signal_handler(signal.SIGINT, self._end.set)
            loop.add_signal_handler(signal.SIGTERM, lambda: self._background.start(self._leave()))
        # What is here now stays. To look at it again, whenever memory is tidied, takes 100 ms in
        # which nobody is served.
        gc.freeze()
        self._background.start(self._begin())
        await self._end.wait()
        sweeper.stop()
        server.stop()
        await self._background.close()
        await self.visits.close()
        await server.close_all_connections()
        self.readers.close()
        if self.fork_server is None:
            await self.kernel_manager.shutdown_all(now=True)
        else:
            await asyncio.to_thread(self.fork_server.close)
        if self._is_broken:
            raise DigitlabError("There is no pad: no page could be made. The reason is above.")

    async def _begin(self) -> None:
        """Say where the pad is, once a page was made; end where none can be."""
        if not await self.visits.pages.first():
            self._is_broken = True
            self._end.set()
            return
        address = self.options.address
        print(f"digitlab is ready: {address}", flush=True)
        if self.options.open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        # In a thread, which stays: where there may be no more, the others can be waited for.
        await asyncio.to_thread(lambda: [script.compressed for script in self._scripts])

    def _open(self) -> BoundedServer:
        names = ("whole.js", "call.js", "old.js")
        inline = map(self.app.settings["jinja2_env"].get_template, names)
        scripts = [self._import_map, *(script.render() for script in inline)]
        headers = security_headers(embedders=self.options.embedders, scripts=scripts)
        self.app.add_transform(header_transform(headers))
        self.app.add_transform(web.GZipContentEncoding)
        server = BoundedServer(
            Entrance(self.app),
            most=SPARE_CONNECTIONS + 8 * self.options.max_visitors,
            refused=functools.partial(self.events.rejected, "connections"),
            idle_connection_timeout=HEADER_TIMEOUT,
            body_timeout=BODY_TIMEOUT,
            xheaders=True,  # for the scheme that a proxy was asked with
        )
        server.add_sockets(self.sockets)
        return server

    async def _leave(self) -> None:
        """SIGTERM: let nobody in, and end when all are gone, or the time is up."""
        if not self.visits.is_stopping:  # or it is said twice
            self.visits.is_stopping = True
            LOG.info("stopping")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.options.grace):
                    while self.visits.visitors.connected:
                        await asyncio.sleep(0.05)
        self._end.set()
