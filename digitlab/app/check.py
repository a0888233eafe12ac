"""What the pad takes of a machine, what the machine has, and what is missing."""

import contextlib
import math
import os
import shutil
import tempfile
from pathlib import Path

import psutil

from digitlab.app.options import Options
from digitlab.classifier import Classifier
from digitlab.places import beside

TAKES: dict[str, tuple[int, int, str]] = beside(__file__, "check.toml")
"""What it takes, by name; ``check.toml`` says how to read it."""


def check(options: Options) -> tuple[list[str], bool]:
    """Tell what would be served, and whether the machine has enough for it.

    Parameters
    ----------
    options : Options
        How it would be served.

    Returns
    -------
    lines : list of str
        What to tell the operator.
    is_enough : bool
        Whether nothing is missing.

    Raises
    ------
    WeightsError
        If there is no network at ``weights``.
    OSError
        If the port is taken, the address is not one of this machine, or nothing can be written.
    """
    for listening in options.bind():
        listening.close()
    Classifier.load(options.weights)
    known = " or the ".join(options.secrets)
    lines = [
        f"The pad would be at {options.address}",
        f"Network: {options.weights or 'the one that ships with digitlab'}",
        f"Open to: {f'whoever has the {known}' if known else 'everybody'}",
        f"Names: {', '.join(('addresses, localhost, this machine', *options.hosts))}",
        f"Visitors: {options.max_visitors} at most",
    ]
    missing = []
    for what, (itself, each, more) in TAKES.items():
        takes, has = itself + each * options.max_visitors, available(what)
        left = "no limit" if has == math.inf else f"{has:,.0f} left"
        if has < takes:
            missing.append(what)
            left = f"MISSING, {left} ({more})"
        lines.append(f"{takes:,} {what}: {left}")
    return lines, not missing


def available(what: str) -> float:
    """Return how much this process may still take of one of those in `TAKES`.

    Examples
    --------
    >>> available("open files") > 0
    True
    """
    if what == "MB for temporary files":
        with tempfile.TemporaryFile() as file:
            file.write(b"1")
        return shutil.disk_usage(tempfile.gettempdir()).free / 1e6
    if what == "MB of memory":
        return min(psutil.virtual_memory().available, _left_by_groups("memory")) / 1e6
    try:
        import resource
    except ImportError:  # on Windows, which has no such limits
        return math.inf
    kind = resource.RLIMIT_NOFILE if what == "open files" else resource.RLIMIT_NPROC
    _, most = resource.getrlimit(kind)
    is_free = most == resource.RLIM_INFINITY or (what == "tasks" and os.geteuid() == 0)
    limit = math.inf if is_free else most
    return min(limit, _left_by_groups("pids")) if what == "tasks" else limit


def _left_by_groups(kind: str) -> float:
    """What Linux's control groups leave of pids or memory; they bound pods and units."""
    left = math.inf
    with contextlib.suppress(OSError):
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8").rpartition("::")[2].strip()
        group = Path(f"/sys/fs/cgroup{own}")
        for folder in (group, *group.parents):
            with contextlib.suppress(OSError, ValueError):  # there is none, or it says "max"
                files = (folder / f"{kind}.max", folder / f"{kind}.current")
                most, now = (int(file.read_text()) for file in files)
                left = min(left, most - now)
    return left
