"""Measure several instances behind nginx: one is killed while a class draws, then all restart.

Visitors without browsers, who draw, say which digit it was, and reload the page whenever it has
ended; nginx with `deploy/nginx.conf`; all on this machine's loopback, so that everything shares its
processors. Prints Markdown; ``--json FILE`` writes the same figures.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from http import HTTPStatus
from pathlib import Path

import numpy as np
from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from digitlab.drawings.store import Drawings
from tests.nginx import ADVICE, Front, find, running_front
from tests.strokes import TEMPLATES

PATIENCE = 120.0
"""Seconds for what should take a few, on a busy machine."""

AT_ONCE = 8
"""Visitors who arrive together."""

STEP = 0.25
"""Of the pad's pixels: so far apart lie two drawings at least, to be told apart in the file."""


def main() -> int:
    """Measure everything and print it; 1 if a promise was broken, or there is no nginx."""
    options = _options()
    if find() is None:
        print(ADVICE, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "drawings.sqlite3")
        running = running_front(
            Path(folder), "--grace", "2", n=options.instances, DIGITLAB_DRAWINGS=str(kept)
        )
        with running as front:
            figures = asyncio.run(_measure(front, Drawings(kept), options))
    print("| what | measured | to reach |")
    print("|---|---|---|")
    for what, figure in figures.items():
        print(f"| {what} | {figure['measured']} | {figure['target']} |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0 if all(figure["kept"] for figure in figures.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=60, metavar="N", help="drawing at once")
    parser.add_argument("--instances", type=int, default=3, choices=(2, 3), metavar="N")
    parser.add_argument(
        "--rate", type=float, default=10, metavar="R", help="events of each pen in a second"
    )
    parser.add_argument(
        "--pause", type=float, default=5, metavar="S", help="between two digits, on average"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


class Student:
    """A visitor who draws and corrects, and reloads the page whenever it has ended.

    Attributes
    ----------
    drawn : int
        Digits that were read as what they are.
    wrong : list of str
        What the pad said instead.
    events : list of (float, float)
        When each event of the pen was sent, and when the kernel was done with it, infinity if
        never.
    thanked : set
        The corrections that the pad has said thanks for.
    reloads : list of float
        Seconds from the end of a page to the next one that can be drawn on.
    refused : int
        Pages that were answered by anything but a pad.
    told : list of int
        What the server said of the kernel when the page had ended.
    """

    def __init__(self, front: Front, number: int, *, rate: float, pause: float):
        self.visitor = front.visitor()
        self.drawn = 0
        self.wrong: list[str] = []
        self.events: list[list[float]] = []
        self.thanked: set[tuple] = set()
        self.reloads: list[float] = []
        self.refused = 0
        self.told: list[int] = []
        self._number = number
        self._rate = rate
        self._pause = pause
        self._chance = random.Random(number)
        self._digits = 0

    async def arrive(self) -> bool:
        """Get the page, and open what asks which digit it was; False if that came to nothing."""
        visitor = self.visitor
        visitor.models.clear()
        if (await visitor.open()).code != HTTPStatus.OK:
            self.refused += 1
            await asyncio.sleep(1)
            return False
        try:
            await visitor.connect()
        except (HTTPClientError, StreamClosedError):
            return False
        return await self._while_connected(self._prepare())

    async def stay(self, end: asyncio.Event) -> None:
        """Draw until the end, on one page after the other if need be."""
        while not end.is_set():
            if not await self._while_connected(self._draw()):
                await self._reload()
        self.visitor.close()
        await self.visitor.closed

    async def _while_connected(self, doing: Coroutine) -> bool:
        """Do something; False where the websocket closes first, and nobody would ever answer."""
        task, closed = asyncio.create_task(doing), self.visitor.closed
        await asyncio.wait({task, closed}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
        try:
            await task
        except (asyncio.CancelledError, WebSocketClosedError):
            return False
        return True

    async def _prepare(self) -> None:
        visitor = self.visitor
        await visitor.load()
        await visitor.open_section("Teach it")

    async def _draw(self) -> None:
        """Draw a digit, wait for the answer, say which it was."""
        visitor, digit = self.visitor, (self._number + self._digits) % 10
        aside = STEP * np.array([self._number, self._digits])
        strokes = [np.array(stroke) + aside for stroke in TEMPLATES[digit]]
        self._digits += 1
        done = []
        for stroke in strokes:
            for i, (x, y) in enumerate(stroke):
                done.append(self._pen("move" if i else "down", x, y))
                await asyncio.sleep(1 / self._rate)
            done.append(self._pen("up", x, y))
        await asyncio.gather(*done)
        await self._hear(f"<strong>{digit}</strong>")
        key = (digit, *(_steps(side) for side in np.concatenate(strokes).min(axis=0)))
        await visitor.click(str(digit))
        thanks = visitor.models[visitor.model(_dom_classes="digitlab-teaching-said")]
        if "Thank you" in thanks["value"]:
            self.thanked.add(key)
        await visitor.click("Clear")
        await asyncio.sleep(self._chance.uniform(0, 2 * self._pause))

    def _pen(self, what: str, x: float, y: float) -> asyncio.Future:
        event = [time.perf_counter(), np.inf]
        self.events.append(event)
        done = self.visitor.pen(what, x, y)
        done.add_done_callback(lambda _: event.__setitem__(1, time.perf_counter()))
        return done

    async def _hear(self, answer: str) -> None:
        """Wait for the answer, which waits for more to be drawn."""
        started = time.monotonic()
        while answer not in self.visitor.answer:
            if time.monotonic() > started + PATIENCE / 4:
                self.wrong.append(self.visitor.answer)
                return
            await asyncio.sleep(0.1)
            await self.visitor.send("kernel_info_request", {})
        self.drawn += 1

    async def _reload(self) -> None:
        """Do what one does when the page says that the pad has ended."""
        started = time.monotonic()
        kernel = f"/api/kernels/{self.visitor.kernel_id}"
        self.told.append((await self.visitor.fetch(kernel)).code)
        # The next page may be of an instance that is about to end, too.
        while not await self.arrive():
            if time.monotonic() > started + PATIENCE:
                raise TimeoutError("A page that was reloaded never came.")
        self.reloads.append(time.monotonic() - started)


def _steps(position: float) -> int:
    return round(position / STEP)


def _kept(drawings: Drawings) -> set[tuple]:
    """Name the drawings in the file as `Student.thanked` does."""
    return {
        (drawing.label, *(_steps(side) for side in drawing.scaled.corner)) for drawing in drawings
    }


async def _until(condition: Callable[[], bool], tasks: Iterable[asyncio.Task]) -> None:
    """Wait for it, unless somebody has given up."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)


async def _measure(front: Front, drawings: Drawings, options: argparse.Namespace) -> dict:
    figures: dict[str, dict] = {}
    # What is sent while the websocket closes: tornado tells nobody in particular.
    asyncio.get_running_loop().set_exception_handler(_complain)

    def note(what: str, measured: str, target: str, *, kept: bool) -> None:
        figures[what] = {"measured": measured, "target": target, "kept": bool(kept)}

    students = [
        Student(front, n, rate=options.rate, pause=options.pause) for n in range(options.visitors)
    ]
    for start in range(0, len(students), AT_ONCE):
        group = students[start : start + AT_ONCE]
        if not all(await asyncio.gather(*[student.arrive() for student in group])):
            raise RuntimeError("Somebody was not let in, before anything was broken.")
    places = Counter(student.visitor.instance for student in students)
    note(
        f"{len(students)} visitors from one address, at {len(places)} instances",
        " + ".join(str(n) for n in places.values()),
        "all used alike",
        kept=len(places) == options.instances and max(places.values()) - min(places.values()) <= 1,
    )
    end = asyncio.Event()
    tasks = [asyncio.create_task(student.stay(end)) for student in students]
    await _until(lambda: all(student.thanked for student in students), tasks)

    # One is killed.
    [victim] = [name for name, _ in places.most_common(1)]
    hit = [student for student in students if student.visitor.instance == victim]
    others = [student for student in students if student.visitor.instance != victim]
    before = {student: student.drawn for student in students}
    thanked = set().union(*[student.thanked for student in students])
    sockets = [student.visitor.closed for student in hit]
    moment = time.perf_counter()
    front.instances[victim].process.kill()
    await asyncio.wait_for(asyncio.gather(*sockets), PATIENCE)
    closed = time.perf_counter() - moment
    await _until(lambda: all(student.drawn >= before[student] + 2 for student in students), tasks)
    reloaded = [student.visitor.instance for student in hit]
    note(
        f"one is killed: the websockets of its {len(hit)} visitors",
        f"closed within {closed:.2f} s, kernels answered by {_list(s.told[0] for s in hit)}",
        "closed at once, 404",
        kept=closed < 5 and {student.told[0] for student in hit} == {404},
    )
    note(
        f"these {len(hit)} reload",
        f"{sum(bool(s.reloads) for s in hit)} served by {_list(reloaded)}, "
        f"slowest after {max(s.reloads[0] for s in hit):.1f} s; refused: "
        f"{sum(s.refused for s in hit)}",
        "all, by living ones",
        kept=victim not in reloaded and not any(s.refused for s in hit),
    )

    mine = [event for student in others for event in student.events]
    untouched = sum(not student.told for student in others)
    reloads = sum(len(student.reloads) for student in students)

    # It comes back, and all are restarted, one after the other.
    await asyncio.to_thread(front.start, victim)
    for name in list(front.instances):
        process = front.instances[name].process
        process.terminate()
        await asyncio.to_thread(process.wait, PATIENCE)
        await asyncio.to_thread(front.start, name)
    drawn = {student: student.drawn for student in students}
    await _until(lambda: all(student.drawn > drawn[student] for student in students), tasks)
    end.set()
    await asyncio.gather(*tasks)

    lost = sum(done == np.inf for _, done in mine)
    early = [done - sent for sent, done in mine if sent < moment]
    late = [done - sent for sent, done in mine if moment <= sent < moment + 5]
    note(
        f"the other {len(others)} meanwhile",
        f"{untouched} never disconnected, {lost} of {len(mine)} events of the pen lost; "
        f"p95 {_p95(early)} before, {_p95(late)} in the 5 s after",
        "none disconnected, none lost",
        kept=untouched == len(others) and not lost,
    )
    kept = _kept(drawings)
    everything = set().union(*[student.thanked for student in students])
    for corrections, when in ((thanked, "before the kill"), (everything, "in all")):
        note(
            f"corrections that the pad said thanks for, {when}",
            f"{len(corrections & kept)} of {len(corrections)} in the file",
            "all",
            kept=corrections <= kept,
        )
    waits = [seconds for student in students for seconds in student.reloads]
    note(
        "all instances restarted, one after the other",
        f"{len(waits) - reloads} reloads, {sum(s.refused for s in students)} refused, slowest "
        f"{max(waits):.1f} s; {sum(len(s.wrong) for s in students)} wrong answers",
        "whoever reloads is served",
        kept=not any(student.refused or student.wrong for student in students),
    )
    return figures


def _complain(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def _list(values: Iterable) -> str:
    return ", ".join(sorted({str(value) for value in values}))


def _p95(seconds: list[float]) -> str:
    return f"{1e3 * np.quantile(seconds, 0.95):.0f} ms" if seconds else "-"


if __name__ == "__main__":
    sys.exit(main())
