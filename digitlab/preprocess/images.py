"""Reading an image, whatever form it comes in.

Everything that arrives from outside passes through here, so this is where it is distrusted: what
is not an image, is truncated, too large or not a number is refused with an `ImageError` that says
what was found and what would be right.
"""

import base64
import contextlib
import io
import math
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError, features

from digitlab.errors import ImageError
from digitlab.places import beside

__all__ = ["ImageSource", "content_from_base64", "read_image", "read_reduced"]

ImageSource = str | os.PathLike[str] | bytes | Image.Image | np.ndarray | Any
"""A path, a base64 string or data URL, the bytes of a file, a PIL image, or an array."""

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
# Pillow opens forty more, and hands one of them, EPS, to another program to run.

_OTHERS = beside(__file__, "formats.toml")
"""What people bring and Pillow alone may not read: what it is, and what to do."""

MAX_PIXELS = 51_000_000
"""Larger images are refused before they are decoded; phones make 8160 × 6144 pixels."""

MAX_SIDE = 30_000
"""So are longer ones: what is done by rows or columns takes memory for each of them."""


def read_image(source: ImageSource) -> Image.Image:
    """Read an image from whatever form it comes in.

    Parameters
    ----------
    source : path, PIL image, array, bytes or str
        A path; the bytes of an image file; a string holding a data URL or base64; a PIL image;
        or an array (anything `numpy.asarray` takes), ``(height, width)`` grey or
        ``(height, width, 3 or 4)`` colour, as ``uint8``, ``bool``, or floats in ``[0, 1]``.

    Returns
    -------
    PIL.Image.Image
        Mode ``"L"`` or ``"RGB"``, or ``"RGBA"`` where parts may be transparent; turned upright
        where a camera noted its orientation.

    Raises
    ------
    ImageError
        If it is not an image, is truncated, has more than 51 megapixels, or a side of more than
        30,000 pixels.

    Examples
    --------
    >>> read_image(np.zeros((20, 30))).size
    (30, 20)
    """
    return read_reduced(source, side=MAX_SIDE)[0]


