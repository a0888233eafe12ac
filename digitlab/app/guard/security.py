"""What stands between the open internet and the pad: headers, a door, and bounds.

One place for all routes, those of Voilà and Jupyter included.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs

import jinja2
from tornado import httpserver, httputil, iostream, routing, web

ENTRY_COOKIE = "digitlab-entry"

HEADER_TIMEOUT = 30
"""Seconds for a request's headers to arrive, and for a connection without a request."""

BODY_TIMEOUT = 20
"""Seconds for a request's body to arrive."""

MAX_FORM = 65_536
"""Largest body, in bytes, of all requests but uploads, which have a limit of their own."""


def script_hashes(environment: jinja2.Environment) -> list[str]:
    """Name the scripts that are part of the page itself, for the policy to allow them.

    Parameters
    ----------
    environment : jinja2.Environment
        Where the templates are; each of its ``.js`` files is included in a page as it is.

    Returns
    -------
    list of str
        Such as ``'sha256-…'``, with the quotes.
    """
    hashes = []
    for name in environment.list_templates(extensions=["js"]):
        script = environment.get_template(name).render().encode()
        digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
        hashes.append(f"'sha256-{digest}'")
    return hashes


def security_headers(*, embedders: list[str], scripts: list[str]) -> dict[str, str]:
    """Return the headers that every answer carries.

    Parameters
    ----------
    embedders : list of str
        Origins whose pages may show the pad in a frame, such as ``"https://course.example"``.
    scripts : list of str
        Hashes of the scripts within the page, as from `script_hashes`.

    Returns
    -------
    dict
        Name to value.

    Examples
    --------
    >>> headers = security_headers(embedders=["https://course.example"], scripts=[])
    >>> "frame-ancestors 'self' https://course.example;" in headers["Content-Security-Policy"]
    True
    """
    policy = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *scripts],
        # Widgets set their styles in the page: sizes, colours, and the bars' lengths.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *embedders],
    }
    headers = {
        "Content-Security-Policy": "; ".join(
            " ".join([directive, *sources]) for directive, sources in policy.items()
        )
        + ";",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if not embedders:
        headers["X-Frame-Options"] = "SAMEORIGIN"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return headers


def header_transform(headers: dict[str, str]) -> type[web.OutputTransform]:
    """Make a transform of tornado's that puts these headers on every answer."""

    class SecurityHeaders(web.OutputTransform):
        def transform_first_chunk(self, status_code, sent, chunk, finishing):
            for name, value in headers.items():
                sent[name] = value
            del sent["Server"]
            return status_code, sent, chunk

    return SecurityHeaders


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
        secure = handler.request.protocol == "https"
        framed = secure and handler.settings["embedders"]
        handler.set_cookie(
            ENTRY_COOKIE,
            self._pass,
            httponly=True,
            secure=secure,
            samesite="None" if framed else "Lax",
        )
        return True


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class DoorHandler(web.RequestHandler):
    """Answers whoever stands outside, whatever the address."""

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
        page = self.settings["voila_jinja2_env"].get_template("door.html")
        return await self.finish(page.render(wrong=wrong))


class Entrance(routing.Router):
    """Decides for each request, before its body is read, who answers it and how long it may be."""

    def __init__(self, app: web.Application, door: Door, *, longest: dict[str, int]):
        self._app = app
        self._door = door
        self._longest = longest

    def find_handler(self, request, **_) -> httputil.HTTPMessageDelegate:
        """Find who answers."""
        request.connection.set_max_body_size(self._longest.get(request.path, MAX_FORM))
        if self._door.admits(request):
            return self._app.find_handler(request)
        request.connection.set_max_body_size(MAX_FORM)
        return self._app.get_handler_delegate(request, DoorHandler, {"door": self._door})


class BoundedServer(httpserver.HTTPServer):
    """Tornado's server with a limit to its connections."""

    def initialize(self, *arguments, most: int, refused: Callable[[], None], **options) -> None:
        """Note the limit beside tornado's own options."""
        super().initialize(*arguments, **options)
        self._most = most
        self._refused = refused

    def handle_stream(self, stream: iostream.IOStream, address: tuple) -> None:
        """Serve a connection, or hang up where there are too many."""
        if len(self._connections) >= self._most:
            self._refused()
            stream.close()
        else:
            super().handle_stream(stream, address)
