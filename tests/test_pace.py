import asyncio

import pytest

from digitlab.pace import Pace


def test_what_is_asked_for_often_happens_once_and_soon():
    happened = []
    pace = Pace(lambda: happened.append(1), interval=3600)

    async def session():
        for _ in range(100):
            pace.soon()
        assert happened == []  # the waiting events come first
        await asyncio.sleep(0.01)
        assert happened == [1]
        pace.soon()
        await asyncio.sleep(0.01)
        assert happened == [1]

    asyncio.run(session())


def test_it_happens_again_when_the_interval_is_over():
    happened = []
    pace = Pace(lambda: happened.append(asyncio.get_running_loop().time()), interval=0.05)

    async def session():
        while len(happened) < 3:
            pace.soon()
            await asyncio.sleep(0.001)

    asyncio.run(session())
    first, second, third = happened
    assert second - first >= 0.05
    assert third - second >= 0.05


def test_what_was_cancelled_does_not_happen_and_can_be_asked_for_again():
    happened = []
    pace = Pace(lambda: happened.append(1), interval=0)

    async def session():
        pace.soon()
        pace.cancel()
        pace.cancel()
        await asyncio.sleep(0.01)
        assert happened == []
        pace.soon()
        await asyncio.sleep(0.01)
        assert happened == [1]

    asyncio.run(session())


def test_a_failure_is_not_the_end():
    happened = []

    def act():
        happened.append(1)
        raise RuntimeError("no luck")

    pace = Pace(act, interval=0)

    async def session():
        failures = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
        for _ in range(2):
            pace.soon()
            await asyncio.sleep(0.01)
        assert [str(failure) for failure in failures] == ["no luck"] * 2

    asyncio.run(session())
    assert happened == [1, 1]


def test_without_an_event_loop_nothing_can_happen_soon():
    with pytest.raises(RuntimeError, match="event loop"):
        Pace(list, interval=0).soon()
