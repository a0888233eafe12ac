"""Where the pad is found: at the top of a server, or below a path that a proxy has chosen."""

import re

from tornado import httputil

PLACEHOLDER = "/~digitlab~/"
"""Stands for the path in a page until it is sent: pages are made before anybody asks."""

_PATH = re.compile(r"(/[\w.~%@+=:-]+)+/", re.ASCII)


def base_path(text: str) -> str | None:
    """Return a path with a slash at both ends; None if it is none.

    Examples
    --------
    >>> base_path("/user/ada/digitlab"), base_path("//evil.example"), base_path("/<script>/")
    ('/user/ada/digitlab/', None, None)
    """
    path = text.rstrip("/") + "/"
    return path if path == "/" or _PATH.fullmatch(path) else None


class Base:
    """Knows the path below which a request finds the pad.

    That is what a proxy says in ``X-Forwarded-Prefix``, or else what was chosen at the start.
    A proxy may take the path off, or leave it to us.

    Parameters
    ----------
    chosen : str
        Of ``--base-url``, as `base_path` returns it.
    """

    def __init__(self, chosen: str):
        self._chosen = chosen

    def of(self, request: httputil.HTTPServerRequest) -> str:
        """Return the path, with a slash at both ends."""
        said = request.headers.get("X-Forwarded-Prefix")
        return (base_path(said) if said else None) or self._chosen

    def take_off(self, request: httputil.HTTPServerRequest) -> None:
        """Let a request's path begin where ours do."""
        base = self.of(request)
        if request.path.startswith(base):
            request.path = request.path.removeprefix(base[:-1])
            request.uri = str(request.uri).removeprefix(base[:-1])
