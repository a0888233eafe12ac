"""What holds for all figures: a description in words, and a picture with an alternative text."""

import io
import subprocess
import sys

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.text import Text
from PIL import Image

from digitlab.course import figures
from digitlab.course.figures.described import _SAID, INK

SEVEN = [[(60, 50), (200, 50), (110, 240)]]


@pytest.fixture(
    params=["digit_grid", "loss_curves", "confusion_matrix", "mistakes", "probability_bars"]
)
def figure(request, digits, report, prediction):
    """Each of the figures."""
    return {
        "digit_grid": lambda: figures.digit_grid(digits.images, labels=digits.labels, title="Some"),
        "loss_curves": lambda: figures.loss_curves({"ill": [2.3, 2.4], "cured": [2.3, 0.2]}),
        "confusion_matrix": lambda: figures.confusion_matrix(report),
        "mistakes": lambda: figures.mistakes(digits, report),
        "probability_bars": lambda: figures.probability_bars(prediction, strokes=SEVEN),
    }[request.param]()


def captions(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_a_notebook_gets_a_picture_of_the_stated_size_and_the_description(figure):
    data, metadata = DisplayFormatter().format(figure)
    assert data["text/plain"] == figure.description
    image = Image.open(io.BytesIO(data["image/png"]))
    shown = metadata["image/png"]
    assert image.width / shown["width"] == pytest.approx(image.height / shown["height"], rel=0.01)
    assert 250 < shown["width"] < 850
    assert metadata["image/png"]["alt"].startswith(figure.description)
    assert len(data["image/png"]) < 120_000


@pytest.mark.parametrize("page", ["white", "#111111"])
def test_a_figure_can_be_read_on_a_white_and_on_a_dark_page(figure, page):
    data, _ = DisplayFormatter().format(figure)
    image = Image.open(io.BytesIO(data["image/png"])).convert("RGBA")
    paper = Image.new("RGBA", image.size, page)
    assert image.getpixel((0, 0))[3] == 0  # the page shines through
    for text in figure.findobj(Text):
        if text.get_text() and text.get_color() == INK:
            break
    else:
        pytest.fail("Nothing is written in the ink that suits every page.")
    shown = Image.alpha_composite(paper, image).convert("L")
    assert np.ptp(np.asarray(shown, int)) > 90


def test_nothing_black_or_white_is_left_outside_the_pictures(figure):
    DisplayFormatter().format(figure)
    on_pictures = {text for axes in figure.axes if axes.images for text in axes.texts}
    colours = {text.get_color() for text in set(figure.findobj(Text)) - on_pictures}
    assert not {"black", "white", "0.35"} & {str(colour) for colour in colours}


def test_no_sentence_is_left_of_a_figure_that_is_gone():
    assert set(_SAID) <= set(vars(figures))


def test_a_description_is_a_sentence(figure):
    assert figure.description[0].isupper()
    assert figure.description.endswith(".")


def test_every_figure_has_a_title(figure):
    assert figure.get_suptitle() or captions(figure)


def test_axes_with_a_scale_are_labelled(figure):
    for axes in figure.axes:
        if axes.get_xticks().size and axes.axison and axes.get_label() != "<colorbar>":
            assert axes.get_xlabel(), axes
            assert axes.get_ylabel(), axes


def test_making_a_figure_leaves_pyplot_alone(figure):
    import matplotlib.pyplot as plt

    assert figure not in map(plt.figure, plt.get_fignums())
    assert plt.get_fignums() == []


# In an interpreter of its own: what is said to IPython's shell stays said. The formats are chosen
# before the figures are there, and once more when they are.
PROGRAM = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
shell = InteractiveShell.instance()
select_figure_formats(shell, {"png"})
from digitlab.course.figures.accuracy import accuracy_against
figure = accuracy_against([0, 1], {"curve": [0.5, 0.6]}, amount="shift (pixels)", title="Moved")
for _ in range(2):
    data, metadata = shell.display_formatter.format(figure)
    assert metadata["image/png"]["alt"] == figure.alternative_text, metadata
    assert metadata["image/png"]["width"] == 576, metadata
    select_figure_formats(shell, {"png"})
"""


def test_the_alternative_text_outlives_matplotlibs_inline_backend():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
