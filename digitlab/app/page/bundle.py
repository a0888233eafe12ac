"""All that the page's scripts are made of, in one file.

Voilà and its extensions come as some ninety little scripts, asked for in four waves. Each is a
chunk that adds itself to a list, to be found there by whoever needs it, so they may as well come
at once: the page's own loader then finds all of them there. A chunk that another version of Voilà
does not have is left out, and one that it has more is loaded as ever. The list is made by
``python -m tests.browser.chunks``.
"""

import functools
import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

from tornado import web

CHUNKS = Path(__file__).with_name("template") / "chunks.txt"

A_YEAR = 365 * 24 * 3600


class Script:
    """A script that is the same for ever under its name.

    Parameters
    ----------
    text : bytes
        JavaScript.
    folder : str
        Where it seems to be.

    Examples
    --------
    >>> Script(b"let x = 1", folder="front").url
    '/front/fbd4480f3bf1d131.js'
    """

    def __init__(self, text: bytes, *, folder: str):
        self.text = text
        self.url = f"/{folder}/{hashlib.sha256(text).hexdigest()[:16]}.js"

    @functools.cached_property
    def compressed(self) -> bytes:
        """The same by gzip: a quarter of the bytes."""
        return gzip.compress(self.text, compresslevel=6, mtime=0)


class ScriptHandler(web.RequestHandler):
    """``GET`` the script at its own address."""

    def initialize(self, script: Script) -> None:
        """Take the script."""
        self._script = script

    async def get(self) -> None:
        """Answer with the script, compressed for whoever reads that."""
        self.set_header("Content-Type", "text/javascript; charset=UTF-8")
        self.set_header("Cache-Control", f"public, max-age={A_YEAR}, immutable")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(self._script.compressed)
        else:
            self.finish(self._script.text)

    head = get


def bundle(chunks: Iterable[str], *, roots: dict[str, list[str]]) -> Script:
    """Put scripts one after the other, each in a scope of its own.

    Parameters
    ----------
    chunks : iterable of str
        Where they are: patterns of paths, the first part of which names a root.
    roots : dict of str to list of str
        The folders that a root stands for; the first one that has a chunk counts.

    Returns
    -------
    Script
        All of them.

    Examples
    --------
    >>> bundle(["static/no-such-chunk.*.js"], roots={"static": ["/"]}).text
    b''
    """
    found = [_find(chunk, roots) for chunk in chunks]
    # In a function: "use strict" at its head holds for one chunk alone.
    texts = (b"(()=>{" + path.read_bytes() + b"\n})();\n" for path in found if path is not None)
    return Script(b"".join(texts), folder="bundle")


def _find(chunk: str, roots: dict[str, list[str]]) -> Path | None:
    root, _, pattern = chunk.partition("/")
    found = (path for folder in roots[root] for path in sorted(Path(folder).glob(pattern)))
    return next(found, None)
