"""What was done to the running app to break it, and what it does since."""

import asyncio
import base64
import contextlib
import io
import json
import os
import random
import re
import secrets
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable

import psutil
import pytest
import requests
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from PIL import Image

from digitlab.app.check import TAKES
from digitlab.app.kernels.manager import CAN_FORK
from digitlab.app.log import BURST, RATE
from digitlab.app.server import POOL
from digitlab.app.uploads.handler import UPLOADS
from digitlab.app.visitors import MOST_WEBSOCKETS
from tests.app.test_health import metrics
from tests.app.test_server import base64_of, drawn, upload
from tests.app.test_visitors import arrive, gone
from tests.serving import TIMEOUT, command, free_port, running_app
from tests.strokes import TEMPLATES
from tests.visiting import PROTOCOL, Visitor


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something."""
    async with asyncio.timeout(TIMEOUT):
        while not holds():
            await asyncio.sleep(0.1)


class DeafSocket:
    """A visitor's websocket whose other end has gone without a word, or never reads."""

    def __init__(self, visitor: Visitor):
        self._visitor = visitor

    async def open(self, *, session: str | None = None) -> None:
        """Connect to the visitor's kernel."""
        host = self._visitor.url.removeprefix("http://")
        session = session or self._visitor._session
        reader, self._writer = await asyncio.open_connection(*host.split(":"), limit=1)
        lines = [
            f"GET /api/kernels/{self._visitor.kernel_id}/channels?session_id={session} HTTP/1.1",
            f"Host: {host}",
            f"Cookie: {self._visitor.headers['Cookie']}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
            f"Sec-WebSocket-Protocol: {PROTOCOL}",
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.read(12)
        assert answer == b"HTTP/1.1 101"

    def send(self, kind: str, content: dict) -> None:
        """Send a message, and expect no answer."""
        head = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "s", "username": ""}
        parts = {
            "header": head | {"version": "5.3", "date": "2026-01-01T00:00:00Z"},
            "parent_header": {},
            "metadata": {"version": "1.0.0"},
            "content": content,
        }
        frame = serialize_msg_to_ws_v1(parts, "shell", lambda part: json.dumps(part).encode())
        length = bytes([0x80 | 126]) + len(frame).to_bytes(2, "big")
        # With a mask of zeros, what is masked stays as it is.
        self._writer.write(b"\x82" + length + bytes(4) + frame)

    def close(self) -> None:
        """Let go of it."""
        self._writer.transport.abort()


# Who leaves ------------------------------------------------------------------------------------


def test_a_page_that_leaves_while_its_old_connection_is_half_open_ends_its_kernel():
    async def visit(app):
        for _ in range(4):
            visitor = Visitor(app.url)
            assert (await visitor.open()).code == 200
            old = DeafSocket(visitor)
            await old.open()
            await visitor.connect()
            await visitor.load()
            goodbye = f"/voila/api/shutdown/{visitor.kernel_id}"
            ours = {"Origin": app.url}
            left = await visitor.fetch(goodbye, method="POST", body="", headers=ours)
            assert left.code == 204
            await gone(app, visitor)
            old.close()
        await until(lambda: len(app.kernels()) <= POOL)

    with running_app("--max-visitors", "2") as app:
        asyncio.run(visit(app))
        assert app.stop() == ""


def test_a_kernel_that_nobody_owns_is_ended():
    forget = (
        "from digitlab.app.visitors import Visitors; enter = Visitors.enter\n"
        "Visitors.enter = lambda self, kernel_id, cookie: None"
    )

    async def visit(app):
        await until(lambda: len(app.kernels()) == POOL)
        waiting = set(app.kernels())
        assert (await Visitor(app.url).open()).code == 200
        await until(lambda: len(waiting & set(app.kernels())) == POOL - 1)
        await until(lambda: len(app.kernels()) == POOL)

    with running_app(before=forget) as app:
        asyncio.run(visit(app))


