import asyncio
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
import requests
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from digitlab.app.server import POOL
from digitlab.app.visitors import (
    ARRIVE,
    CALL,
    MOST_WEBSOCKETS,
    RECONNECT,
    YIELD,
    YIELD_UNSEEN,
    NoRoomError,
    Visitors,
)
from tests.serving import TIMEOUT, running_app
from tests.strokes import TEMPLATES
from tests.visiting import Visitor

# The bookkeeping


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def visitors(clock):
    return Visitors(limit=2, clock=clock)


def enter(visitors, *kernel_ids):
    for kernel_id in kernel_ids:
        with visitors.coming():
            visitors.enter(kernel_id, cookie=f"cookie of {kernel_id}")


def test_there_is_room_up_to_the_limit_and_again_when_somebody_has_left(visitors):
    enter(visitors, "a", "b")
    assert visitors.is_full
    with pytest.raises(NoRoomError), visitors.coming():
        pass
    visitors.leave("a")
    enter(visitors, "c")
    assert set(visitors) == {"b", "c"}


def test_who_is_just_coming_takes_a_place_and_gives_it_back_when_it_comes_to_nothing(visitors):
    with visitors.coming(), visitors.coming(), pytest.raises(NoRoomError), visitors.coming():
        pass
    assert not visitors.is_full


def test_a_kernel_belongs_to_one_cookie(visitors):
    enter(visitors, "a", "b")
    assert visitors.owns("a", cookie="cookie of a")
    for stranger in ("cookie of b", "", "cookie of ä"):
        assert not visitors.owns("a", cookie=stranger)
    assert not visitors.owns("nobody's", cookie="cookie of a")
    visitors.leave("a")
    assert not visitors.owns("a", cookie="cookie of a")


def test_a_page_that_never_connects_is_overdue_sooner_than_one_whose_line_broke(visitors, clock):
    enter(visitors, "never", "broken")
    visitors.connect("broken", "websocket")
    visitors.disconnect("broken", "websocket")
    clock.now = ARRIVE + 1
    assert visitors.overdue() == ["never"]
    clock.now = RECONNECT + 1
    assert visitors.overdue() == ["never", "broken"]


def test_a_page_whose_script_does_not_call_is_overdue_at_once(visitors, clock):
    enter(visitors, "robot", "slow")
    visitors.call("slow")
    visitors.call("nobody's")
    clock.now = CALL + 1
    assert visitors.overdue() == ["robot"]


def test_a_page_that_is_still_loading_is_waited_for_as_long_as_it_calls(visitors, clock):
    visitors.enter("slow", cookie="")
    for _ in range(5):
        clock.now += ARRIVE - 1
        visitors.call("slow")
        assert visitors.overdue() == []
    clock.now += ARRIVE + 1
    assert visitors.overdue() == ["slow"]


def test_who_is_connected_is_never_overdue(visitors, clock):
    enter(visitors, "a")
    visitors.connect("a", "websocket")
    clock.now = 1e6
    assert visitors.overdue() == []


def test_where_there_is_no_room_the_longest_idle_gives_way(visitors, clock):
    enter(visitors, "a", "b")
    visitors.connect("a", "websocket")
    visitors.connect("b", "another")
    clock.now = YIELD / 2
    visitors.touch("a")
    clock.now = YIELD
    assert visitors.giving_way() is None
    clock.now = YIELD + 1
    assert visitors.giving_way() == "b"
    visitors.leave("b")
    assert visitors.giving_way() is None


def test_a_robot_gives_way_soon(visitors, clock):
    enter(visitors, "a")
    clock.now = YIELD_UNSEEN + 1
    assert visitors.giving_way() == "a"


