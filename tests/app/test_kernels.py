import ast
import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests
from traitlets import Any
from traitlets.config import Config, LoggingConfigurable

from digitlab.app.kernels import client, manager
from digitlab.app.kernels.client import ForkServerClient
from digitlab.app.kernels.forkserver import NICENESS
from digitlab.app.kernels.manager import CAN_FORK, OwnKernel, PadKernels
from tests.serving import TIMEOUT, running_app

# Elsewhere the app starts kernels as Voilà does. CI runs on Linux, where none of these is skipped.
forking = pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux alone")


QUIET = ["--IPKernelApp.no_stdout=True", "--IPKernelApp.no_stderr=True"]


class Home(LoggingConfigurable):
    """What `PadKernels` has for a parent: the server, in the app."""

    fork_server = Any()


class Laboratory:
    """Kernels, and a way to ask them something."""

    def __init__(self, folder: Path, *, fork: bool):
        self.folder = folder
        self.fork_server = ForkServerClient(str(folder)) if fork else None
        config = Config()
        config.KernelManager.autorestart = False
        config.KernelManager.transport = "ipc" if fork else "tcp"
        home = Home(config=config, fork_server=self.fork_server)
        self.kernels = PadKernels(
            parent=home,
            connection_dir=str(folder),
            root_dir=str(folder),
            kernel_spec_manager=OwnKernel(parent=home),
        )

    async def start(self) -> str:
        return await self.kernels.start_kernel(
            kernel_name="python3", path="", env=dict(os.environ) | {"DIGITLAB_TEST": "set"}
        )

    def process(self, kernel_id: str):
        return self.kernels.get_kernel(kernel_id).provisioner.process

    async def ask(self, kernel_id: str, expression: str) -> str:
        """What the kernel finds for an expression, or several, as text."""
        client = self.kernels.get_kernel(kernel_id).client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=TIMEOUT)
            told = {"told": f"' '.join(map(str, ({expression},)))"}
            reply = await client.execute_interactive(
                "", user_expressions=told, timeout=TIMEOUT, output_hook=lambda _: None
            )
        finally:
            client.stop_channels()
        return ast.literal_eval(reply["content"]["user_expressions"]["told"]["data"]["text/plain"])

    async def ends(self, kernel_id: str) -> int:
        """Wait for the end of a kernel's process, and return its code."""
        async with asyncio.timeout(TIMEOUT):
            while (code := await self.kernels.get_kernel(kernel_id).provisioner.poll()) is None:
                await asyncio.sleep(0.02)
        return code


def experiment(act, folder: Path, *, fork: bool = CAN_FORK) -> None:
    """Run a test's coroutine in a laboratory that is left clean."""

    async def run():
        laboratory = Laboratory(folder, fork=fork)
        try:
            await act(laboratory)
        finally:
            await laboratory.kernels.shutdown_all(now=True)
            if fork:
                laboratory.fork_server.close()
            laboratory.kernels.context.destroy(linger=0)

    asyncio.run(run())


@pytest.fixture(params=[pytest.param(True, marks=forking), False], ids=["forked", "from nothing"])
def fork(request, monkeypatch):
    monkeypatch.setattr(manager, "CAN_FORK", request.param)
    return request.param


def test_a_kernel_runs_where_and_with_what_it_is_told(tmp_path, fork):
    async def act(laboratory):
        kernel = await laboratory.start()
        assert await laboratory.kernels.is_running(kernel)
        assert await laboratory.ask(kernel, "6 * 7") == "42"
        told = "__import__('os').environ['DIGITLAB_TEST'], __import__('os').getcwd()"
        assert await laboratory.ask(kernel, told) == f"set {tmp_path}"
        pid = laboratory.process(kernel).pid
        assert await laboratory.ask(kernel, "__import__('os').getpid()") == str(pid)

    experiment(act, tmp_path, fork=fork)