async def at_rest(server: psutil.Process) -> int:
    """How many files it has open, once that stays the same for three seconds."""
    seen = [0]
    async with asyncio.timeout(TIMEOUT):
        while len(seen) < 30 or len(set(seen[-30:])) > 1:
            await asyncio.sleep(0.1)
            seen.append(server.num_fds())
    return seen[-1]


@pytest.mark.skipif(not CAN_FORK, reason="not every system lists a process's files")
def test_visitors_leave_no_open_file_behind():
    async def visit(app):
        server = psutil.Process(app.process.pid)
        await until(lambda: len(app.kernels()) == POOL)
        first = 0
        for n in range(25):
            visitor = await arrive(app)
            if n % 2:  # the page says goodbye before its connection ends
                goodbye, ours = f"/voila/api/shutdown/{visitor.kernel_id}", {"Origin": app.url}
                await visitor.fetch(goodbye, method="POST", body="", headers=ours)
            visitor.close()
            await gone(app, visitor)
            if n == 0:
                await until(lambda: len(app.kernels()) == POOL)
                first = await at_rest(server)
        # While a page is made, there are more; what was left behind would stay.
        await until(lambda: server.num_fds() <= first + 6)

    with running_app() as app:
        asyncio.run(visit(app))


# What is killed while nobody is there ----------------------------------------------------------


async def health(app, code: int) -> None:
    """Wait until the app says that it is ready or that it isn't, and ask for nothing else."""
    async with asyncio.timeout(TIMEOUT):
        while (await Visitor(app.url).fetch("/health")).code != code:
            await asyncio.sleep(0.05)


@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux alone")
@pytest.mark.parametrize("victim", ["the fork server", "the waiting kernels"])
def test_what_is_killed_while_nobody_is_there_comes_back_by_itself(victim):
    async def visit(app):
        await until(lambda: len(app.kernels()) == POOL)
        await health(app, 200)
        [fork_server] = psutil.Process(app.process.pid).children()
        victims = [fork_server] if victim == "the fork server" else app.kernels()
        for process in victims:
            process.kill()
        await health(app, 503)
        await health(app, 200)
        await until(lambda: len(app.kernels()) == POOL)
        visitor = await arrive(app)
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)

    # Five seconds, or a busy test might not see that there was nobody.
    later = "from digitlab.app.page import pool; pool.REFILL_AFTER = 5"
    with running_app(before=later) as app:
        asyncio.run(visit(app))


# What is asked for and never read --------------------------------------------------------------


def test_a_visitor_who_never_reads_what_it_asks_for_is_ended():
    async def flood(visitor: Visitor):
        assert (await visitor.open()).code == 200
        deaf = DeafSocket(visitor)
        await deaf.open()
        target = {"comm_id": "c", "target_name": "jupyter.widget.control", "data": {}}
        deaf.send("comm_open", target)
        with contextlib.suppress(ConnectionError):
            while (await visitor.fetch(f"/api/kernels/{visitor.kernel_id}")).code != 403:
                for _ in range(10):
                    deaf.send("comm_msg", {"comm_id": "c", "data": {"method": "request_states"}})
                await asyncio.sleep(0.05)
        await gone(app, visitor)
        deaf.close()

    async def visit():
        await until(lambda: len(app.kernels()) == POOL)
        server = psutil.Process(app.process.pid)
        before = server.memory_info().rss
        async with asyncio.timeout(TIMEOUT):
            await asyncio.gather(*[flood(Visitor(app.url)) for _ in range(2)])
        assert server.memory_info().rss - before < 64e6
        visitor = await arrive(app)
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)

    with running_app() as app:
        asyncio.run(visit())
        began = time.monotonic()
        # A kernel that is busy when it is interrupted says so in a line, and nothing else is said.
        said = app.stop().splitlines()
        assert [line for line in said if "KeyboardInterrupt caught in kernel" not in line] == []
        assert time.monotonic() - began < 15


def test_a_page_has_few_connections_at_a_time():
    async def visit(app):
        visitor = Visitor(app.url)
        assert (await visitor.open()).code == 200
        deaf = [DeafSocket(visitor) for _ in range(MOST_WEBSOCKETS)]
        for each in deaf:
            await each.open(session=uuid.uuid4().hex)
        await visitor.connect()
        await asyncio.wait_for(visitor.closed, TIMEOUT)
        assert visitor.socket.close_code == 1008
        for each in deaf:
            each.close()

    with running_app() as app:
        asyncio.run(visit(app))


