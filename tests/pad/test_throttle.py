import asyncio
import time

import pytest

import digitlab.pad.throttle
from digitlab.pad.throttle import Throttle


class Clock:
    """Goes on only when it is told to, so that no machine is too slow for an interval."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(digitlab.pad.throttle, "REST", 0.02)
    monkeypatch.setattr(digitlab.pad.throttle, "time", clock)
    return clock


def test_what_is_asked_for_often_happens_at_once_and_then_not_for_a_while():
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=3600)

    async def session():
        for _ in range(100):
            throttle.soon()
        assert happened == [1]
        await asyncio.sleep(0.05)
        assert happened == [1]
        throttle.flush()
        throttle.flush()  # nothing is due any more
        assert happened == [1, 1]

    asyncio.run(session())


def test_where_events_rest_it_happens_by_itself():
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=0.01)

    async def session():
        throttle.soon()
        throttle.soon()
        assert happened == [1]
        await asyncio.sleep(0.2)
        assert happened == [1, 1]
        await asyncio.sleep(0.1)
        assert happened == [1, 1]

    asyncio.run(session())


def test_it_happens_again_when_the_interval_is_over(clock):
    happened = []
    throttle = Throttle(lambda: happened.append(clock.now), interval=5)

    async def session():
        while len(happened) < 3:
            throttle.soon()
            clock.now += 0.5

    asyncio.run(session())
    assert happened == [1000, 1005, 1010]


def test_what_was_cancelled_does_not_happen_and_can_be_asked_for_again(clock):
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=0.01)

    async def session():
        throttle.soon()
        throttle.soon()
        throttle.cancel()
        throttle.cancel()
        await asyncio.sleep(0.1)
        assert happened == [1]
        clock.now += 1
        throttle.soon()
        assert happened == [1, 1]

    asyncio.run(session())


def test_a_failure_is_raised_where_it_happens_and_is_not_the_end():
    happened = []

    def act():
        happened.append(1)
        raise RuntimeError("no luck")

    throttle = Throttle(act, interval=0.01)

    async def session():
        failures = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
        with pytest.raises(RuntimeError, match="no luck"):
            throttle.soon()
        throttle.soon()
        await asyncio.sleep(0.1)
        assert [str(failure) for failure in failures] == ["no luck"]

    asyncio.run(session())
    assert happened == [1, 1]


def test_without_an_event_loop_nothing_can_wait():
    throttle = Throttle(list, interval=3600)
    throttle.soon()
    with pytest.raises(RuntimeError, match="event loop"):
        throttle.soon()


def test_later_is_after_the_event_at_hand():
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=0)

    async def session():
        throttle.later()
        throttle.later()
        assert happened == []
        await asyncio.sleep(0.05)
        assert happened == [1]

    asyncio.run(session())


def test_what_was_due_in_a_loop_that_has_ended_does_not_keep_it_from_happening(monkeypatch):
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=3600)
    throttle.soon()

    async def session():
        throttle.later()

    asyncio.run(session())  # ends before that happens
    assert happened == [1]
    throttle.interval = 0
    clock = time.monotonic() + 7200
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: clock)

    async def another():
        throttle.later()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(another())
    assert happened == [1, 1]


def test_without_an_event_loop_later_is_now():
    happened = []
    throttle = Throttle(lambda: happened.append(1), interval=3600)
    throttle.later()
    throttle.later()
    assert happened == [1, 1]


def test_what_takes_long_is_called_less_often(clock):
    def act():
        clock.now += 0.01

    throttle = Throttle(act, interval=0, rest=1e6)
    throttle.soon()
    with pytest.raises(RuntimeError, match="event loop"):  # it would have to wait
        throttle.soon()