class Traffic(RuleBasedStateMachine):
    """Whatever comes in whatever order, nobody is lost and nobody counted twice."""

    kernels = st.sampled_from("abcdef")

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.visitors = Visitors(limit=3, clock=self.clock)
        self.connections = {}

    @rule(kernel=kernels)
    def come(self, kernel):
        if kernel in self.connections:
            return
        if len(self.connections) == 3:
            with pytest.raises(NoRoomError), self.visitors.coming():
                pass
        else:
            enter(self.visitors, kernel)
            self.connections[kernel] = []

    @rule(kernel=kernels)
    def connect(self, kernel):
        if kernel in self.connections:
            websocket, there = object(), self.connections[kernel]
            assert self.visitors.connect(kernel, websocket) == (len(there) < MOST_WEBSOCKETS)
            self.connections[kernel] = [*there, websocket][:MOST_WEBSOCKETS]
        else:
            assert not self.visitors.connect(kernel, object())

    @rule(kernel=kernels)
    def disconnect(self, kernel):
        if self.connections.get(kernel):
            self.visitors.disconnect(kernel, self.connections[kernel].pop())

    @rule(kernel=kernels)
    def leave(self, kernel):
        self.visitors.leave(kernel)
        self.connections.pop(kernel, None)

    @rule(seconds=st.floats(0, 1000))
    def wait(self, seconds):
        self.clock.now += seconds

    @rule()
    def sweep(self):
        for kernel in self.visitors.overdue():
            assert not self.connections.pop(kernel)
            self.visitors.leave(kernel)

    @invariant()
    def all_are_counted(self):
        assert set(self.visitors) == set(self.connections)
        assert self.visitors.connected == sum(map(bool, self.connections.values()))
        assert self.visitors.is_full == (len(self.connections) == 3)


TestTraffic = Traffic.TestCase


# The running server


@pytest.fixture(scope="module")
def app():
    with running_app("--max-visitors", "4") as running:
        yield running


async def arrive(app, **options) -> Visitor:
    """A visitor who has the pad before them."""
    visitor = Visitor(app.url, **options)
    async with asyncio.timeout(TIMEOUT):
        while (await visitor.open()).code != 200:
            await asyncio.sleep(0.1)
    await visitor.connect()
    await visitor.load()
    return visitor


async def gone(app, visitor: Visitor) -> None:
    """Wait until a visitor's kernel is not known any more."""
    async with asyncio.timeout(TIMEOUT):
        while (await visitor.fetch(f"/api/kernels/{visitor.kernel_id}")).code != 403:
            await asyncio.sleep(0.05)


def kernel_of(app, visitor: Visitor) -> psutil.Process:
    """The process that computes when this visitor draws: it listens where its file says."""
    [file] = Path(tempfile.gettempdir()).glob(f"digitlab-*/*/kernel-{visitor.kernel_id}.json")
    where = json.loads(file.read_text())["ip"]
    for kernel in app.kernels():
        with contextlib.suppress(psutil.NoSuchProcess):  # another that is just ending
            sockets = kernel.net_connections("unix")
            if any(socket.laddr.startswith(f"{where}-") for socket in sockets):
                return kernel
    raise AssertionError("None of the kernels listens there.")


def test_beyond_the_limit_there_is_a_friendly_page_that_tries_again_by_itself(app):
    async def visit():
        visitors = [await arrive(app) for _ in range(4)]
        late = Visitor(app.url)
        refused = await late.open()
        assert refused.code == 503
        seconds = refused.headers["Retry-After"]
        assert f'http-equiv="refresh" content="{seconds}"' in late.page
        assert "All pads are taken" in late.page
        assert "kernelId" not in late.page
        for visitor in visitors:
            await visitor.draw(TEMPLATES[1])
            assert "<strong>1</strong>" in visitor.answer
        visitors[0].close()
        await gone(app, visitors[0])
        assert (await late.open()).code == 200
        for visitor in visitors[1:]:
            visitor.close()
            await gone(app, visitor)
        await late.connect()
        late.close()
        await gone(app, late)

    asyncio.run(visit())


def test_a_closed_tab_frees_its_kernel_at_once_and_a_broken_line_does_not(app):
    async def visit():
        closed, broken = await arrive(app), await arrive(app)
        closed.close(code=1001)
        broken.close(code=None)
        await gone(app, closed)
        again = await broken.fetch(f"/api/kernels/{broken.kernel_id}")
        assert json.loads(again.body)["id"] == broken.kernel_id
        await broken.connect()
        await broken.load()
        await broken.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in broken.answer
        broken.close()
        await gone(app, broken)

    asyncio.run(visit())


