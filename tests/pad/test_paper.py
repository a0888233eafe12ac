import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipycanvas import canvas as ipycanvas

from digitlab.pad.history import Drawing
from digitlab.pad.paper import INK, Paper


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


def pen_width(paper: Paper) -> float:
    """What the page is told."""
    [widget] = [child for child in paper.children if "digitlab-painted" in child._dom_classes]
    return float(re.search(r'data-pen="([^"]*)"', widget.value)[1])


def test_the_page_is_told_the_width_of_the_pen_with_which_all_is_painted():
    paper, drawing = Paper(size=280, pen_width=20), Drawing()
    assert pen_width(paper) == 40
    paper.pen_width = 5
    assert pen_width(paper) == 40
    paper.repaint(drawing)
    assert pen_width(paper) == 10


@pytest.fixture
def pieces(monkeypatch):
    """The pieces of line that were painted, each from point to point, in canvas pixels."""
    painted = []
    paint = lambda _, pieces: painted.extend(np.asarray(pieces).reshape(-1, 4).tolist())  # noqa: E731
    monkeypatch.setattr(ipycanvas.Canvas, "stroke_line_segments", paint)
    return painted


ACTS = st.lists(
    st.tuples(st.sampled_from(["down", "move", "move", "move", "up"]), st.integers(0, 5)),
    min_size=1,
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, cuts=st.sets(st.integers(0, 30)))
def test_moves_are_painted_the_same_one_by_one_and_together(pieces, acts, cuts):
    painted = []
    for together in (False, True):
        paper, drawing, is_due = Paper(size=280, pen_width=20), Drawing(), False
        move = {
            "down": drawing.pen_down,
            "move": drawing.pen_move,
            "up": lambda _, drawing=drawing: drawing.pen_up(),
        }
        for n, (act, place) in enumerate(acts, start=1):
            is_due |= move[act]((place, 2 * place))
            if is_due and (not together or n in cuts or n == len(acts)):
                paper.extend(drawing)
                is_due = False
        paper.close()
        painted.append(set(map(tuple, pieces)))
        pieces.clear()
    one_by_one, together = painted
    assert together <= one_by_one
    # A stroke's first point by itself is a dot, and then the end of a line.
    assert all((x, y) == (to_x, to_y) for x, y, to_x, to_y in one_by_one - together)


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
