"""The app as a process of its own, for the tests that visit it."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from digitlab.app.kernels.manager import CAN_FORK

TIMEOUT = 60  # seconds: for slow machines; nothing here waits that long where all is well


@dataclass
class App:
    """A running ``digitlab app``."""

    url: str
    process: subprocess.Popen
    announced: str

    def stop(self, how: int = signal.SIGTERM) -> str:
        """Send a signal, wait for the end, and return what was printed on stderr."""
        self.process.send_signal(how)
        return self.process.communicate(timeout=TIMEOUT)[1]

    def processes(self) -> list[psutil.Process]:
        """All processes that it has started, and those that these have started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kernels(self) -> list[psutil.Process]:
        """The processes of the kernels, those that wait for visitors included."""
        parent = psutil.Process(self.process.pid)
        if CAN_FORK:
            [parent] = parent.children()
        return [child for child in parent.children() if name_of(child) != "digitlab-reader"]


def name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return ""


def free_ports(n: int) -> list[int]:
    """Free ports below those that the system gives to connections.

    Else a connection might take the port before the server has it, or while it is away.
    """
    ports = []
    # Each of the processes that test has some for itself: one is often taken seconds later.
    first = 20_000 + 1_500 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8)
    for port in random.SystemRandom().sample(range(first, first + 1_500), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == n:
            return ports
    raise OSError("There are no free ports.")


def free_port() -> int:
    return free_ports(1)[0]


def command(*arguments: str, before: str = "") -> list[str]:
    """How to start the app, after statements that change a constant of it."""
    program = f"{before}\nfrom digitlab.cli import main\nmain()"
    start = ["-c", program] if before else ["-m", "digitlab"]
    return [sys.executable, *start, "app", "--no-browser", *arguments]


@contextmanager
def running_app(
    *arguments: str, cwd=None, before: str = "", under: Sequence[str] = (), **environment: str
) -> Iterator[App]:
    """Run ``digitlab app`` on a free port of the loopback until the block ends.

    Another program can start it: ``under`` is that program and its own arguments.
    """
    port = free_port()
    # Whether drawings may be corrected on the page is for the test to say.
    inherited = {name: os.environ[name] for name in os.environ.keys() - {"DIGITLAB_DRAWINGS"}}
    process = subprocess.Popen(
        [*under, *command("--port", str(port), *arguments, before=before)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=inherited | environment,
    )
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    announced = process.stdout.readline()
    watchdog.cancel()
    app = App(f"http://127.0.0.1:{port}", process, announced)
    try:
        if not announced:
            raise RuntimeError(f"The app did not start: {process.communicate()[1]}")
        yield app
    finally:
        if process.poll() is None:
            app.stop()
        process.stdout.close()
        process.stderr.close()
