"""``POST /upload``: an image in; a digit, whether it is one, and ten probabilities out."""

import asyncio
import json
from concurrent.futures import Executor
from http import HTTPStatus

from tornado import web

from digitlab.classifier import Classifier, Prediction
from digitlab.errors import DigitlabError, NothingDrawnError
from digitlab.reading import image_from_base64

MAX_BODY = 10_000_000
"""Largest body that is read, in bytes: an image of 7 MB, as base64 is a third longer."""

_EXAMPLE = 'expected {"image": "<an image file as base64, or as a data URL>"}'


def read_upload(body: bytes) -> str:
    """Take the image's base64 text out of the body of a request.

    Raises
    ------
    ValueError
        If the body is not a JSON object whose ``image`` is a string; the message says what is
        wrong and what would be right.

    Examples
    --------
    >>> read_upload(b'{"image": "iVBORw0KGgo="}')
    'iVBORw0KGgo='
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"The body is not JSON: {_EXAMPLE}.") from None
    if not isinstance(content, dict) or "image" not in content:
        raise ValueError(f'The JSON has no "image": {_EXAMPLE}.')
    if not isinstance(content["image"], str):
        raise ValueError(f'"image" is not a string: {_EXAMPLE}.')
    return content["image"]


def answer(prediction: Prediction) -> dict[str, object]:
    """Put what the network says as JSON has it.

    Parameters
    ----------
    prediction : Prediction
        What the network says to the image.

    Returns
    -------
    dict
        ``digit``, the most probable, 0 to 9; ``probabilities``, ten numbers that sum to 1;
        ``is_digit``, false where one should ask "not a digit?" rather than believe the answer;
        ``confidence``, the probability of the digit; ``runner_up``, the second most probable.
    """
    return {
        "digit": prediction.digit,
        "probabilities": [float(probability) for probability in prediction.probabilities],
        "is_digit": prediction.is_digit,
        "confidence": prediction.confidence,
        "runner_up": prediction.runner_up,
    }


@web.stream_request_body
class UploadHandler(web.RequestHandler):
    """Answers one upload.

    It asks for no XSRF token, as Jupyter's own handlers do: it changes nothing, and whoever
    calls it from a terminal has none.

    Parameters
    ----------
    classifier : Classifier
        Who reads the image.
    executor : concurrent.futures.Executor
        Where that happens: the event loop has visitors to serve.
    """

    def initialize(self, classifier: Classifier, executor: Executor) -> None:
        """Take what the route was made with."""
        self._classifier = classifier
        self._executor = executor
        self._body = bytearray()
        self._length = 0

    def data_received(self, chunk: bytes) -> None:
        """Keep what arrives up to the limit, and only count the rest."""
        self._length += len(chunk)
        if self._length <= MAX_BODY:
            self._body += chunk
        else:
            self._body.clear()

    async def post(self) -> None:
        """Answer what `answer` says."""
        if self._length > MAX_BODY:
            return self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body has {self._length:,} bytes: at most {MAX_BODY:,} are accepted.",
            )
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return self._refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"The content type is {kind or 'missing'}: expected application/json.",
            )
        try:
            image = read_upload(bytes(self._body))
            loop = asyncio.get_running_loop()
            prediction = await loop.run_in_executor(self._executor, self._read, image)
        except NothingDrawnError as error:
            return self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except (DigitlabError, ValueError) as error:
            return self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        return self.write(answer(prediction))

    def _read(self, image: str) -> Prediction:
        return self._classifier.predict(image_from_base64(image))

    def _refuse(self, status: HTTPStatus, error: str) -> None:
        self.set_status(status)
        self.finish({"error": error})

    def write_error(self, status_code: int, **_) -> None:
        """Answer in JSON also where tornado refuses: a GET, or a fault of ours."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", "POST")
            self.finish({"error": f"{self.request.method} is not possible here: expected POST."})
        else:
            self.finish({"error": f"{HTTPStatus(status_code).phrase}: please try again."})