# More tasks than there may be -------------------------------------------------------------------


def with_tasks(most: int) -> list[str]:
    """Runs a program as a user who has no other tasks, and may have so many threads in all."""
    if os.geteuid() == 0:  # to whom no such limit applies; the files of the tests stay readable
        user = str(random.SystemRandom().randrange(61_000, 65_000))
        capability = "-all,+dac_override"
        other = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        other += ["--inh-caps", capability, "--ambient-caps", capability]
    else:
        other = ["unshare", "--user", "--map-current-user"]  # where tasks are counted anew
    return [*other, "prlimit", f"--nproc={most}"]


async def comes_in(visitor: Visitor) -> bool:
    """Whether a visitor gets a pad that answers."""
    if (await visitor.open()).code != 200 or not visitor.kernel_id:
        return False
    await visitor.connect()
    loading = asyncio.ensure_future(visitor.load())
    await asyncio.wait(
        [loading, visitor.closed], timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED
    )
    if not loading.done():
        loading.cancel()
        visitor.close()
        await visitor.closed
        return False
    return True


@pytest.mark.skipif(not CAN_FORK, reason="kernels are forked on Linux alone")
def test_at_the_limit_of_tasks_one_visitor_is_refused_and_nobody_is_lost(short_path):
    async def visit(app):
        visitors = [Visitor(app.url) for _ in range(12)]
        here = [visitor for visitor in visitors if await comes_in(visitor)]
        assert 4 <= len(here) < 12
        for visitor in here:
            await visitor.draw(TEMPLATES[1])
            assert "<strong>1</strong>" in visitor.answer
        answer = await here[0].fetch("/upload", method="POST", **image_of(5))
        assert answer.code in (200, 503)
        for visitor in here:
            visitor.close()
            await gone(app, visitor)
        await health(app, 200)
        visitor = await arrive(app)
        visitor.close()
        await gone(app, visitor)

    short_path.chmod(0o777)
    with running_app(under=with_tasks(44), TMPDIR=str(short_path), HOME=str(short_path)) as app:
        asyncio.run(visit(app))
        assert "Traceback" not in app.stop()


def threads(app) -> set[int]:
    """How many threads the kernels have, those left out that are just ending."""
    numbers = set()
    for kernel in app.kernels():
        with contextlib.suppress(psutil.NoSuchProcess):
            numbers.add(kernel.num_threads())
    return numbers


@pytest.mark.skipif(not CAN_FORK, reason="elsewhere a kernel is a Python like any other")
def test_a_kernel_has_four_threads(app):
    async def visit():
        visitor = await arrive(app)
        await until(lambda: threads(app) == {4})
        visitor.close()
        await gone(app, visitor)

    asyncio.run(visit())


def image_of(digit: int) -> dict:
    """The options of a request that uploads a digit."""
    body = json.dumps({"image": base64_of(drawn(digit))})
    return {"body": body, "headers": {"Content-Type": "application/json"}}


# Clients that take places and leave others waiting ----------------------------------------------


async def hold(app, n: int, request: str = "") -> list[asyncio.StreamWriter]:
    """So many connections from one address, on each of which a request never ends."""
    host, port = app.url.removeprefix("http://").split(":")
    opening = [asyncio.open_connection(host, port, local_addr=("127.0.0.2", 0)) for _ in range(n)]
    writers = [writer for _, writer in await asyncio.gather(*opening)]
    for writer in writers:
        writer.write(request.encode())
    await asyncio.sleep(0.5)
    return writers


SLOW_UPLOAD = (
    "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: 1000000\r\n\r\n{"
)


