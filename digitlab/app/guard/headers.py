"""The headers that every answer carries, and how a cookie is set."""

import base64
import hashlib
from collections.abc import Collection, Iterable

from tornado import httputil, web

from digitlab.places import beside


def security_headers(*, embedders: Collection[str], scripts: Iterable[str]) -> dict[str, str]:
    """Return the headers that every answer carries.

    Parameters
    ----------
    embedders : collection of str
        Origins whose pages may show the pad in a frame, such as ``"https://course.example"``.
    scripts : iterable of str
        Those within the page itself, which the policy has to allow: what is between the tags.

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
    headers = beside(__file__, "headers.toml")
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()) for script in scripts]
    hashes = " ".join(f"'sha256-{digest.decode()}'" for digest in digests)
    known = {"scripts": hashes, "embedders": " ".join(embedders)}
    sent = headers["always"] | ({} if embedders else headers["unless_embedded"])
    return {name: text.format(**known) for name, text in sent.items()}


def header_transform(headers: dict[str, str]) -> type[web.OutputTransform]:
    """Make a transform of tornado's that puts these headers on every answer."""

    class Finish(web.OutputTransform):
        def transform_first_chunk(
            self, status_code: int, sent: httputil.HTTPHeaders, chunk: bytes, finishing: bool
        ) -> tuple[int, httputil.HTTPHeaders, bytes]:
            sent.update(headers)
            del sent["Server"]
            return status_code, sent, chunk

    return Finish


def set_private_cookie(handler: web.RequestHandler, name: str, value: str) -> None:
    """Set a cookie that no script can read, and as a rule no page of another site can send."""
    # Inside a page of another site (--allow-embedding), browsers send only cookies that say
    # SameSite=None, and accept these only over HTTPS.
    secure = handler.request.protocol == "https"
    samesite = "None" if secure and handler.settings["embedders"] else "Lax"
    path = handler.settings["base"].of(handler.request)
    handler.set_cookie(name, value, path=path, httponly=True, secure=secure, samesite=samesite)
