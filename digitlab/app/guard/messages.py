"""What a page and its kernel may say to each other.

A page speaks Jupyter's protocol. The kernel at the other end runs whatever code it is asked to
run, so nothing passes but what widgets need.
"""

import itertools
import json
import struct
from typing import Any

_BOTH_WAYS = {"comm_close", "comm_msg", "comm_open"}
_INWARD = _BOTH_WAYS | {"comm_info_request", "kernel_info_request"}
_MOST_OFFSETS = 64
_PARTS = ("header", "parent header", "metadata", "content")

OUTWARD = _BOTH_WAYS | {"comm_info_reply", "kernel_info_reply", "status"}
"""Types of the messages that may leave the server.

What stays behind are tracebacks, above all: they show how the server is built.
"""

# A page opens this one to ask for all widgets; with "jupyter.widget" it could make new ones.
_TARGET = "jupyter.widget.control"


class NotAllowedError(Exception):
    """A message that no page of ours sends; the text says why."""


def read_message(frame: object) -> tuple[list[bytes], dict[str, Any]]:
    """Take a websocket's message apart, and make sure that it may pass.

    Parameters
    ----------
    frame : object
        What tornado received: bytes, or a str where it was sent as text.

    Returns
    -------
    parts : list of bytes
        Header, parent header, metadata, content, and buffers, if any.
    header : dict
        The first of them, parsed.

    Raises
    ------
    NotAllowedError
        If it is damaged, or not for a visitor to send.

    Examples
    --------
    >>> read_message("run this")
    Traceback (most recent call last):
    digitlab.app.guard.messages.NotAllowedError: not a binary message
    """
    if not isinstance(frame, bytes):
        raise NotAllowedError("not a binary message")
    try:
        channel, *parts = _split(frame)
        header, _, _, content = parsed = [json.loads(part) for part in parts[:4]]
    except (ValueError, RecursionError):
        raise NotAllowedError("a damaged message") from None
    for name, part in zip(_PARTS, parsed, strict=True):
        if not isinstance(part, dict):
            raise NotAllowedError(f"a damaged {name}")
    if channel != b"shell":
        raise NotAllowedError(f"a message on the channel {channel[:20]!r}")
    kind = header.get("msg_type")
    if not isinstance(kind, str) or kind not in _INWARD:
        raise NotAllowedError(f"a message of the type {str(kind)[:40]!r}")
    if not isinstance(header.get("msg_id"), str):
        raise NotAllowedError("a message without an id")
    if kind == "comm_open" and content.get("target_name") != _TARGET:
        raise NotAllowedError("the opening of a comm that pages do not open")
    return parts, header


def _split(frame: bytes) -> list[bytes]:
    """Divide a frame: the number of offsets, the offsets, then what they separate.

    Jupyter's own function believes any number, and would count to 2**64 where it is told so.
    """
    n = int.from_bytes(frame[:8], "little")
    if not len(_PARTS) + 2 <= n <= _MOST_OFFSETS or len(frame) < 8 * (n + 1):
        raise ValueError("no such number of parts")
    offsets = struct.unpack_from(f"<{n}Q", frame, 8)
    return [frame[start:stop] for start, stop in itertools.pairwise(offsets)]