@pytest.mark.parametrize(
    ("n", "request_"),
    [(300, ""), (300, "GET / HTTP/1.1\r\nX: "), (2 * UPLOADS, SLOW_UPLOAD)],
    ids=["idle", "slow headers", "slow bodies"],
)
def test_a_client_that_holds_many_connections_keeps_nobody_out(n, request_):
    async def visit(app):
        writers = await hold(app, n, request_)
        for _ in range(5):
            assert (await Visitor(app.url).fetch("/health")).code == 200
            answer = await Visitor(app.url).fetch("/upload", method="POST", **image_of(5))
            assert json.loads(answer.body)["digit"] == 5
        visitor = await arrive(app)
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)
        for writer in writers:
            writer.close()

    with running_app("--max-visitors", "2") as app:
        asyncio.run(visit(app))


# What the log says of bad requests --------------------------------------------------------------

BAD = 80  # requests of each kind


async def ask_for_nothing(app, visitor: Visitor) -> None:
    for path in ("/voila/labextensions/x", "/voila/static/x", "/no/such/page"):
        await asyncio.gather(*[visitor.fetch(f"{path}{n}") for n in range(BAD)])


async def guess_and_hang_up(app, visitor: Visitor) -> None:
    host = app.url.removeprefix("http://")
    for _ in range(BAD):
        _, writer = await asyncio.open_connection(*host.split(":"))
        form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10"
        writer.write(f"POST / HTTP/1.1\r\nHost: {host}\r\n{form}\r\n\r\nsecret=bad".encode())
        writer.close()


async def send_odd_messages(app, visitor: Visitor) -> None:
    await visitor.connect()
    await visitor.load()
    for version in ("x", "0.0", 7, None, [], "9" * 500):
        for _ in range(BAD // 4):
            visitor.send("kernel_info_request", {}, version=version)
            visitor.send("comm_msg", {"comm_id": {}, "data": []}, version=version)
            visitor.send("comm_open", {"comm_id": 1, "target_name": "jupyter.widget.control"})
    await asyncio.sleep(2)
    visitor.close()
    await visitor.closed


async def upload_odd_files(app, visitor: Visitor) -> None:
    file = io.BytesIO()
    Image.new("L", (40, 40), "white").save(file, "TIFF", compression="tiff_lzw")
    chance = random.Random(0)
    for _ in range(BAD):
        odd = bytearray(file.getvalue())
        for place in chance.sample(range(8, len(odd)), 6):
            odd[place] = chance.randrange(256)
        body = json.dumps({"image": base64_of(bytes(odd))})
        kind = {"Content-Type": "application/json"}
        await visitor.fetch("/upload", method="POST", body=body, headers=kind)


@pytest.mark.parametrize(
    "attack", [ask_for_nothing, guess_and_hang_up, send_odd_messages, upload_odd_files]
)
def test_bad_requests_write_few_lines_and_no_more_than_one_each(attack):
    async def visit(app):
        visitor = Visitor(app.url)
        await visitor.fetch("/", method="POST", body="secret=right")
        assert (await visitor.open()).code == 200
        await attack(app, visitor)

    with running_app("--password", "right", "--log") as app:
        started = time.monotonic()
        asyncio.run(visit(app))
        lines = app.stop().splitlines()
        more = 1 + RATE * (time.monotonic() - started)  # as many may be written while it lasts
    said = Counter(re.sub(r"^[\d-]+ [\d:,]+ ", "", line)[:12] for line in lines)
    assert not [line for line in lines if re.match(r"\s|Traceback|HTTPServerRequest", line)]
    assert max(map(len, lines)) < 400
    assert max(said.values()) <= BURST + more, said
    assert len(lines) < 4 * (BURST + more), said
    assert not any("127.0.0.1" in line for line in lines)


def test_the_log_names_addresses_where_it_is_asked_to():
    with running_app("--log-addresses", "--allow-host", "pad.example") as app:
        requests.get(app.url, headers={"Host": "evil.example"}, timeout=TIMEOUT)
        assert "refused: host from 127.0.0.1\n" in app.stop()


# Robots and probes -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/health"])
def test_a_probe_may_ask_for_the_head_alone_and_takes_no_kernel(app, path):
    async def visit():
        await health(app, 200)
        kernels = set(app.kernels())
        for _ in range(3):
            answer = await Visitor(app.url).fetch(path, method="HEAD")
            assert (answer.code, answer.body) == (200, b"")
        assert kernels <= set(app.kernels())  # a page that is taken has another take its place

    asyncio.run(visit())


def test_where_there_is_no_room_the_head_says_so_too():
    async def visit(app):
        visitor = await arrive(app)
        for path in ("/", "/health"):
            assert (await Visitor(app.url).fetch(path, method="HEAD")).code == 503
        visitor.close()
        await gone(app, visitor)

    with running_app("--max-visitors", "1") as app:
        asyncio.run(visit(app))


def test_robots_are_asked_to_stay_away(app):
    answer = requests.get(f"{app.url}/robots.txt", timeout=TIMEOUT)
    assert (answer.status_code, answer.text) == (200, "User-agent: *\nDisallow: /\n")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_kernel_is_kept_only_for_a_page_whose_script_has_called():
    async def visit(app):
        robot, slow = Visitor(app.url), Visitor(app.url)
        assert (await robot.open()).code == (await slow.open()).code == 200
        assert (await slow.fetch(f"/api/kernels/{slow.kernel_id}")).code == 200
        # To ask for the robot's state would be the script's call.
        await until(lambda: metrics(app).get("digitlab_visits_ended_total culled") == 1)
        await until(lambda: len(app.kernels()) == POOL + 1)
        assert (await robot.fetch(f"/api/kernels/{robot.kernel_id}")).code == 403
        await slow.connect()
        await slow.load()
        await slow.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in slow.answer
        slow.close()
        await gone(app, slow)
        assert "fetch(`${baseUrl}api/kernels/${kernelId}`" in robot.page

    short = "from digitlab.app import visitors; visitors.CALL = 10"
    with running_app("--metrics", before=short) as app:
        asyncio.run(visit(app))


# Where it is started ---------------------------------------------------------------------------


def test_a_long_name_of_the_folder_for_temporary_files_is_no_obstacle(short_path):
    folder = short_path / ("long" * 30)
    folder.mkdir()

    async def visit(app):
        visitor = await arrive(app)
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)

    with running_app(TMPDIR=str(folder)) as app:
        asyncio.run(visit(app))
        assert upload(app, base64_of(drawn(5))).json()["digit"] == 5
        assert app.stop() == ""
    assert list(folder.iterdir()) == []


