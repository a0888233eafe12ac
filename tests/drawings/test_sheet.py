"""A printed sheet, filled in and photographed, becomes a data set."""

import functools
import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitlab import Classifier, ImageError
from digitlab.cli import cli
from digitlab.drawings.drawing import CorrectedDrawing
from digitlab.drawings.report import SheetReport
from digitlab.drawings.sheet import PAPERS, boxes_from_photo, draw_sheet, save_sheet
from digitlab.drawings.store import Drawings
from tests.strokes import PAD, TEMPLATES

EMPTY = [(1, 7), (4, 0), (9, 9)]  # digit and column of the boxes that nobody wrote in
LETTER = (6, 3)  # where somebody wrote an X
MM = 300 / 25.4


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


@functools.cache
def filled(paper="a4", pen=(40, 50, 110), width=0.7) -> Image.Image:
    """A sheet on which somebody wrote in 97 boxes; the boxes are found by their colour."""
    sheet = draw_sheet(paper)
    pixels = np.asarray(sheet).astype(int)
    is_line = (pixels[..., 0] == 255) & (pixels[..., 2] < 200)
    n, _, found, _ = cv2.connectedComponentsWithStats(is_line.astype(np.uint8))
    boxes = sorted(found[1:n].tolist(), key=lambda box: (round(box[1] / 100), box[0]))
    assert len(boxes) == 100
    random = np.random.default_rng(0)
    draw = ImageDraw.Draw(sheet)
    for number, (left, top, wide, tall, _) in enumerate(boxes):
        place = (number // 10, number % 10)
        if place in EMPTY:
            continue
        strokes = TEMPLATES[place[0]]
        if place == LETTER:
            strokes = [[(60, 50), (220, 240)], [(220, 50), (60, 240)], [(60, 145), (220, 145)]]
        scale = min(wide, tall) / PAD[0] * random.uniform(0.7, 0.9)
        corner = (left, top) + (np.array([wide, tall]) - np.array(PAD) * scale) / 2
        corner += random.uniform(-1, 1, size=2) * MM
        for stroke in strokes:
            points = [tuple(corner + np.array(point) * scale) for point in stroke]
            draw.line(points, fill=pen, width=round(width * MM), joint="curve")
    return sheet


@functools.cache
def grain(side: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((side, side, 3), np.float32)


def photographed(
    sheet, *, turn=0, tilt=0.0, shadow=False, blur=0.0, crop=None, grey=False, side=2400, noise=3
):
    """The sheet on a dark table, as a phone sees it."""
    width, height = sheet.size
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    scale = side / (1.35 * height)
    target = (corners - [width / 2, height / 2]) * scale
    angle = np.deg2rad(turn)
    target = target @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target *= (1 + tilt * target[:, 1:] / side) * (1 + tilt / 2 * target[:, :1] / side)
    target += side / 2
    flat = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    photo = cv2.warpPerspective(
        np.asarray(sheet), flat, (side, side), flags=cv2.INTER_AREA, borderValue=(70, 60, 50)
    ).astype(np.float32)
    light = np.linspace(0.95, 0.75, side, dtype=np.float32)[:, None, None]
    light = light * np.float32([1.0, 0.96, 0.88])
    if shadow:
        rows, columns = np.ogrid[:side, :side]
        light = light * np.where(columns + 0.3 * rows > 0.6 * side, np.float32(0.55), 1)[..., None]
    photo = photo * light + np.float32(noise) * grain(side)
    if blur:
        photo = cv2.GaussianBlur(photo, (0, 0), blur)
    image = Image.fromarray(photo.clip(0, 255).astype(np.uint8))
    if grey:
        image = image.convert("L")
    if crop:
        image = image.crop([round(side * share) for share in crop])
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()


def assert_is_kept(drawings, report):
    assert str(report) == "97 digits, 3 boxes empty, 1 looks like no digit"
    labels = [drawing.label for drawing in drawings]
    wanted = [digit for digit in range(10) for n in range(10) if (digit, n) not in EMPTY]
    assert labels == wanted
    [suspect] = [drawing for drawing in drawings if drawing.suspect]
    assert suspect.label == LETTER[0]
    right = sum(drawing.prediction.digit == drawing.label for drawing in drawings)
    assert right >= 95
    pictures, labels = drawings.pictures()
    assert (len(pictures), len(labels)) == (96, 96)


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param({}, id="from above"),
        pytest.param({"turn": 17}, id="turned"),
        pytest.param({"turn": 90}, id="on its side"),
        pytest.param({"turn": 180}, id="upside down"),
        pytest.param({"tilt": 0.35, "turn": -6}, id="tilted"),
        pytest.param({"shadow": True}, id="shadowed"),
        pytest.param({"blur": 2.0}, id="blurred"),
        pytest.param({"crop": (0, 0, 0.775, 1), "turn": 12}, id="cropped"),
        pytest.param({"grey": True}, id="without colour"),
        pytest.param({"turn": 8, "tilt": 0.2, "shadow": True, "blur": 1.2}, id="all of it"),
    ],
)
def test_what_was_written_on_a_sheet_is_kept(tmp_path, classifier, photo):
    drawings = Drawings(tmp_path / "drawings.sqlite3")
    report = drawings.from_photo(photographed(filled(), **photo), classifier=classifier)
    assert_is_kept(drawings, report)


