"""The door: who may come in, with a token or a password, where there is one."""

import ipaddress
import math
import secrets
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from tornado import httputil, routing, web

from digitlab.app import jupyter_internals
from digitlab.app.guard.headers import set_private_cookie
from digitlab.app.guard.hosts import StrangeHostHandler
from digitlab.app.guard.limits import LONGEST_UPLOAD, MAX_FORM
from digitlab.app.log import ADDRESS
from digitlab.app.spoken import spoken

ENTRY_COOKIE = "digitlab-entry"

PUBLIC = {"/health", "/robots.txt"}
"""What everybody is told, by whatever name they ask."""


class Guesses:
    """How long an address has to wait that has guessed wrong: twice as long each time.

    While it waits, nothing that it sends is compared, so it is of no use to hang up early or to
    ask on many connections. A wrong guess is forgotten after a minute.

    Examples
    --------
    >>> guesses = Guesses()
    >>> for _ in range(7):
    ...     guesses.wrong({"192.0.2.1": 5}, now=0.0)
    >>> guesses.wait({"192.0.2.1": 5}, now=0.0), guesses.wait({"192.0.2.2": 5}, now=0.0)
    (4.0, 0.0)
    """

    FORGET = 60.0
    """Seconds after which one wrong guess is forgotten."""

    LONGEST = 60.0
    """Seconds that an address waits at most."""

    MOST = 10_000
    """Addresses that are remembered at most."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[float, float]] = {}  # how many, and when; the latest last

    def _many(self, address: str, now: float) -> tuple[float, float]:
        """How many wrong guesses count still, and how long ago the last was."""
        many, at = self._wrong.get(address, (0.0, now))
        return max(0.0, many - (now - at) / self.FORGET), now - at

    def wait(self, addresses: dict[str, int], *, now: float) -> float:
        """Seconds until a guess from these addresses counts, each with how many are free."""
        waits = [0.0]
        for address, free in addresses.items():
            many, ago = self._many(address, now)
            if (beyond := math.ceil(many) - free) >= 0:
                waits.append(min(2.0 ** min(beyond, 60), self.LONGEST) - ago)
        return max(waits)

    def wrong(self, addresses: Iterable[str], *, now: float) -> None:
        """Note a wrong guess."""
        for address in addresses:
            many, _ = self._many(address, now)
            self._wrong.pop(address, None)
            self._wrong[address] = (many + 1, now)
        while len(self._wrong) > self.MOST:
            del self._wrong[next(iter(self._wrong))]


def _addresses(request: httputil.HTTPServerRequest) -> dict[str, int]:
    """Where a guess comes from, and how many wrong ones are free there: people mistype.

    That is the address that a proxy names; and, as anybody may claim to be a proxy, the one of the
    connection. Many people may share that one.
    """
    peer = jupyter_internals.address_of_peer(request)
    return {f"peer {_network(peer)}": 100, _network(request.remote_ip): 5}


def _network(text: str | None) -> str:
    """An address; of IPv6 its network, all of whose addresses belong to one.

    Examples
    --------
    >>> _network("192.0.2.1"), _network("::ffff:192.0.2.1"), _network("2001:db8::1")
    ('192.0.2.1', '192.0.2.1', '2001:db8::/64')
    """
    try:
        ip = ipaddress.ip_address(text or "")
    except ValueError:
        return str(text)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False) if ip.version == 6 else ip)


class Door:
    """Opens to those who know the token or the password; stands open if there is neither.

    Parameters
    ----------
    token : str, optional
        To be sent as ``/?token=…``, in an ``Authorization: Bearer …`` header, or typed.
    password : str, optional
        To be typed.
    """

    def __init__(self, *, token: str | None = None, password: str | None = None):
        self._tokens = [token] if token else []
        self._secrets = [secret for secret in (token, password) if secret]
        self._guesses = Guesses()
        # Whoever has entered once carries this; it ends with the server.
        self._pass = secrets.token_urlsafe(32)

    def admits(self, request: httputil.HTTPServerRequest) -> bool:
        """Tell whether this request may pass without a token."""
        if not self._secrets or request.path in PUBLIC:
            return True
        cookie = request.cookies.get(ENTRY_COOKIE)
        return cookie is not None and _same(cookie.value, self._pass)

    def admits_token(self, request: httputil.HTTPServerRequest) -> bool:
        """Tell whether this request brings the token in a header."""
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        is_token = bool(self._tokens) and kind == "Bearer"
        return is_token and self._is_right(request, bearer, self._tokens)

    def enter(self, handler: web.RequestHandler, secret: str, *, typed: bool) -> bool:
        """Give a browser its pass, if it has the secret."""
        known = self._secrets if typed else self._tokens
        if not self._is_right(handler.request, secret, known):
            return False
        set_private_cookie(handler, ENTRY_COOKIE, self._pass)
        return True

    def wait(self, request: httputil.HTTPServerRequest) -> float:
        """Seconds until a guess of this client is looked at."""
        return self._guesses.wait(_addresses(request), now=time.monotonic())

    def _is_right(self, request: httputil.HTTPServerRequest, secret: str, known: list[str]) -> bool:
        if self.wait(request) > 0:
            return False
        # All are compared, so that the time tells nothing about which is right.
        if sum(_same(secret, right) for right in known):
            return True
        self._guesses.wrong(_addresses(request), now=time.monotonic())
        return False


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


_STATUS = {"": 401, "wrong": 403, "wait": 429}


class DoorHandler(web.RequestHandler):
    """Answers whoever is outside, whatever the address."""

    async def prepare(self) -> None:
        """Let in by link or by form, or show the form."""
        door: Door = self.settings["door"]
        query = parse_qs(self.request.query)
        body = parse_qs(self.request.body.decode("latin-1")) if self.request.body else {}
        given, typed = body.get("secret") or query.get("token"), "secret" in body
        is_guess = given or "Authorization" in self.request.headers
        wait = math.ceil(door.wait(self.request)) if is_guess else 0
        if given and not wait and door.enter(self, given[0], typed=typed):
            return self.redirect("./", status=303)  # relative: some proxies add to a path
        alert = "wait" if wait else "wrong" if given else ""
        if alert:
            self.settings["events"].rejected("secret")
        if wait:
            self.set_header("Retry-After", str(wait))
        self.set_status(_STATUS[alert])
        return await self.finish(spoken(self, "door.html", alert=alert, seconds=wait))


class Entrance(routing.Router):
    """Decides for each request, before its body is read, who answers it and how long it may be."""

    def __init__(self, app: web.Application):
        self._app = app

    def find_handler(
        self, request: httputil.HTTPServerRequest, **_: Any
    ) -> httputil.HTTPMessageDelegate:
        """Find who answers."""
        ADDRESS.set(request.remote_ip or "")
        settings = self._app.settings
        base = settings["base"].of(request)
        if request.path + "/" == base:
            where = {"url": base, "permanent": False}
            return self._app.get_handler_delegate(request, web.RedirectHandler, where)
        settings["base"].take_off(request)
        # Whoever has the token is no page of another name's.
        has_token = settings["door"].admits_token(request)
        known = has_token or request.path in PUBLIC or settings["hosts"].know(request.host)
        admitted = has_token or (known and settings["door"].admits(request))
        is_upload = admitted and request.path == "/upload"
        connection: Any = request.connection
        connection.set_max_body_size(LONGEST_UPLOAD if is_upload else MAX_FORM)
        if admitted:
            return self._app.find_handler(request)
        return self._app.get_handler_delegate(request, DoorHandler if known else StrangeHostHandler)
