import asyncio
import gc

from digitlab.app.background import Background


def test_what_nobody_else_holds_is_held_until_it_is_done():
    async def run() -> tuple[int, int]:
        async def wait_for_what_never_comes() -> None:
            await asyncio.get_running_loop().create_future()

        background = Background()
        background.start(wait_for_what_never_comes())
        await asyncio.sleep(0)
        gc.collect()
        during = len(asyncio.all_tasks())
        await background.close()
        return during, len(asyncio.all_tasks())

    assert asyncio.run(run()) == (2, 1)  # with the one that asks


def test_what_is_done_is_held_no_longer():
    async def run() -> int:
        background = Background()
        background.start(asyncio.sleep(0))
        await asyncio.sleep(0.01)
        return len(background._tasks)

    assert asyncio.run(run()) == 0
