"""A JupyterHub for the tests, whose users have the notebooks and the pad.

Its proxy is a program for Node, which ``npm install`` fetches (``make test`` does).
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.serving import TIMEOUT, free_ports

ROOT = Path(__file__).resolve().parents[1]
PROXY = "configurable-http-proxy"
FETCHED = ROOT / "node_modules" / PROXY / "bin" / PROXY

ADVICE = f"The tests behind JupyterHub need {PROXY}, which was not found: npm install fetches it."

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
    if installed := shutil.which(PROXY):
        return [installed]
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    return [node, str(FETCHED)] if node and FETCHED.is_file() else None


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
