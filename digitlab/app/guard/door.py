"""The door: who may come in, with a token or a password, where there is one."""

import asyncio
import hmac
import secrets
from typing import Any
from urllib.parse import parse_qs

from tornado import httputil, routing, web

from digitlab.app.guard.headers import set_private_cookie
from digitlab.app.guard.limits import MAX_FORM

ENTRY_COOKIE = "digitlab-entry"


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
        self._token = token
        self._secrets = [secret for secret in (token, password) if secret]
        # Whoever has entered once carries this; it ends with the server.
        self._pass = secrets.token_urlsafe(32)

    @property
    def is_open(self) -> bool:
        """Whether anybody may enter."""
        return not self._secrets

    def admits(self, request: httputil.HTTPServerRequest) -> bool:
        """Tell whether this request may pass."""
        if self.is_open or request.path == "/health":
            return True
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if self._token and kind == "Bearer" and _same(bearer, self._token):
            return True
        cookie = request.cookies.get(ENTRY_COOKIE)
        return cookie is not None and _same(cookie.value, self._pass)

    def enter(self, handler: web.RequestHandler, secret: str, *, typed: bool) -> bool:
        """Give a browser its pass, if it has the secret."""
        known = self._secrets if typed else [self._token] if self._token else []
        # All are compared, so that the time tells nothing about which is right.
        if not sum(_same(secret, right) for right in known):
            return False
        set_private_cookie(handler, ENTRY_COOKIE, self._pass)
        return True


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class DoorHandler(web.RequestHandler):
    """Answers whoever is outside, whatever the address."""

    WAIT = 1.0
    """Seconds that a wrong answer takes."""

    def initialize(self, door: Door) -> None:
        """Take the door."""
        self._door = door

    async def prepare(self) -> None:
        """Let in by link or by form, or show the form."""
        query = parse_qs(self.request.query)
        body = parse_qs(self.request.body.decode("latin-1")) if self.request.body else {}
        wrong = False
        for given, typed in ((query.get("token"), False), (body.get("secret"), True)):
            if given:
                if self._door.enter(self, given[0], typed=typed):
                    return self.redirect("/", status=303)
                wrong = True
                self.settings["events"].rejected("secret")
                await asyncio.sleep(self.WAIT)
        self.set_status(403 if wrong else 401)
        page = self.settings["templates"].get_template("door.html")
        return await self.finish(page.render(wrong=wrong))


class Entrance(routing.Router):
    """Decides for each request, before its body is read, who answers it and how long it may be."""

    def __init__(self, app: web.Application, door: Door, *, longest: dict[str, int]):
        self._app = app
        self._door = door
        self._longest = longest

    def find_handler(
        self, request: httputil.HTTPServerRequest, **_: Any
    ) -> httputil.HTTPMessageDelegate:
        """Find who answers."""
        admitted = self._door.admits(request)
        most = self._longest.get(request.path, MAX_FORM) if admitted else MAX_FORM
        connection: Any = request.connection
        connection.set_max_body_size(most)
        if admitted:
            return self._app.find_handler(request)
        return self._app.get_handler_delegate(request, DoorHandler, {"door": self._door})
