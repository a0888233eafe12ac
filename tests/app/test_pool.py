"""The pages that are kept ready, with kernels that start and die as a test wants it."""

import asyncio
import itertools
import logging
from types import SimpleNamespace

from nbclient.exceptions import DeadKernelError

from digitlab.app.page import pool
from digitlab.app.page.pool import PagePool


class Kernels:
    """Kernels that run until they are killed."""

    log = logging.getLogger("kernels")

    def __init__(self):
        self.running = set()

    async def start_kernel(self, *, kernel_id, **_):
        self.running.add(kernel_id)
        return kernel_id

    def get_kernel(self, kernel_id):
        return kernel_id

    async def is_running(self, kernel_id):
        return kernel_id in self.running


class Renderer:
    """A page that comes to its end when it may."""

    cwd = "."
    notebook = SimpleNamespace(metadata=SimpleNamespace(kernelspec=SimpleNamespace(name="python3")))

    def __init__(self, may_end):
        self._may_end = may_end

    async def initialize(self):
        pass

    async def generate_content_generator(self, *_):
        yield "a piece", None
        await self._may_end.wait()


class Broken(Renderer):
    """A page whose kernel is gone before its end."""

    async def generate_content_generator(self, *_):
        async for piece in super().generate_content_generator():
            yield piece
        raise DeadKernelError


def test_a_page_that_was_given_up_does_not_say_that_others_open(monkeypatch):
    monkeypatch.setattr(pool, "REFILL_AFTER", 60)  # nothing is begun while the test looks

    async def kill_all_while_one_is_being_made():
        kernels, at_once, later = Kernels(), asyncio.Event(), asyncio.Event()
        at_once.set()
        ends = itertools.chain([at_once], itertools.repeat(later))
        pages = PagePool(kernels, lambda _: Renderer(next(ends)), size=2)
        pages.fill()
        assert await pages.first()
        await asyncio.sleep(0.05)
        assert await pages.status() == "ready"
        kernels.running.clear()
        await pages.mend()
        assert await pages.status() == "starting"
        later.set()
        await asyncio.sleep(0.05)
        assert await pages.status() == "starting"
        await pages.close()

    asyncio.run(kill_all_while_one_is_being_made())


def test_a_visitor_who_leaves_before_the_page_is_made_does_not_say_that_no_kernel_starts(
    monkeypatch,
):
    monkeypatch.setattr(pool, "REFILL_AFTER", 60)

    async def leave_early():
        at_once, later = asyncio.Event(), asyncio.Event()
        at_once.set()
        renderers = iter([Renderer(at_once), Broken(later)])
        pages = PagePool(Kernels(), lambda _: next(renderers), size=1)
        pages.fill()
        assert await pages.first()
        await pages.take()
        early = await pages.take()
        later.set()
        while await early.pieces.get():
            pass
        assert early.is_made is False
        assert await pages.status() == "ready"
        await pages.close()

    asyncio.run(leave_early())
