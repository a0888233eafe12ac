import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.ink import ink_from_image


def drawing(mode="L", *, ink=0, paper=255, size=(60, 80)):
    """A seven with pixels of full ink and of full paper only."""
    image = Image.new(mode, size, paper)
    ImageDraw.Draw(image).line([(15, 15), (45, 15), (25, 65)], fill=ink, width=7)
    return image


DRAWING = drawing()
PIXELS = np.asarray(DRAWING)
INK = PIXELS == 0


def test_ink_is_one_and_paper_zero():
    ink = ink_from_image(DRAWING)
    assert ink.dtype == np.float32
    assert ink.shape == (80, 60)
    np.testing.assert_array_equal(ink, INK)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("black", "white"),
        ("white", "black"),
        ("navy", "khaki"),
        ("yellow", "darkgreen"),
        ("#808080", "#b0b0b0"),
    ],
)
def test_ink_is_what_differs_from_the_paper(ink, paper):
    np.testing.assert_array_equal(ink_from_image(drawing("RGB", ink=ink, paper=paper)) > 0.5, INK)


@pytest.mark.parametrize("ink", [(0, 0, 0, 255), (255, 255, 255, 255), (30, 60, 200, 255)])
@pytest.mark.parametrize("hidden", [(0, 0, 0, 0), (255, 255, 255, 0), (90, 200, 10, 0)])
def test_ink_on_transparent_paper_is_found_whatever_colour_hides_there(ink, hidden):
    np.testing.assert_array_equal(ink_from_image(drawing("RGBA", ink=ink, paper=hidden)) > 0.5, INK)


def test_half_transparent_ink_is_ink():
    np.testing.assert_array_equal(
        ink_from_image(drawing("RGBA", ink=(0, 0, 0, 128), paper=(0, 0, 0, 0))) > 0.5, INK
    )


@pytest.mark.parametrize(("ink", "paper"), [("black", "white"), ("white", "black")])
def test_transparent_corners_are_paper(ink, paper):
    image = drawing("RGBA", ink=ink, paper=paper)
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 59, 79), radius=8, fill=255)
    image.putalpha(mask)
    np.testing.assert_array_equal(ink_from_image(image) > 0.5, INK)


def test_grain_of_the_paper_is_not_ink():
    grain = np.random.default_rng(0).normal(0, 4, size=PIXELS.shape)
    grainy = np.where(INK, 30, 220) + grain
    found = ink_from_image(Image.fromarray(grainy.round().astype(np.uint8)))
    # The image is smoothed, so an edge may be softer than it was.
    beside_ink = np.asarray(Image.fromarray(INK).convert("L").filter(ImageFilter.MaxFilter(5))) > 0
    assert (found[~beside_ink] == 0).mean() > 0.999
    assert (found[INK] > 0.5).mean() > 0.95


def test_a_screened_image_that_has_no_grey_at_all_has_ink():
    paper = Image.fromarray(np.tile(np.linspace(60, 140, 300), (400, 1)).astype(np.uint8))
    ImageDraw.Draw(paper).line([(90, 80), (210, 80), (120, 320)], fill=255, width=25)
    found = ink_from_image(paper.convert("1"))  # as a newspaper prints it: black and white dots
    assert found.shape == (400, 300)
    assert found.max() == 1


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(Image.new("L", (30, 30), 255), id="white"),
        pytest.param(Image.new("L", (30, 30), 0), id="black"),
        pytest.param(Image.new("RGB", (30, 30), "teal"), id="teal"),
        pytest.param(Image.new("RGBA", (30, 30), (0, 0, 0, 0)), id="transparent"),
        pytest.param(Image.new("RGBA", (30, 30), (255, 0, 0, 0)), id="transparent red"),
        pytest.param(Image.new("L", (1, 1)), id="one pixel"),
        pytest.param(Image.new("1", (30, 30), 1), id="one bit"),
    ],
)
def test_an_image_of_one_colour_is_nothing_drawn(source):
    with pytest.raises(NothingDrawnError, match="nothing on this image"):
        ink_from_image(source)


@pytest.mark.parametrize(("ink", "paper"), [(240, 250), (0, 1), (1, 0)])
def test_a_shade_is_ink_where_the_paper_is_even(ink, paper):
    np.testing.assert_array_equal(ink_from_image(drawing(ink=ink, paper=paper)) > 0.5, INK)


def test_a_large_image_is_reduced_and_keeps_its_proportions():
    ink = ink_from_image(DRAWING.resize((60 * 50, 80 * 50), Image.Resampling.NEAREST))
    assert max(ink.shape) <= 1024
    assert ink.shape[0] / ink.shape[1] == pytest.approx(80 / 60, rel=0.01)
    assert ink.mean() == pytest.approx(INK.mean(), rel=0.02)


@pytest.mark.parametrize("tilt", [0, 4], ids=["level", "tilted"])
@pytest.mark.parametrize("squared", [False, True], ids=["ruled", "squared"])
@pytest.mark.parametrize("line", [235, 210, 180])
def test_lines_printed_on_the_paper_are_paper(line, squared, tilt):
    paper = Image.new("L", (400, 400), 250)
    brush = ImageDraw.Draw(paper)
    for at in range(9, 400, 32):
        brush.line([(0, at), (400, at)], fill=line, width=2)
        if squared:
            brush.line([(at, 0), (at, 400)], fill=line, width=2)
    paper = paper.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=250)
    seven = [(130, 90), (270, 90), (180, 310)]
    ImageDraw.Draw(paper).line(seven, fill=30, width=14, joint="curve")
    clean = Image.new("L", (400, 400), 250)
    ImageDraw.Draw(clean).line(seven, fill=30, width=14, joint="curve")
    found, expected = ink_from_image(paper), ink_from_image(clean)
    assert np.abs(found - expected).mean() < 0.01
    for axis in (0, 1):  # the box of the digit, which all that follows is measured by
        box, its_own = (np.flatnonzero((ink > 0.1).any(axis=axis)) for ink in (found, expected))
        assert box[[0, -1]] == pytest.approx(its_own[[0, -1]], abs=5)
