import itertools

import numpy as np
import pytest
import traitlets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipycanvas import canvas as ipycanvas

from digitlab.pad.history import Drawing
from digitlab.pad.paper import INK, Paper
from digitlab.pad.pen import Pen


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


def paper(drawing: Drawing) -> Paper:
    """Paper whose pen nobody hears."""
    return Paper(drawing, Pen({}, width=20 / 280), size=280)


@pytest.fixture
def lines(monkeypatch):
    """The lines that are painted, each an array of points in canvas pixels."""
    painted = []
    clear = lambda canvas: canvas.width > 1 and painted.clear()  # noqa: E731
    monkeypatch.setattr(ipycanvas.Canvas, "clear", clear)
    monkeypatch.setattr(ipycanvas.Canvas, "stroke_lines", lambda _, line: painted.append(line))
    return painted


def test_a_wider_pen_paints_everything_anew(lines):
    drawing = Drawing()
    sheet = paper(drawing)
    drawing.replace([[(1, 1), (2, 2)], [(3, 3)]])
    sheet.children[1].width = 5 / 280
    assert sheet.canvas.line_width == pytest.approx(10)
    assert [line[0].tolist() for line in lines] == [[2, 2], [6, 6]]


def test_a_screen_of_many_pixels_gets_as_many(lines):
    drawing = Drawing()
    drawing.replace([[(0, 0), (140, 280)]])
    sheet = paper(drawing)
    sheet.children[1].set_state({"resolution": 840})
    assert (sheet.canvas.width, sheet.canvas.height, sheet.canvas.line_width) == (840, 840, 60)
    assert lines[-1][-1].tolist() == [420, 840]
    with pytest.raises(traitlets.TraitError, match="resolution"):
        sheet.children[1].set_state({"resolution": 10**9})


def pieces(lines) -> set:
    """The straight pieces that lines are made of."""
    return {(*start, *end) for line in lines for start, end in itertools.pairwise(line.tolist())}


ACTS = st.lists(
    st.tuples(st.sampled_from(["down", "move", "move", "move", "up"]), st.integers(0, 5)),
    min_size=1,
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, cuts=st.sets(st.integers(0, 30)))
def test_what_is_painted_bit_by_bit_is_what_is_painted_at_once(lines, acts, cuts):
    lines.clear()
    drawing = Drawing()
    sheet = paper(drawing)
    sheet.repaint()
    act = {"down": drawing.pen_down, "move": drawing.pen_move, "up": lambda _: drawing.pen_up()}
    for n, (kind, place) in enumerate(acts):
        act[kind]((place, 2 * place % 7))
        if n in cuts and drawing.is_down:
            sheet.repaint()
        elif kind == "up":
            sheet.extend()
    drawing.pen_up()
    sheet.extend()
    sheet.extend()  # to which there is nothing to add
    bit_by_bit = pieces(lines)
    sheet.repaint()
    assert bit_by_bit == pieces(lines)
    sheet.close()


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
    drawing = Drawing()
    ink = np.zeros(shape, np.float32)
    ink[shape[0] // 4 : -shape[0] // 4, shape[1] // 4 : -shape[1] // 4] = 1
    drawing.replace([], Image(ink))
    paper(drawing).repaint()
    [(pixels, x, y)] = laid
    assert (x, y) == pytest.approx(corner, abs=1)
    assert pixels.shape == (size[1], size[0], 4)
    middle, edge = pixels[size[1] // 2, size[0] // 2], pixels[0, 0]
    assert middle.tolist() == [*INK, 255]
    assert edge[3] == 0