def test_a_kernel_that_dies_is_reported_to_its_page_and_to_no_other(app):
    async def visit():
        first, second = await arrive(app), await arrive(app)
        kernel = kernel_of(app, first)
        heard = []
        first.heard = heard.append
        kernel.kill()
        await asyncio.wait_for(first.closed, TIMEOUT)
        assert heard[-1]["content"] == {"execution_state": "dead"}
        await second.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in second.answer
        second.close()
        await gone(app, second)
        assert (await Visitor(app.url).open()).code == 200

    asyncio.run(visit())


def test_a_kernel_that_hangs_holds_up_nobody_and_ends_with_its_tab(app):
    async def visit():
        first, second = await arrive(app), await arrive(app)
        stuck = kernel_of(app, first)
        stuck.suspend()
        first.pen("down", 10, 10)
        await second.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in second.answer
        first.close()
        await asyncio.to_thread(stuck.wait, TIMEOUT)
        second.close()
        await gone(app, second)

    asyncio.run(visit())


def worked(app):
    """How long each kernel has worked, in seconds."""
    times = {}
    for kernel in app.kernels():
        with contextlib.suppress(psutil.NoSuchProcess):
            times[kernel.pid] = kernel.cpu_times().user
    return times


def test_those_who_wait_get_a_kernel_when_one_that_waited_in_vain_has_died(app):
    deadline, before, now = time.monotonic() + TIMEOUT, None, worked(app)
    # As long as a page is being made, its kernel doesn't wait yet.
    while (now != before or len(now) < POOL) and time.monotonic() < deadline:
        time.sleep(1)
        before, now = now, worked(app)
    for kernel in app.kernels():
        with contextlib.suppress(psutil.NoSuchProcess):  # one of the test before has just ended
            kernel.kill()
    page = requests.get(app.url, timeout=TIMEOUT)
    assert page.status_code == 200
    assert re.search(r'"kernelId": "[\w-]+"', page.text)
    assert "application/vnd.jupyter.widget-view+json" in page.text


def test_twelve_who_come_at_once_and_go_leave_nothing_behind():
    async def visit(app):
        visitors = await asyncio.gather(*[arrive(app) for _ in range(12)])
        assert len({visitor.kernel_id for visitor in visitors}) == 12
        await asyncio.gather(*[visitor.draw(TEMPLATES[1]) for visitor in visitors])
        assert all("<strong>1</strong>" in visitor.answer for visitor in visitors)
        for visitor in visitors:
            visitor.close()
        for visitor in visitors:
            await gone(app, visitor)

    with running_app() as app:
        asyncio.run(visit(app))
        # Those that wait for the next visitors remain, and no more.
        deadline = time.monotonic() + TIMEOUT
        while len(app.kernels()) > POOL and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(app.kernels()) <= POOL


@pytest.mark.parametrize("grace", [0, 30])
def test_sigterm_lets_those_who_draw_finish_within_the_grace(grace):
    async def visit(app):
        visitor = await arrive(app)
        app.process.terminate()
        if grace:
            async with asyncio.timeout(TIMEOUT):
                while (await Visitor(app.url).open()).code != 503:
                    await asyncio.sleep(0.05)
            health = await visitor.fetch("/health")
            assert (health.code, json.loads(health.body)) == (503, {"status": "stopping"})
            await visitor.draw(TEMPLATES[1])
            assert "<strong>1</strong>" in visitor.answer
            visitor.close()
        await asyncio.wait_for(visitor.closed, TIMEOUT)

    with running_app("--grace", str(grace)) as app:
        processes = app.processes()
        asyncio.run(visit(app))
        assert app.process.wait(timeout=TIMEOUT) == 0
        assert app.process.stderr.read() == ""
    assert psutil.wait_procs(processes, timeout=TIMEOUT)[1] == []


@pytest.mark.server
def test_the_visitors_of_the_benchmark_lose_no_event_and_share_their_memory(tmp_path):
    benchmark = Path(__file__).parents[1] / "benchmarks" / "visitors.py"
    few = "--visitors 6 --drawing 6 --digits 1 --uploads 32 --rounds 1 --churn 3 --rest 0.5"
    ended = subprocess.run(
        [sys.executable, benchmark, *few.split(), "--json", tmp_path / "figures.json"],
        capture_output=True,
        text=True,
        timeout=4 * TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(f"| {what} |" in ended.stdout for what in figures)
    assert figures["visitors connected, page alive"]["value"] == 6
    assert figures["memory each further visitor adds (PSS)"]["value"] < 40