def test_a_kernel_is_ended_at_once_and_leaves_nothing(tmp_path, fork):
    async def act(laboratory):
        kernel = await laboratory.start()
        process = psutil.Process(laboratory.process(kernel).pid)
        await laboratory.ask(kernel, "1")
        await laboratory.kernels.end(kernel)
        assert not process.is_running()
        assert not await laboratory.kernels.is_running(kernel)
        assert list(tmp_path.iterdir()) == []
        await laboratory.kernels.end(kernel)  # once more does no harm

    experiment(act, tmp_path, fork=fork)


def test_a_busy_kernel_is_ended_as_fast(tmp_path, fork):
    async def act(laboratory):
        kernel = await laboratory.start()
        await laboratory.ask(kernel, "1")
        process = psutil.Process(laboratory.process(kernel).pid)
        client = laboratory.kernels.get_kernel(kernel).client()
        client.start_channels()
        client.execute("while True: pass")
        await laboratory.kernels.end(kernel)
        client.stop_channels()
        assert not process.is_running()

    experiment(act, tmp_path, fork=fork)


@pytest.mark.parametrize(
    ("end", "code"), [("_exit(3)", 3), ("kill(__import__('os').getpid(), 9)", -9)]
)
def test_the_end_of_a_kernel_is_noticed_with_its_code(tmp_path, fork, end, code):
    async def act(laboratory):
        kernel, other = await laboratory.start(), await laboratory.start()
        client = laboratory.kernels.get_kernel(kernel).client()
        client.start_channels()
        await client.wait_for_ready(timeout=TIMEOUT)
        client.execute(f"import os; os.{end}")
        assert await laboratory.ends(kernel) == code
        client.stop_channels()
        assert not await laboratory.kernels.is_running(kernel)
        assert await laboratory.ask(other, "1 + 1") == "2"

    experiment(act, tmp_path, fork=fork)


@forking
def test_siblings_share_neither_chance_nor_signals_nor_group(tmp_path):
    async def act(laboratory):
        kernels = [await laboratory.start() for _ in range(2)]
        for chance in (
            "__import__('random').random()",
            "__import__('numpy').random.random()",
            "__import__('uuid').uuid4()",
        ):
            first, second = [await laboratory.ask(kernel, chance) for kernel in kernels]
            assert first != second
        for kernel in kernels:
            pid = laboratory.process(kernel).pid
            assert os.getsid(pid) == os.getpgid(pid) == pid
            wake = await laboratory.ask(kernel, "__import__('signal').set_wakeup_fd(-1)")
            assert wake != str(laboratory.fork_server._ours.fileno())
            ending = "__import__('signal').getsignal(15) is __import__('signal').SIG_DFL"
            assert await laboratory.ask(kernel, ending) == "True"

    experiment(act, tmp_path)


@forking
def test_a_kernel_stands_behind_the_server_where_both_want_to_run(tmp_path):
    async def act(laboratory):
        kernel = await laboratory.start()
        await laboratory.ask(kernel, "1")  # so that it is on its way
        niceness = psutil.Process(laboratory.process(kernel).pid).nice()
        assert niceness == min(19, psutil.Process().nice() + NICENESS)

    experiment(act, tmp_path)


@forking
def test_all_that_a_message_gives_rise_to_is_sent_in_its_order(tmp_path):
    async def act(laboratory):
        client = laboratory.kernels.get_kernel(await laboratory.start()).client()
        client.start_channels()
        await client.wait_for_ready(timeout=TIMEOUT)
        heard = []
        await client.execute_interactive(
            "from IPython.display import display\nfor n in range(100): display(n)",
            timeout=TIMEOUT,
            output_hook=lambda message: heard.append(message["content"]),
        )
        client.stop_channels()
        shown = [content["data"]["text/plain"] for content in heard if "data" in content]
        assert shown == [str(n) for n in range(100)]

    experiment(act, tmp_path)


@forking
def test_a_kernel_holds_no_line_to_the_server(tmp_path):
    async def act(laboratory):
        kernel = await laboratory.start()
        await laboratory.ask(kernel, "1")
        parent = psutil.Process(laboratory.process(kernel).pid).parent()
        assert not sockets(parent.pid) & sockets(laboratory.process(kernel).pid)

    experiment(act, tmp_path)


