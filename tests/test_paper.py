import re

import numpy as np
import pytest
from ipycanvas import canvas as ipycanvas

from digitlab.paper import INK, Paper
from digitlab.pen import Drawing


class Image:
    """Stands in for a scan."""

    def __init__(self, ink):
        self.ink = ink


@pytest.fixture
def sent(monkeypatch):
    """The commands that the canvas was sent, each message a list."""
    messages = []
    monkeypatch.setattr(
        ipycanvas._CanvasManager,
        "_send_custom",
        lambda _, commands, buffers=(): messages.append(commands),
    )
    return messages


def painted(paper: Paper) -> dict[str, float]:
    """What the page is told."""
    [widget] = [child for child in paper.children if "digitlab-painted" in child._dom_classes]
    return {name: float(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', widget.value)}


def test_the_page_is_told_what_was_painted_after_it_was_painted(sent):
    paper, drawing = Paper(size=280, pen_width=20), Drawing()
    drawing.pen_down((10, 10))
    paper.extend(drawing)
    assert painted(paper) == {"strokes": 1, "points": 1, "pen": 40, "version": 0}
    drawing.pen_move((20, 20))
    paper.extend(drawing)
    assert painted(paper) == {"strokes": 1, "points": 2, "pen": 40, "version": 0}
    drawing.undo()
    paper.pen_width = 5
    paper.repaint(drawing)
    assert painted(paper) == {"strokes": 0, "points": 0, "pen": 10, "version": 1}
    assert len(sent) == 3


def test_paint_goes_before_the_word_of_it(sent):
    paper, drawing = Paper(size=280, pen_width=20), Drawing()
    order = []
    [widget] = [child for child in paper.children if "digitlab-painted" in child._dom_classes]
    widget.observe(lambda _: order.append(len(sent)), "value")
    paper.repaint(drawing)
    drawing.pen_down((10, 10))
    paper.extend(drawing)
    assert order == [1, 2]


@pytest.mark.parametrize(
    ("shape", "corner", "size"),
    [
        ((28, 28), (0, 0), (560, 560)),
        ((50, 100), (0, 140), (560, 280)),
        ((900, 300), (187, 0), (187, 560)),
    ],
)
def test_an_image_is_fitted_and_centred_in_the_colour_of_ink(
    sent, monkeypatch, shape, corner, size
):
    laid = []
    monkeypatch.setattr(
        ipycanvas.Canvas, "put_image_data", lambda _, *arguments: laid.append(arguments)
    )
    paper, drawing = Paper(size=280, pen_width=20), Drawing()
    ink = np.zeros(shape, np.float32)
    ink[shape[0] // 4 : -shape[0] // 4, shape[1] // 4 : -shape[1] // 4] = 1
    drawing.put(Image(ink))
    paper.repaint(drawing)
    [(pixels, x, y)] = laid
    assert (x, y) == pytest.approx(corner, abs=1)
    assert pixels.shape == (size[1], size[0], 4)
    middle, edge = pixels[size[1] // 2, size[0] // 2], pixels[0, 0]
    assert middle.tolist() == [*INK, 255]
    assert edge[3] == 0
