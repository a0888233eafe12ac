"""A sheet of paper to write digits on, and its photograph, cut up into what was written.

Each row of boxes is for one digit, so nobody has to type what was meant. The boxes are printed in
a light red: in the red part of a photograph they are as bright as the paper, and only the ink is
left. Markers in the corners tell how the sheet lay when it was photographed [1]_.

It imports OpenCV, the largest import of all, so nothing that the pad needs imports it.

References
----------
.. [1] S. Garrido-Jurado et al., "Automatic generation and detection of highly reliable fiducial
   markers under occlusion", Pattern Recognition, 2014: OpenCV's ArUco.
"""

import os

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitlab.drawings.report import COLUMNS
from digitlab.errors import ImageError
from digitlab.preprocess import ImageSource, read_image

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height of a sheet in millimetres."""

_BOX, _PITCH, _TOP = np.array([15, 19]), np.array([17, 21]), 36.0  # mm: width and height; from top
_MARKER, _MARGIN, _CELLS = 12.0, 10.0, 6  # mm; squares of a marker along its side
_MARKERS_NEEDED = 3
_DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
_RED, _GREY = (255, 175, 160), (110, 110, 110)
_DPI, _MM = 300, 25.4  # of what is printed; millimetres an inch
_FINE = 8  # pixels a millimetre, of the straightened sheet
_TITLE = "Write the digit of each row into its boxes, with a dark pen or pencil, but not in red."
_FOOT = "Then photograph the whole sheet, with all four markers: digitlab drawings --from-photo …"
_GRAIN, _BROADEST = 0.2, 4.0  # mm: finer is the grain of the photograph; broader no pen's line
_WHITE = 240  # what paper becomes; grain may be brighter
_EMPTY, _FAINT = 0.1, 0.3  # of the paper's brightness; of what is usual on the sheet: no ink


def draw_sheet(paper: str = "a4") -> Image.Image:
    """Draw the sheet, as it is printed.

    Parameters
    ----------
    paper : str
        One of `PAPERS`.

    Returns
    -------
    PIL.Image.Image
        Mode ``"RGB"``, 300 dots an inch.

    Examples
    --------
    >>> draw_sheet("letter").size
    (2550, 3300)
    """
    scale = _DPI / _MM
    sheet = Image.new("RGB", [round(side * scale) for side in PAPERS[paper]], "white")
    draw = ImageDraw.Draw(sheet)
    for number, corner in _markers(paper).items():
        side = round(_MARKER / _CELLS * scale) * _CELLS
        marker = cv2.aruco.generateImageMarker(_DICTIONARY, number, side)
        sheet.paste(Image.fromarray(marker), (*np.rint(corner[0] * scale).astype(int).tolist(),))
    middle, text = sheet.width / 2, ImageFont.load_default(40)
    draw.text((middle, 16 * scale), _TITLE, _GREY, text, "mm")
    draw.text((middle, sheet.height - 16 * scale), _FOOT, _GREY, text, "mm")
    for number, (left, top, right, bottom) in enumerate(_boxes(paper) * scale):
        draw.rectangle((left, top, right, bottom), outline=_RED, width=5)
        if number % COLUMNS == 0:
            label = str(number // COLUMNS)
            draw.text((left - 4 * scale, (top + bottom) / 2), label, _GREY, text, "mm")
    return sheet


def save_sheet(path: str | os.PathLike[str], paper: str = "a4") -> None:
    """Write the sheet as a PDF document to print.

    Parameters
    ----------
    path : path
        The file, replaced if there is one.
    paper : str
        One of `PAPERS`.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    draw_sheet(paper).save(path, "PDF", resolution=_DPI, title="digitlab: a sheet of digits")