def fails_to_start(*arguments: str, before: str = "") -> list[str]:
    """What the app says that cannot be started, line by line."""
    ended = subprocess.run(
        command("--port", str(free_port()), *arguments, before=before),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr.splitlines()


def test_where_no_page_can_be_made_it_is_not_ready_and_says_so():
    broken = (
        "from digitlab.app.kernels.manager import ForkedKernelProvisioner as P\n"
        "async def fail(*_, **__): raise OSError('no room for a process')\n"
        "P.launch_kernel = fail"
    )
    *reasons, last = fails_to_start(before=broken)
    assert "no page could be made" in last
    assert all("no room for a process" in reason for reason in reasons)


@pytest.mark.parametrize("address", ["192.0.2.1", "999.1.1.1", "nowhere.invalid"])
def test_a_wrong_address_is_one_line_that_speaks_of_the_address(address):
    [line] = fails_to_start("--ip", address)
    assert address in line
    assert "--ip takes an address of this machine" in line
    assert "Stop what is running" not in line


@pytest.mark.skipif(not CAN_FORK, reason="not every system has such a limit")
def test_too_few_open_files_are_one_line_with_the_way_out():
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({0}, {0}))"
    [line] = fails_to_start(before=limit.format(64))
    assert "no more than 64" in line
    assert "ulimit -n" in line
    with running_app(before=limit.format(sum(TAKES["open files"][:2]))) as app:

        async def visit():
            visitor = await arrive(app)
            await visitor.draw(TEMPLATES[1])
            assert "<strong>1</strong>" in visitor.answer
            visitor.close()
            await gone(app, visitor)

        asyncio.run(visit())
        assert app.stop() == "With 180 open files there is room for some 1 visitors.\n"
