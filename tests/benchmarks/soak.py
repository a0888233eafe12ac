"""Does the app stay as it is, whatever visitors do, for as long as you like?

For half an hour visitors come, draw, lose their connection, come back, upload and leave, and now
and then a process is killed. Each minute the app is left alone until nobody is there, and counted:
its processes, threads, open files, sockets and memory. At the end there may be no more of them than
in the tenth minute (or at a third of a shorter run).

    python tests/benchmarks/soak.py [--minutes 30] [--crowd 8]
"""

import argparse
import asyncio
import base64
import contextlib
import io
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from digitlab.app.server import POOL
from tests.serving import App, running_app
from tests.strokes import PAD, TEMPLATES
from tests.visiting import Visitor

SPARE = {"processes": 0, "threads": 0, "files": 0, "sockets": 0, "MB": 15}
"""What the end may have more than the tenth minute. Memory is counted by the system in pages that
many processes share, and Python gives back what it has freed when it likes."""


def upload_of(digit: int) -> dict:
    """The options of a request that uploads a digit."""
    paper = Image.new("L", PAD, "white")
    for stroke in TEMPLATES[digit]:
        ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
    file = io.BytesIO()
    paper.save(file, "PNG")
    body = json.dumps({"image": base64.b64encode(file.getvalue()).decode()})
    return {"method": "POST", "body": body, "headers": {"Content-Type": "application/json"}}


async def visit(app: App, chance: random.Random, done: Counter) -> None:
    """Come, do what visitors do, and leave in one of the ways in which they leave."""
    visitor = Visitor(app.url)
    page = await visitor.open()
    if page.code != 200 or not visitor.kernel_id:
        done["refused"] += 1
        return
    await visitor.connect()
    await visitor.load()
    for _ in range(chance.randrange(1, 4)):
        digit = chance.randrange(10)
        await visitor.draw(TEMPLATES[digit], rate=100)
        done["drawn"] += 1
        if chance.random() < 0.3:  # the line breaks, and comes back
            visitor.close(code=None)
            await visitor.closed
            await visitor.connect()
            await visitor.load()
            done["reconnected"] += 1
        if chance.random() < 0.3:
            answer = await visitor.fetch("/upload", **upload_of(digit))
            done[f"upload {answer.code}"] += 1
    if chance.random() < 0.2:
        await visitor.fetch(
            f"/voila/api/shutdown/{visitor.kernel_id}",
            method="POST",
            body="",
            headers={"Origin": app.url},
        )
    visitor.close()
    await visitor.closed
    done["visited"] += 1


async def come_and_go(app: App, until: float, chance: random.Random, done: Counter) -> None:
    """Be one visitor after the other; whoever is killed in the middle is not missed."""
    while time.monotonic() < until:
        try:
            async with asyncio.timeout(20):
                await visit(app, chance, done)
        except (OSError, TimeoutError, Exception) as error:
            done[f"cut off: {type(error).__name__}"] += 1


async def kill(app: App, until: float, chance: random.Random, done: Counter) -> None:
    """Now and then kill a process: a kernel or a reader, seldom the one that they come from."""
    while (left := until - time.monotonic()) > 15:
        await asyncio.sleep(min(left, chance.uniform(6, 14)))
        with contextlib.suppress(psutil.Error, ValueError, IndexError):
            everybody = app.processes()
            chance.choice(everybody[1:] if chance.random() < 0.9 else everybody[:1]).kill()
            done["killed"] += 1


async def quiet(app: App) -> None:
    """Wait until nobody is here but the pages that are kept ready."""
    async with asyncio.timeout(180):
        while True:
            with contextlib.suppress(OSError, psutil.Error, ValueError):
                ready = (await Visitor(app.url).fetch("/health")).code == 200
                if ready and len(app.kernels()) == POOL:
                    return
            await asyncio.sleep(0.5)


def count(app: App) -> dict[str, float]:
    """Count what the app has, all its processes together, without the readers of uploads.

    Readers come when they are needed, and may have been killed or not.
    """
    server = psutil.Process(app.process.pid)
    processes = [server, *server.children(), *app.kernels()]
    return {
        "processes": len(processes),
        "threads": sum(process.num_threads() for process in processes),
        "files": server.num_fds(),
        "sockets": len(server.net_connections(kind="all")),
        "MB": round(sum(process.memory_full_info().pss for process in processes) / 1e6),
    }


async def soak(app: App, minutes: int, crowd: int) -> list[dict[str, float]]:
    """Print a line each minute; return what was counted."""
    chance, done, counts = random.Random(0), Counter(), []
    print("| minute | " + " | ".join(SPARE) + " | what happened |")
    print("|---" * (len(SPARE) + 2) + "|")
    for minute in range(1, minutes + 1):
        until = time.monotonic() + 45
        acting = [come_and_go(app, until, chance, done) for _ in range(crowd)]
        await asyncio.gather(*acting, kill(app, until, chance, done))
        await quiet(app)
        await asyncio.sleep(2)
        # A page that is being made has more threads and files than one that waits.
        counts.append(count(app))
        happened = ", ".join(f"{what} {n}" for what, n in sorted(done.items()))
        figures = " | ".join(f"{counts[-1][what]:.0f}" for what in SPARE)
        print(f"| {minute} | {figures} | {happened} |", flush=True)
        done.clear()
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--crowd", type=int, default=8, help="visitors at a time")
    options = parser.parse_args()
    early = min(10, max(1, options.minutes // 3))
    with running_app("--max-visitors", str(2 * options.crowd)) as app:
        counts = asyncio.run(soak(app, options.minutes, options.crowd))
        said = app.stop()
    before, after = counts[early - 1], counts[-1]
    more = {what: after[what] - before[what] for what in SPARE}
    grown = [what for what, spare in SPARE.items() if more[what] > spare]
    lines = [line for line in said.splitlines() if line]
    print(
        f"More than in minute {early}: {', '.join(f'{n:+.0f} {what}' for what, n in more.items())}"
    )
    print(f"The log has {len(lines)} lines in all; the last: {lines[-1] if lines else 'none'}")
    print("Grown: " + (", ".join(grown) or "nothing"))
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