def boxes_from_photo(photo: ImageSource) -> list[tuple[int, Image.Image | None]]:
    """Straighten the photograph of a sheet, and cut it up.

    Parameters
    ----------
    photo : path, PIL image, array, bytes or str
        See `digitlab.preprocess.read_image`.

    Returns
    -------
    list of (int, PIL.Image.Image or None)
        Of all 100 boxes, row by row: which digit was to be written there, 0 to 9; and what is in
        it, mode ``"L"``, dark on light, or None where nothing is.

    Raises
    ------
    ImageError
        If it is not an image that can be read, or shows too few markers; the message says what to
        do.
    """
    image = np.asarray(read_image(photo).convert("RGB"))
    paper, found = _found_markers(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    known = np.concatenate([_markers(paper)[number] for number in found])
    flat, _ = cv2.findHomography(np.concatenate(list(found.values())), known * _FINE)
    size = [round(side * _FINE) for side in PAPERS[paper]]
    red = np.ascontiguousarray(image[..., 0])
    even = _evenly_lit(cv2.warpPerspective(red, flat, size, borderMode=cv2.BORDER_REPLICATE))
    places = np.rint(_boxes(paper) * _FINE).astype(int)
    boxes = [even[top:bottom, left:right] for left, top, right, bottom in places]
    depths = np.array([_depth(inside) for inside in boxes])
    usual = float(np.median(depths[depths > _EMPTY])) if (depths > _EMPTY).any() else 0
    written = depths > max(_EMPTY, _FAINT * usual)
    return [
        (number // COLUMNS, Image.fromarray(inside) if is_written else None)
        for number, (inside, is_written) in enumerate(zip(boxes, written, strict=True))
    ]


def _evenly_lit(grey: np.ndarray) -> np.ndarray:
    """Take away light and shadow, hard ones too: of what is broader than any pen, all is paper."""
    side = round(_BROADEST * _FINE) | 1
    smooth = cv2.GaussianBlur(grey, (0, 0), _GRAIN * _FINE)
    paper = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(cv2.divide(grey, paper, scale=_WHITE))


def _depth(box: np.ndarray) -> float:
    """How much darker the darkest in a box is than its paper, grain and the rim left out."""
    rim = _FINE
    inside = cv2.GaussianBlur(box[rim:-rim, rim:-rim].astype(np.float32), (0, 0), _GRAIN * _FINE)
    return float(1 - np.quantile(inside, 0.005) / max(float(np.median(inside)), 1.0))


def _found_markers(grey: np.ndarray) -> tuple[str, dict[int, np.ndarray]]:
    """The paper, and the corners of each of its markers in the photograph, in pixels."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    corners, numbers, _ = cv2.aruco.ArucoDetector(_DICTIONARY, parameters).detectMarkers(grey)
    names = [] if numbers is None else numbers.ravel().tolist()
    found = dict(zip(names, np.reshape(corners, (-1, 4, 2)), strict=True))
    of = {paper: {n: found[n] for n in _markers(paper) if n in found} for paper in PAPERS}
    paper = max(of, key=lambda name: len(of[name]))
    if len(of[paper]) < _MARKERS_NEEDED:
        raise ImageError(
            f"This photograph shows {len(of[paper]) or 'none'} of the four markers of a sheet that "
            "`digitlab sheet` prints, and three are needed. Lay the sheet flat, in even light, and "
            "photograph it from above, sharp, with all four corners in the picture."
        )
    return paper, of[paper]


def _markers(paper: str) -> dict[int, np.ndarray]:
    """The corners of each marker, clockwise from the top left, in millimetres."""
    sides = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])  # of a marker, and of the sheet
    far = np.array(PAPERS[paper]) - _MARGIN - _MARKER
    markers = np.where(sides, far, _MARGIN)[:, None] + _MARKER * sides
    return dict(enumerate(markers, start=4 * list(PAPERS).index(paper)))


def _boxes(paper: str) -> np.ndarray:
    """Left, top, right, bottom of each box in millimetres, ``(100, 4)``, row by row."""
    left = (PAPERS[paper][0] - COLUMNS * _PITCH[0] + _PITCH[0] - _BOX[0]) / 2
    labels, columns = np.indices((10, COLUMNS)).reshape(2, -1)
    corners = np.array([left, _TOP]) + _PITCH * np.stack([columns, labels], axis=1)
    return np.concatenate([corners, corners + _BOX], axis=1)
