"""What ``POST /upload`` answers: an image or strokes in; a digit and ten probabilities out.

A reader answers in a process of its own, which `digitlab.app.uploads.readers` has forked. They talk
over a socket, one upload after the other: to the reader the length of the request's body and the
body; back an empty line as soon as it is there, and then a line of JSON, the status and the answer.
"""

import json
import os
import socket
import struct
from http import HTTPStatus
from typing import Any

from digitlab.classifier import BaseClassifier, Classifier, Reading
from digitlab.errors import DigitlabError, NothingDrawnError
from digitlab.front.language import table
from digitlab.look import MAX_BYTES, PAPER
from digitlab.preprocess import Strokes, content_from_base64, plain_strokes

MAX_BODY = MAX_BYTES * 10 // 7
"""Largest body that is read, in bytes: the largest image, as base64 is a third longer."""

MOST_MEMORY = 1 << 30
"""Bytes that a reader may take: the largest image, in the hungriest format, needs 840 MB."""

LENGTH = struct.Struct("!I")
"""What goes before each body on its way to a reader."""

MOST_POINTS = 4_000
"""Points that all strokes may have: a minute of drawing. More would take seconds to read."""

_EXAMPLE = 'expected {"image": "<an image file as base64, or as a data URL>"}'


Reply = tuple[int, dict[str, object]]


def reply(body: bytes, classifier: BaseClassifier) -> Reply:
    """Answer an upload.

    Parameters
    ----------
    body : bytes
        The body of the request.
    classifier : BaseClassifier
        Who reads the image.

    Returns
    -------
    tuple of int and dict
        The status: 200, 400 if it is no image that can be read, 422 if there is nothing on it.
        And what `answer` says, or an ``error``. Where strokes come with a ``lang``, the answer has
        the pad's own HTML, too: a page shows it until it has a pad.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> status, said = reply(b"7", Classifier.load())
    >>> int(status), said["error"][:23]
    (400, 'The JSON has no "image"')
    """
    try:
        upload = read_upload(body)
        if "strokes" not in upload:
            return HTTPStatus.OK, answer(classifier.read(content_from_base64(upload["image"])))
        strokes = plain_strokes(upload["strokes"])
        if (points := sum(map(len, strokes))) > MOST_POINTS:
            raise ValueError(f"{points:,} points are too many: at most {MOST_POINTS:,} are read.")
        reading = classifier.read_strokes(strokes, size=(PAPER, PAPER))
        shown = _shown(reading, strokes, points, str(upload["lang"])) if "lang" in upload else {}
        return HTTPStatus.OK, answer(reading) | shown
    except NothingDrawnError as error:
        return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error)}
    except (DigitlabError, ValueError) as error:
        return HTTPStatus.BAD_REQUEST, {"error": str(error)}


def answer_uploads(connection: socket.socket, classifier: BaseClassifier) -> None:
    """Answer uploads until the server hangs up.

    Parameters
    ----------
    connection : socket.socket
        Where uploads come from, and answers go to.
    classifier : BaseClassifier
        Who reads the images.
    """
    with connection, connection.makefile("rb") as uploads:
        while len(head := uploads.read(LENGTH.size)) == LENGTH.size:
            body = uploads.read(*LENGTH.unpack(head))
            connection.sendall(b"\n")  # from here on, the upload is to blame for what happens
            connection.sendall(json.dumps(reply(body, classifier)).encode() + b"\n")


def run_reader(address: str, weights: str | None) -> None:
    """Be a reader of uploads, in a process that was just forked, until the server hangs up."""
    import resource  # not on Windows, where nothing is forked

    import cv2  # here, not above: the server itself decodes no image

    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries write lines there for odd images
    cv2.setNumThreads(1)  # an image is small, and each reader has a processor at best
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    answer_uploads(connection, Classifier.load(weights))


def _shown(reading: Reading, strokes: Strokes, points: int, lang: str) -> dict[str, str]:
    """What the pad would show, as HTML."""
    from digitlab.pad.templates import html  # here, not above: the server itself has no pad

    chosen, words = reading.index_of(strokes[-1]), table(lang)["pad"]
    given = {"reading": reading, "chosen": chosen, "words": words, "points": points}
    return {part: html(part, mark="digitlab-early", **given) for part in ("sentence", "figures")}


def read_upload(body: bytes) -> dict[str, Any]:
    """Take the image or the strokes out of the body of a request.

    Raises
    ------
    ValueError
        If the body is not a JSON object that has ``strokes``, or an ``image`` that is a string;
        the message says what is wrong and what would be right.

    Examples
    --------
    >>> read_upload(b'{"image": "iVBORw0KGgo="}')
    {'image': 'iVBORw0KGgo='}
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"The body is not JSON: {_EXAMPLE}.") from None
    if not isinstance(content, dict) or not content.keys() & {"image", "strokes"}:
        raise ValueError(f'The JSON has no "image": {_EXAMPLE}.')
    if not isinstance(content.get("image", ""), str):
        raise ValueError(f'"image" is not a string: {_EXAMPLE}.')
    return content


def answer(reading: Reading) -> dict[str, object]:
    """Put what was read as JSON has it; docs/openapi.yaml describes it to programs.

    Parameters
    ----------
    reading : Reading
        All digits that were read on the image.

    Returns
    -------
    dict
        ``digit``, the most probable, 0 to 9; ``probabilities``, ten numbers that sum to 1;
        ``is_digit``, false where one should ask "not a digit?" rather than believe the answer, and
        where there are several; ``confidence``, the probability of the digit; ``runner_up``, the
        second most probable; ``text``, all digits as text; ``digits``, a list of them, each with
        its ``digit``, ``confidence`` and ``box``, which is left, top, right, bottom in pixels of
        the upright image.
    """
    prediction = reading.prediction
    return {
        "digit": prediction.digit,
        "probabilities": [float(probability) for probability in prediction.probabilities],
        "is_digit": prediction.is_digit,
        "confidence": prediction.confidence,
        "runner_up": prediction.runner_up,
        "text": reading.text,
        "digits": [
            {"digit": read.digit, "confidence": read.confidence, "box": box}
            for read, box in ((found.prediction, found.box) for found in reading.digits)
            if read.is_digit
        ],
    }
