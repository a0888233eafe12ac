"""Find an nginx for the tests of `deploy/`, or fetch one, and run it with our configuration.

`find` says where one is. ``python tests/nginx.py --install`` makes sure that there is one: what is
installed already is preferred, then Debian's package, unpacked into ``build/`` and not installed,
for an installed nginx is a service that starts by itself.
"""

import argparse
import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # where this file is run as a program

from tests.serving import TIMEOUT, App, free_ports, running_app  # noqa: E402
from tests.visiting import PROTOCOL, Visitor  # noqa: E402

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
UNPACKED = ROOT / "build" / "nginx"
ADDRESSES = ("10.0.0.11:8866", "10.0.0.12:8866", "10.0.0.13:8866")
NAMES = ("one", "two", "three")
"""The instances that the configuration names as an example."""

ADVICE = (
    "The tests of deploy/ need nginx 1.22 or newer and openssl, and one of them was not found. "
    "Install them (on Debian and Ubuntu: sudo apt install nginx openssl), or name nginx's program "
    "in DIGITLAB_NGINX."
)

_FRAME = """
daemon off;
pid nginx.pid;
worker_processes 2;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path unused;
    uwsgi_temp_path unused;
    scgi_temp_path unused;
    include digitlab.conf;
}}
"""
"""What Debian's own nginx.conf is to ours, with all files in one folder.

With the default of 512 connections, 400 uploads at once left none whenever one worker got most of
them, and nginx dropped some without a word.
"""

# To find it ------------------------------------------------------------------------------------


def find() -> Path | None:
    """Return the program of an nginx, or None.

    The environment variable ``DIGITLAB_NGINX`` decides where it is set.
    """
    if named := os.environ.get("DIGITLAB_NGINX"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"DIGITLAB_NGINX names {path}, and no such program is there.")
        return path
    # Debian keeps it where only root's PATH leads.
    installed = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    path = Path(installed) if installed else UNPACKED / "usr" / "sbin" / "nginx"
    return path if path.is_file() and _runs(path) and shutil.which("openssl") else None


def _runs(program: Path) -> bool:
    """Whether all libraries that it needs are there."""
    return subprocess.run([program, "-v"], capture_output=True, check=False).returncode == 0


def install() -> Path | None:
    """Return an nginx, fetching one first if there is none; None where that failed."""
    if (path := find()) is None and shutil.which("apt-get"):
        UNPACKED.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            _attempt(["apt-get", "update", "-q"], seconds=300)
        _attempt(["apt-get", "download", "-q", "nginx"], seconds=120)
        for package in UNPACKED.glob("nginx_*.deb"):
            _attempt(["dpkg-deb", "--extract", package.name, "."], seconds=60)
        path = find()
    return path


def _attempt(command: list[str], *, seconds: int) -> None:
    print("No nginx yet, trying:", *command, file=sys.stderr, flush=True)
    try:
        subprocess.run(command, timeout=seconds, check=True, cwd=UNPACKED, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"That did not work: {error}", file=sys.stderr)


# To run it -------------------------------------------------------------------------------------


class FrontVisitor(Visitor):
    """A visitor who comes through nginx, as browsers do: encrypted, and saying where from."""

    def __init__(self, url: str, certificate: Path):
        super().__init__(url)
        self.origin = url
        self._tls = ssl.create_default_context(cafile=certificate)

    @property
    def instance(self) -> str:
        """The name of the instance that has the kernel."""
        return self.cookies["digitlab_instance"]

    async def fetch(self, path: str, **options) -> HTTPResponse:
        return await super().fetch(path, ssl_options=self._tls, **options)

    async def connect(self, *, kernel_id: str | None = None) -> None:
        address = self.url.replace("http", "ws", 1)
        path = f"/api/kernels/{kernel_id or self.kernel_id}/channels?session_id={self._session}"
        headers = self.headers | {"Origin": self.origin}
        request = HTTPRequest(address + path, headers=headers, ssl_options=self._tls)
        self.socket = await websocket_connect(request, subprotocols=[PROTOCOL])
        self._listener = asyncio.create_task(self._listen())

    async def arrive(self) -> None:
        """Get the page, and have the pad ready."""
        page = await self.open()
        if page.code != 200:
            raise RuntimeError(f"There was no page: {page.code}")
        await self.connect()
        await self.load()


