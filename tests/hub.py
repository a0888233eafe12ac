"""Find the proxy of JupyterHub for the tests, or fetch it, and run a Hub whose users have the pad.

`find` says where the proxy is. ``python tests/hub.py --install`` makes sure that there is one: what
is installed already is preferred, then npm's package, in ``build/`` alone.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # where this file is run as a program

from tests.serving import TIMEOUT, free_ports  # noqa: E402

UNPACKED = ROOT / "build" / "hub"
PROXY = "configurable-http-proxy"
VERSION = "5"

ADVICE = (
    f"The tests behind JupyterHub need {PROXY}, which was not found. With Node and npm at hand, "
    "python tests/hub.py --install fetches it (on Debian and Ubuntu: sudo apt install npm)."
)

CONFIGURATION = """
import sys
c = get_config()
c.JupyterHub.bind_url = "{url}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.DummyAuthenticator.password = "{password}"
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {arguments!r}
c.Spawner.http_timeout = 120
c.Spawner.environment = {environment!r}
"""
"""A Hub on one machine, as `jupyterhub` itself has it: a password for all, and local processes."""

PASSWORD = "open sesame"

# Lab and the proxy to the pad, and no other extension of those that are installed for other tests.
_OTHERS = (
    "jupyter_lsp",
    "nbgrader.server_extensions.assignment_list",
    "notebook",
    "voila.server_extension",
)
ARGUMENTS = [
    "--allow-root",
    f"--ServerApp.root_dir={ROOT / 'notebooks'}",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--ServerApp.jpserver_extensions=" + repr(dict.fromkeys(_OTHERS, False)),
]


def find() -> list[str] | None:
    """Return the command of the proxy, or None."""
    installed = shutil.which(PROXY)
    unpacked = UNPACKED / "node_modules" / PROXY / "bin" / PROXY
    node = shutil.which("node")
    if installed:
        return [installed]
    return [node, str(unpacked)] if node and unpacked.is_file() else None


def install() -> list[str] | None:
    """Return the command of the proxy, fetched first if there is none; None where that fails."""
    if find() is None and (npm := shutil.which("npm")):
        print("No proxy of JupyterHub yet: npm fetches it.", file=sys.stderr, flush=True)
        where = ["--prefix", str(UNPACKED), "--no-audit", "--no-fund", "--loglevel", "error"]
        UNPACKED.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([npm, "install", *where, f"{PROXY}@{VERSION}"], timeout=300, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"That did not work: {error}", file=sys.stderr)
    return find()


@contextmanager
def running_hub(folder: Path, **environment: str) -> Iterator[str]:
    """Run a Hub on the loopback whose users may have any name; its address."""
    port, hub, api = free_ports(3)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    url = f"http://127.0.0.1:{port}"
    configuration = folder / "jupyterhub_config.py"
    configuration.write_text(
        CONFIGURATION.format(
            url=url,
            hub=hub,
            api=api,
            folder=folder,
            arguments=ARGUMENTS,
            password=PASSWORD,
            proxy=find(),
            environment={"PYTHONPATH": path} | environment,
        )
    )
    said = folder / "said.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": path},
        )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not _answers(f"{url}/hub/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The Hub did not start: {said.read_text()[-3000:]}")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=TIMEOUT).status_code == 200
    except requests.ConnectionError:
        return False


def main() -> int:
    """Print where the proxy is; exit code 1 and advice where there is none."""
    parser = argparse.ArgumentParser(description="Find JupyterHub's proxy for the tests.")
    parser.add_argument("--install", action="store_true", help="fetch it if there is none")
    command = (install if parser.parse_args().install else find)()
    if command is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(f"JupyterHub's proxy for the tests: {command[-1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