@pytest.mark.parametrize(
    ("pen", "width"), [((20, 20, 20), 1.4), ((130, 130, 130), 0.5)], ids=["felt pen", "pencil"]
)
def test_other_pens_and_paper_will_do(tmp_path, classifier, pen, width):
    drawings = Drawings(tmp_path / "drawings.sqlite3")
    sheet = filled("letter", pen, width)
    report = drawings.from_photo(photographed(sheet, side=3000), classifier=classifier)
    assert_is_kept(drawings, report)


@pytest.mark.parametrize("noise", [0, 3, 8])
def test_on_an_empty_sheet_there_is_nothing(tmp_path, classifier, noise):
    drawings = Drawings(tmp_path / "drawings.sqlite3")
    photo = photographed(draw_sheet(), noise=noise, shadow=True)
    assert str(drawings.from_photo(photo, classifier=classifier)) == "0 digits, 100 boxes empty"
    assert len(drawings) == 0


@pytest.mark.parametrize(
    ("crop", "n"), [((0.2, 0.2, 0.8, 0.8), "none"), ((0, 0, 1, 0.5), "2")], ids=["none", "two"]
)
def test_without_markers_it_says_what_to_do(crop, n):
    with pytest.raises(ImageError, match=f"{n} of the four markers.*Lay the sheet flat"):
        boxes_from_photo(photographed(filled(), crop=crop))


def test_images_of_digits_are_handed_on_as_strokes_are(tmp_path, classifier):
    drawings, others = (Drawings(tmp_path / f"{name}.sqlite3") for name in "ab")
    photo = photographed(filled())
    for _ in range(2):  # the same photograph adds nothing the second time
        assert drawings.from_photo(photo, classifier=classifier).kept == 97
        assert len(drawings) == 97
    drawings.add(TEMPLATES[7], size=PAD, label=7)
    assert drawings.export(tmp_path / "all.jsonl.gz") == 98
    assert others.load(tmp_path / "all.jsonl.gz") == 98
    for kept, copied in zip(drawings, others, strict=True):
        assert replace(kept, id=None) == replace(copied, id=None)
        np.testing.assert_array_equal(kept.picture, copied.picture)
    assert others.load(tmp_path / "all.jsonl.gz") == 0


def test_a_drawing_of_ink_has_the_picture_that_was_read(classifier):
    ink = np.zeros((400, 300), np.float32)
    ink[50:350, 140:170] = 1
    drawing = CorrectedDrawing.of_ink(ink, 1).checked()
    assert drawing.checked() == drawing
    assert max(drawing.size) == 100
    assert classifier.probabilities([drawing.picture]).argmax() == 1


def test_the_contact_sheet_shows_each_digit_in_its_place():
    drawings = [
        CorrectedDrawing(TEMPLATES[n // 10], PAD, n // 10, suspect=divmod(n, 10) == LETTER)
        for n in range(100)
    ]
    for digit, column in EMPTY:
        drawings[10 * digit + column] = None
    picture = np.asarray(SheetReport(drawings).contact_sheet()).astype(int)
    cells = [
        [cell[3:59, 3:59] for cell in np.split(row[:, 3:-3], 10, axis=1)]
        for row in np.split(picture[3:-3], 10)
    ]
    for digit, row in enumerate(cells):
        for column, cell in enumerate(row):
            assert (cell.min() < 100) == ((digit, column) not in EMPTY)
    is_red = (picture[..., 0] > 150) & (picture[..., 1] < 100)
    rows, columns = np.nonzero(is_red)
    assert (rows.min() // 62, columns.min() // 62) == LETTER


def test_the_pdf_is_printed_in_full_size(tmp_path):
    for paper, (width, height) in PAPERS.items():
        save_sheet(tmp_path / f"{paper}.pdf", paper)
        content = (tmp_path / f"{paper}.pdf").read_bytes()
        assert content.startswith(b"%PDF")
        box = content.split(b"/MediaBox [")[1].split(b"]")[0].split()
        np.testing.assert_allclose(
            [float(number) / 72 * 25.4 for number in box[2:]], [width, height], atol=0.1
        )
    [choice] = [option.type for option in cli.commands["sheet"].params if option.name == "paper"]
    assert list(PAPERS) == list(choice.choices)