def read_reduced(source: ImageSource, *, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Read an image that may be smaller than its file, and say how large it is there.

    A JPEG can be decoded at a half, a quarter or an eighth of its size, which is quicker: each
    pixel is then the average of those it covers. So this is done where the image would be reduced
    by a multiple of two, four or eight anyway.

    Parameters
    ----------
    source : path, PIL image, array, bytes or str
        See `read_image`, also for what is raised.
    side : int
        The length in pixels to which the longer side will be reduced, by a whole number. The image
        is at least as large as that.

    Returns
    -------
    image : PIL.Image.Image
        See `read_image`.
    size : tuple of int
        Width and height of the whole image in pixels, upright.

    Examples
    --------
    >>> file = io.BytesIO()
    >>> Image.new("L", (4000, 3000)).save(file, "JPEG")
    >>> image, size = read_reduced(file.getvalue(), side=1024)
    >>> image.size, size
    ((1000, 750), (4000, 3000))
    """
    if isinstance(source, os.PathLike) or (isinstance(source, str) and _is_file(source)):
        path = Path(source)
        try:
            source = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path} cannot be read: {error.strerror or error}") from error
    elif isinstance(source, str):
        source = content_from_base64(source)
    if is_file := isinstance(source, bytes | bytearray | memoryview):
        source = _opened(bytes(source))
    elif not isinstance(source, Image.Image):
        source = _image_from_array(source)
    _refuse_too_large(size := source.size)
    if is_file:  # not an image that somebody else has opened
        divisor = math.gcd(-(-max(size) // side), 8)
        source.draft(None, (max(1, size[0] // divisor), max(1, size[1] // divisor)))
    lying, image = source.size, _loaded(source)
    return image, size if image.size == lying else size[::-1]


def content_from_base64(text: str) -> bytes:
    """Take a file's bytes from base64, bare or as a data URL; never from a path.

    Parameters
    ----------
    text : str
        ``"iVBORw0KGgo…"`` or ``"data:image/png;base64,iVBORw0KGgo…"``.

    Returns
    -------
    bytes
        What it holds, whatever that is.

    Raises
    ------
    ImageError
        If it is not base64.

    Examples
    --------
    >>> content_from_base64("data:text/plain;base64,ZGlnaXQ=")
    b'digit'
    """
    header, comma, body = text.strip().partition(",")
    if _is_data_url(text) and not (comma and header.lower().endswith(";base64")):
        raise ImageError(
            f"This data URL is not base64: expected 'data:image/png;base64,…', got {header!r:.60}"
        )
    encoded = body if _is_data_url(text) else text
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except ValueError:
        raise ImageError(
            "This text is neither the path of an existing file nor an image as base64: "
            f"{text!r:.60}"
        ) from None


def _is_data_url(text: str) -> bool:
    return text.lstrip()[:5].lower() == "data:"


def _is_file(text: str) -> bool:
    # Not Path(text).is_file(), which fails where a name is too long for a path.
    return not _is_data_url(text) and os.path.isfile(text)  # noqa: PTH113


def _opened(content: bytes) -> Image.Image:
    """Open the bytes of an image file, whose pixels are not decoded yet."""
    if not content:
        raise ImageError("This image is empty: it has 0 bytes.")
    kind = _kind(content)
    try:
        # Pillow warns of large images, which we refuse below, and of odd headers that it can do
        # without.
        with warnings.catch_warnings(action="ignore"):
            return Image.open(io.BytesIO(content), formats=_FORMATS + _further_formats(kind))
    except Image.DecompressionBombError:
        raise ImageError(f"This image has over {MAX_PIXELS:,} pixels: {_LIMIT}.") from None
    except UnidentifiedImageError:
        if kind:
            raise ImageError(f"This is {_OTHERS[kind]['message']}.") from None
        raise ImageError(
            "This is not an image: expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, "
            f"got {len(content):,} bytes that begin with {content[:8]!r}"
        ) from None
    except Exception as error:  # Pillow's decoders raise whatever their format suggests
        raise ImageError(f"This image is damaged or truncated: {error}") from error


def _kind(content: bytes) -> str | None:
    """Tell by its first bytes what a file is, if it is one of those that Pillow may not read."""
    start = content[:1000].lstrip().decode("latin-1")
    found = (kind for kind, of in _OTHERS.items() if re.match(of["begins"], start, re.DOTALL))
    return next(found, None)


def _further_formats(kind: str | None) -> tuple[str, ...]:
    """Let Pillow read a format beyond those that it always reads, where it can."""
    if kind == "AVIF" and features.check("avif"):
        return ("AVIF",)
    if kind == "HEIC":
        with contextlib.suppress(ImportError):
            import pillow_heif  # the extra "heic"

            pillow_heif.register_heif_opener()
            return ("HEIF",)
    return ()


def _loaded(image: Image.Image) -> Image.Image:
    """Read the pixels, which Pillow puts off until now, and turn them upright."""
    try:
        with warnings.catch_warnings(action="ignore"):
            image.load()
            # What is upright is not copied, as it would be: a photograph is large.
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
            upright = ImageOps.exif_transpose(image) if turned else image
    except Exception as error:
        raise ImageError(f"This image is damaged or truncated: {error}") from error
    return plain(_eight_bits(upright))


def plain(image: Image.Image) -> Image.Image:
    """Bring an image into one of three modes.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode, 8 bits a channel.

    Returns
    -------
    PIL.Image.Image
        ``"L"`` and ``"RGB"`` as they are, unless a colour of theirs stands for nothing at all;
        all else as ``"RGBA"``.

    Examples
    --------
    >>> plain(Image.new("L", (2, 2))).mode, plain(Image.new("P", (2, 2))).mode
    ('L', 'RGBA')
    """
    is_plain = image.mode in ("L", "RGB") and not image.has_transparency_data
    return image if is_plain else image.convert("RGBA")


_LIMIT = f"at most {MAX_PIXELS:,} are accepted"


def _refuse_too_large(size: tuple[int, int]) -> None:
    width, height = size
    found = f"This image has {width:,} x {height:,} pixels"
    if width * height > MAX_PIXELS:
        raise ImageError(f"{found}: {_LIMIT}.")
    if max(size) > MAX_SIDE:
        raise ImageError(f"{found}: a side has at most {MAX_SIDE:,}.")
    if not width or not height:
        raise ImageError(f"This image has no pixels: it is {width} x {height}.")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring 16 and 32 bits to 8, where Pillow would clip them at 255."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;"):
        return image
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise ImageError("This image holds values that are not finite numbers.")
    low, high = values.min(), values.max()
    if image.mode.startswith("I;16"):
        # White is known, once it is known how many bits are used; of 32 bits and floats it is not.
        low, high = 0, next(white for white in (255, 1023, 4095, 16383, 65535) if high <= white)
    return Image.fromarray(((values - low) / ((high - low) or 1) * 255).astype(np.uint8))


def _image_from_array(source: Any) -> Image.Image:
    expected = "expected (height, width) or (height, width, 3 or 4), uint8 or floats in [0, 1]"
    try:
        array = np.asarray(source)
    except Exception as error:  # whatever the foreign object raises while it is read
        raise ImageError(f"This {type(source).__name__} is not an image: {expected}.") from error
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[2] not in (3, 4):
        array = array[0]  # a channel in front, as PyTorch has it
    colour = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.dtype.kind not in "buif" or not (array.ndim == 2 or colour):
        raise ImageError(
            f"This {type(source).__name__} of shape {array.shape} and type {array.dtype} "
            f"is not an image: {expected}."
        )
    _refuse_too_large((array.shape[1], array.shape[0]))
    if not np.isfinite(array).all():
        raise ImageError("This array holds values that are not finite numbers (NaN or infinity).")
    top = 1 if array.dtype.kind in "bf" else 255
    least, most = array.min(), array.max()
    if least < 0 or most > top:
        raise ImageError(f"This array's values go from {least:g} to {most:g}: {expected}.")
    return Image.fromarray((array * (255 / top)).round().astype(np.uint8))