def sockets(pid: int) -> set[str]:
    """The sockets that a process has open, by the system's names for them."""
    links = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            links.add(str(file.readlink()))
    return {link for link in links if link.startswith("socket:")}


@forking
def test_when_the_process_that_forks_is_killed_its_kernels_end_and_others_can_start(tmp_path):
    async def act(laboratory):
        kernel = await laboratory.start()
        process = psutil.Process(laboratory.process(kernel).pid)
        process.parent().kill()
        assert await laboratory.ends(kernel) == -signal.SIGKILL
        process.wait(timeout=TIMEOUT)
        other = await laboratory.start()
        assert await laboratory.ask(other, "2 + 2") == "4"

    experiment(act, tmp_path)


@forking
@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        ("kernel", {"arguments": [], "environment": {}, "folder": "/no/such/folder"}),
        ("kernel", {"arguments": [*QUIET, "-f", "{}"], "environment": {}, "folder": "/"}),
        ("reader", {"address": "/no/such/socket", "weights": None}),
    ],
)
def test_a_process_that_fails_says_where(tmp_path, capfd, task, arguments):
    async def act(laboratory):
        broken = tmp_path / "broken"  # a kernel has closed its own stderr by the time it reads this
        broken.write_text('{"ip": "no such address"}')
        listed = [word.format(broken) for word in arguments.get("arguments", ())]
        said = arguments | ({"arguments": listed} if listed else {})
        process = await laboratory.fork_server.fork(task, **said)
        async with asyncio.timeout(TIMEOUT):
            while process.poll() is None:
                await asyncio.sleep(0.02)
        assert process.poll() == 1

    experiment(act, tmp_path)
    line = capfd.readouterr().err.splitlines()[-1]
    assert re.fullmatch(rf"the {task} has failed \(\w+Error: .+; [\w.]+, line \d+\)", line)


@forking
def test_the_end_of_the_process_that_forks_is_not_waited_for_in_the_event_loop(tmp_path):
    async def act(laboratory):
        await laboratory.fork_server.fork("reader", address="/no/such/socket", weights=None)
        old = laboratory.fork_server._parent
        waited, wait = [], old.wait
        old.wait = lambda: (waited.append(threading.current_thread()), wait())
        old.kill()
        with pytest.raises(ChildProcessError):
            await laboratory.fork_server.fork("reader", address="/no/such/socket", weights=None)
        await laboratory.fork_server.fork("reader", address="/no/such/socket", weights=None)
        assert waited
        assert threading.main_thread() not in waited

    experiment(act, tmp_path)


@forking
def test_a_process_that_was_not_forked_here_cannot_be_signalled(tmp_path):
    async def act(laboratory):
        kernel = await laboratory.start()
        laboratory.fork_server._send({"signal": signal.SIGKILL, "pid": bystander.pid})
        assert await laboratory.ask(kernel, "1") == "1"  # the request before this was dealt with

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        experiment(act, tmp_path)
        assert bystander.poll() is None


@forking
def test_where_kernels_are_forked_nothing_is_threaded():
    program = (
        "import os; from digitlab.app.kernels import forkserver; forkserver.warm_up();"
        "print(len(os.listdir('/proc/self/task')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | client._FRUGAL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "1\n"


@forking
def test_a_killed_server_leaves_no_process_and_no_file(short_path):
    with running_app(TMPDIR=str(short_path)) as app:
        requests.get(app.url, timeout=TIMEOUT)
        deadline = time.monotonic() + TIMEOUT
        while len(processes := app.processes()) <= 2:  # the kernels are being forked just now
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert list(short_path.iterdir())
        app.stop(signal.SIGKILL)
        psutil.wait_procs(processes, timeout=TIMEOUT)
        assert not [process for process in processes if process.is_running()]
        assert list(short_path.iterdir()) == []