@dataclass
class Front:
    """A running nginx, and the instances behind it by their names in its configuration.

    Attributes
    ----------
    url, plain : str
        Where it is, encrypted and not.
    certificate : pathlib.Path
        Who signed its own: itself.
    instances : dict of str to App
        Those that were started last.
    """

    url: str
    plain: str
    certificate: Path
    instances: dict[str, App]
    _ports: dict[str, int]
    _arguments: tuple[str, ...]
    _environment: dict[str, str]
    _stack: ExitStack

    def request(self, method: str, path: str, **options) -> requests.Response:
        """Ask nginx for something, and be sure that it is this one."""
        options = {"verify": str(self.certificate), "timeout": TIMEOUT, **options}
        return requests.request(method, self.url + path, **options)

    def visitor(self) -> FrontVisitor:
        return FrontVisitor(self.url, self.certificate)

    def start(self, name: str) -> App:
        """Start an instance, again if it was there; returns when it has a page to give."""
        # Of two ports the last one counts.
        port = self._ports[name]
        running = running_app("--port", str(port), *self._arguments, **self._environment)
        app = self.instances[name] = self._stack.enter_context(running)
        app.url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + TIMEOUT
        while requests.get(f"{app.url}/health", timeout=TIMEOUT).status_code != 200:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The instance {name} is not ready.")
            time.sleep(0.05)
        return app


@contextmanager
def running_front(
    folder: Path, *arguments: str, n: int = len(ADDRESSES), **environment: str
) -> Iterator[Front]:
    """Run nginx on the loopback, with our configuration, before so many instances of the app.

    The arguments and the environment are those of `tests.serving.running_app`.
    """
    plain, encrypted, *ports = free_ports(2 + n)
    _make_certificate(folder)
    instances = [f"127.0.0.1:{port}" for port in ports]
    text = configuration(instances, plain=plain, encrypted=encrypted, folder=folder)
    (folder / "digitlab.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers may not read the folder
    (folder / "nginx.conf").write_text(_FRAME.format(user=user))
    with ExitStack() as stack:
        front = Front(
            f"https://127.0.0.1:{encrypted}",
            f"http://127.0.0.1:{plain}",
            folder / "fullchain.pem",
            {},
            dict(zip(NAMES, ports, strict=False)),
            arguments,
            environment,
            stack,
        )
        for name in front._ports:
            front.start(name)
        stack.enter_context(_running_nginx(folder, port=encrypted))
        yield front


@contextmanager
def _running_nginx(folder: Path, *, port: int) -> Iterator[None]:
    said = folder / "said.txt"
    with said.open("w") as stderr:
        process = subprocess.Popen(
            [find(), "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {said.read_text()}")
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)
    # What nginx calls an error is what the tests do to the instances; the rest would be ours.
    ours = [line for line in said.read_text().splitlines() if "[error]" not in line]
    if ours:
        raise RuntimeError(f"nginx has complained: {ours}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _make_certificate(folder: Path) -> None:
    """Make a certificate for 127.0.0.1 that is thrown away with the folder."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    whose = ["-subj", "/CN=digitlab test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, *files, *whose], check=True, capture_output=True
    )


def configuration(instances: list[str], *, plain: int, encrypted: int, folder: Path) -> str:
    """Return `deploy/nginx.conf` for a test, where an address may upload less often.

    Else a busy machine can't send too many. Addresses, ports and certificate are others, too; all
    else is as it is there.

    Parameters
    ----------
    instances : list of str
        Addresses, each for one of `ADDRESSES`. Where there are fewer, the others' lines are left
        out.
    plain, encrypted : int
        Ports on the loopback, for 80 and 443.
    folder : pathlib.Path
        Where ``fullchain.pem`` and ``privkey.pem`` are.
    """
    text = CONFIGURATION.read_text()
    for address in ADDRESSES[len(instances) :]:
        text = re.sub(rf"^.*{re.escape(address)}.*\n", "", text, flags=re.MULTILINE)
    changes = dict(zip(ADDRESSES, instances, strict=False)) | {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{encrypted} ssl;",
        "/etc/ssl/digitlab/": f"{folder}/",
        "rate=50r/s;": "rate=5r/s;",
    }
    for ours, the_tests in changes.items():
        if ours in text:
            text = text.replace(ours, the_tests)
        elif ours not in ADDRESSES[len(instances) :]:
            raise ValueError(f"deploy/nginx.conf has no {ours!r} any more.")
    return text


def main() -> int:
    """Print where nginx is; exit code 1 and advice where there is none."""
    parser = argparse.ArgumentParser(description="Find an nginx for the tests.")
    parser.add_argument("--install", action="store_true", help="fetch one if there is none")
    bring = install if parser.parse_args().install else find
    try:
        path = bring()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if path is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(f"nginx for the tests: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
