"""Measure the app with many visitors: memory, latency, uploads, coming and going.

Visitors without browsers, who speak what the page speaks (`tests.visiting`), on this machine's
loopback alone. They share its processors with the app, so a figure is worse than what a class on
machines of its own would see. Linux only: memory is counted as PSS, shared pages once.

Prints Markdown; ``--json FILE`` writes the same figures for the README's table to be made from.
"""

import argparse
import asyncio
import base64
import gc
import io
import json
import random
import re
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from digitlab.app.server import POOL
from tests.serving import App, running_app
from tests.strokes import PAD, TEMPLATES
from tests.visiting import Visitor

RATE = 40
"""Events of a pen in a second."""


def main() -> int:
    """Measure everything and print it."""
    options = _options()
    figures: dict[str, dict] = {}
    with running_app("--max-visitors", str(options.visitors + 8), "--metrics") as app:
        asyncio.run(_measure(app, options, figures))
    print("| what | measured | to reach |")
    print("|---|---|---|")
    for what, figure in figures.items():
        print(f"| {what} | {figure['measured']} | {figure['target']} |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=300, metavar="N", help="alive at once")
    parser.add_argument("--drawing", type=int, default=30, metavar="N", help="drawing at once")
    parser.add_argument(
        "--digits", type=int, default=5, metavar="N", help="that each of them draws"
    )
    parser.add_argument("--uploads", type=int, default=3000, metavar="N", help="a round")
    parser.add_argument("--churn", type=int, default=1000, metavar="N", help="one after the other")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of uploads")
    parser.add_argument(
        "--rest", type=float, default=2, metavar="S", help="seconds of it before each measurement"
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


async def _measure(app: App, options: argparse.Namespace, figures: dict) -> None:
    await quiet(app, options.rest)

    arrivals = [await asyncio.gather(*[first_stroke(app) for _ in range(5)])]
    for _ in range(2):
        await quiet(app, options.rest)
        arrivals.append(await asyncio.gather(*[first_stroke(app) for _ in range(5)]))
    seconds = np.ravel(arrivals)
    figures["5 who arrive together, without a browser: to the first stroke answered"] = {
        "value": float(np.median(seconds)),
        "measured": f"median {1e3 * np.median(seconds):.0f} ms, "
        f"slowest {1e3 * seconds.max():.0f} ms",
        "target": "≤ 1.0 s, browser included",
    }
    await quiet(app, options.rest)

    before, first = memory(app), await arrive(app)
    await first.draw(TEMPLATES[7])
    crowd = [first]
    for n in range(1, options.visitors):
        crowd.append(await arrive(app))
        await crowd[-1].draw(TEMPLATES[n % 10][:1])
        if n == min(20, options.visitors - 1):
            await asyncio.sleep(1.5 * options.rest)  # until the pool is full again
            each = (memory(app) - before) / len(crowd)
            figures["memory each further visitor adds (PSS)"] = {
                "value": each / 2**20,
                "measured": f"{each / 2**20:.1f} MB",
                "target": "≤ 25 MB",
            }
    alive = sum(await asyncio.gather(*[is_alive(visitor) for visitor in crowd]))
    figures["visitors connected, page alive"] = {
        "value": alive,
        "measured": f"{alive} ({memory(app) / 2**30:.1f} GB in all)",
        "target": "300",
    }

    drawing = crowd[: options.drawing]
    latencies = await asyncio.gather(*[draw_all(v, options.digits) for v in drawing])
    seconds = np.concatenate(latencies)
    figures[f"{len(drawing)} visitors drawing at once: event to new probabilities"] = {
        "value": float(np.quantile(seconds, 0.95)),
        "measured": f"median {1e3 * np.median(seconds):.0f} ms, "
        f"p95 {1e3 * np.quantile(seconds, 0.95):.0f} ms",
        "target": "p95 ≤ 150 ms, no stroke lost",
    }
    for visitor in crowd:
        visitor.close()
    await quiet(app, options.rest)

    # In rounds: a host that takes the processors away for a moment spoils one of them, not all.
    rates, p99s = [], []
    for _ in range(options.rounds):
        seconds, elapsed = await upload_all(app, options.uploads, clients=16)
        rates.append(len(seconds) / elapsed)
        p99s.append(float(np.quantile(seconds, 0.99)))
    figures[f"POST /upload, 280 x 280 PNG, 16 clients, {options.rounds} rounds"] = {
        "value": rates,
        "p99": p99s,
        "measured": f"median {np.median(rates):.0f} a second, p99 {1e3 * np.median(p99s):.0f} ms; "
        f"at worst {min(rates):.0f}, {1e3 * max(p99s):.0f}",
        "target": "≥ 300 a second, p99 ≤ 50 ms",
    }

    await quiet(app, options.rest)
    before, processes = memory(app), len(app.processes())
    for _ in range(options.churn):
        visitor = await arrive(app)
        visitor.close()
        await visitor.closed
    started = time.monotonic()
    await quiet(app, options.rest)
    figures[f"{options.churn} visitors one after the other"] = {
        "value": (memory(app) - before) / 2**20,
        "measured": f"after {time.monotonic() - started:.0f} s "
        f"{len(app.processes()) - processes:+d} processes, "
        f"{(memory(app) - before) / 2**20:+.0f} MB",
        "target": "back to the start within 30 s",
    }


async def quiet(app: App, rest: float) -> None:
    """Wait until nobody is there, and those who may come are prepared for, for some seconds."""
    stable = 0
    while stable < 10 * rest:
        answer = await Visitor(app.url).fetch("/metrics")
        nobody = b"\ndigitlab_visitors 0.0" in answer.body
        kernels = len(app.kernels())
        stable = stable + 1 if nobody and kernels == POOL else 0
        await asyncio.sleep(0.1)


def memory(app: App) -> int:
    """PSS of the app and all its processes, in bytes."""
    total = 0
    for process in [psutil.Process(app.process.pid), *app.processes()]:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        total += 1024 * int(re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)[1])
    return total


async def arrive(app: App) -> Visitor:
    """A visitor who has the pad before them."""
    visitor = Visitor(app.url)
    answer = await visitor.open()
    if answer.code != 200:
        raise RuntimeError(f"There was no page: {answer.code}")
    await visitor.connect()
    await visitor.load()
    return visitor


async def first_stroke(app: App) -> float:
    """Come, draw a dot, leave; the seconds until it was answered."""
    started = time.perf_counter()
    visitor = await arrive(app)
    visitor.pen("down", 100, 100)
    await visitor.pen("up", 100, 100)
    seconds = time.perf_counter() - started
    figures = visitor.models[visitor.model(_dom_classes="digitlab-figures")]
    if 'data-points="1"' not in figures["value"]:
        raise RuntimeError(f"The first stroke was not answered: {figures['value']}")
    visitor.close()
    return seconds


async def is_alive(visitor: Visitor) -> bool:
    """Whether the kernel answers."""
    try:
        await asyncio.wait_for(visitor.send("kernel_info_request", {}), 60)
    except TimeoutError:
        return False
    return True


async def draw_all(visitor: Visitor, n: int) -> list[float]:
    """Draw digits as fast as a pen does; the seconds from each event to the answer that has it.

    The answer itself says how many points it knows of. Raises where one is never answered.
    """
    rng = random.Random(visitor.kernel_id)
    figures = visitor.model(_dom_classes="digitlab-figures")
    sent, seconds = [], []
    is_answered = asyncio.Event()

    def heard(message: dict) -> None:
        content = message["content"]
        if content.get("comm_id") == figures:
            known = int(re.search(r'data-points="(\d+)"', content["data"]["state"]["value"])[1])
            now, answered = time.perf_counter(), len(seconds) - before
            seconds.extend(now - start for start in sent[answered:known])
            if known == len(sent):
                is_answered.set()

    await asyncio.sleep(rng.random())  # a class is no choir
    for _ in range(n):
        await visitor.click("Clear")
        visitor.heard, before = heard, len(seconds)
        for stroke in TEMPLATES[rng.randrange(10)]:
            for i, (x, y) in enumerate(finely(stroke)):
                sent.append(time.perf_counter())
                is_answered.clear()
                visitor.pen("move" if i else "down", x, y)
                await asyncio.sleep(1 / RATE)
            visitor.pen("up", x, y)
        await asyncio.wait_for(is_answered.wait(), 60)
        await asyncio.sleep(0.3)
        visitor.heard = None
        sent.clear()
    return seconds


def finely(stroke: list) -> np.ndarray:
    """The points that a pen would report: one every eight pixels."""
    corners = np.array(stroke, float)
    along = np.concatenate([[0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    steps = np.linspace(0, along[-1], max(2, int(along[-1] / 8)))
    return np.stack([np.interp(steps, along, corners[:, axis]) for axis in (0, 1)], axis=1)


async def upload_all(app: App, n: int, *, clients: int) -> tuple[list[float], float]:
    """Upload digits; the seconds that each took, and all together."""
    bodies = []
    for strokes in TEMPLATES.values():
        paper, file = Image.new("L", PAD, "white"), io.BytesIO()
        for stroke in strokes:
            ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
        paper.save(file, "PNG")
        bodies.append(json.dumps({"image": base64.b64encode(file.getvalue()).decode()}).encode())
    host, port = app.url.removeprefix("http://").split(":")
    seconds = []

    async def client(count: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for i in range(count):
            body = bodies[i % 10]
            head = (
                f"POST /upload HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            started = time.perf_counter()
            writer.write(head.encode() + body)
            headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(headers.partition("content-length:")[2].split("\r\n")[0])
            answer = json.loads(await reader.readexactly(length))
            seconds.append(time.perf_counter() - started)
            if answer.get("digit") != i % 10:
                raise RuntimeError(f"An upload of {i % 10} was answered by {answer}.")
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*[client(10) for _ in range(clients)])  # warm: readers start when needed
    seconds.clear()
    gc.freeze()  # else Python looks at all visitors' messages in between, which is not the app's
    started = time.perf_counter()
    await asyncio.gather(*[client(n // clients) for _ in range(clients)])
    return seconds, time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
