"""The figures: what they show is read back from the figure, or from the picture it makes."""

import io

import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from digitlab.classifier.base import Prediction
from digitlab.course import figures
from digitlab.lab.data import Digits
from digitlab.lab.evaluation import evaluate
from digitlab.lab.history import History

HISTORY = History(loss=[0.4, 0.1, 0.05], validation_accuracy=[0.9, 0.98, 0.991], seconds=[1, 2, 3])
SEVEN = [[(60, 50), (200, 50), (110, 240)]]


class Echo(torch.nn.Module):
    """A network for tests: pixel d of the first row is how probable it finds digit d."""

    def __init__(self):
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def forward(self, pictures):
        """Pictures ``(n, 1, 28, 28)`` to log-probabilities ``(n, 10)``."""
        return pictures[:, 0, 0, :10].log() + self.nothing


@pytest.fixture
def digits():
    """Four pictures, with what Echo answers: 3 (right), 9 for a 4, 1 (right), 0 for a 6."""
    answers, sure, labels = (3, 9, 1, 0), (0.9, 0.7, 0.8, 0.97), (3, 4, 1, 6)
    images = torch.zeros(4, 28, 28)
    images[:, 0, :10] = torch.tensor([(1 - share) / 9 for share in sure])[:, None]
    images[range(4), 0, answers] = torch.tensor(sure)
    return Digits(images=images, labels=torch.tensor(labels))


@pytest.fixture
def report(digits):
    return evaluate(Echo(), digits)


@pytest.fixture
def prediction():
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[7] = 0.91
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 10:18] = 1
    return Prediction(probabilities, picture)


@pytest.fixture(
    params=["digit_grid", "training_curve", "confusion_matrix", "mistakes", "probability_bars"]
)
def figure(request, digits, report, prediction):
    """Each of the figures."""
    return {
        "digit_grid": lambda: figures.digit_grid(digits.images, labels=digits.labels),
        "training_curve": lambda: figures.training_curve(HISTORY, target=0.99),
        "confusion_matrix": lambda: figures.confusion_matrix(report),
        "mistakes": lambda: figures.mistakes(digits, report),
        "probability_bars": lambda: figures.probability_bars(prediction, strokes=SEVEN),
    }[request.param]()


def texts(axes):
    return [text.get_text() for text in axes.texts]


def captions(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


# What holds for all of them


def test_a_notebook_gets_a_picture_of_the_stated_size_and_the_description(figure):
    data, metadata = DisplayFormatter().format(figure)
    assert data["text/plain"] == figure.description
    image = Image.open(io.BytesIO(data["image/png"]))
    shown = metadata["image/png"]
    assert image.width / shown["width"] == pytest.approx(image.height / shown["height"], rel=0.01)
    assert 250 < shown["width"] < 850
    assert metadata["image/png"]["alt"].startswith(figure.description)
    darkness = 255 - np.asarray(image.convert("L"), int)
    assert darkness.max() > 100
    assert len(data["image/png"]) < 120_000


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


# What each shows


def test_digit_grid_shows_each_picture_dark_on_white_under_its_label(digits):
    figure = figures.digit_grid(digits.images, labels=digits.labels, columns=3)
    assert captions(figure) == ["3", "4", "1", "6"]
    for axes, picture in zip(figure.axes, digits.images, strict=False):
        (image,) = axes.images
        assert np.array_equal(image.get_array(), picture)
        paper, ink = image.cmap(image.norm([0.0, 1.0]))[:, :3]
        assert paper.tolist() == [1, 1, 1]
        assert ink.tolist() == [0, 0, 0]
    assert [axes.axison for axes in figure.axes] == [True] * 4 + [False] * 2
    assert figure.description == "Handwritten digits: 4 pictures, labelled 3, 4, 1, 6."


@pytest.mark.parametrize(
    ("count", "labels", "complaint"),
    [(0, None, "no picture"), (2, [1], "label for each of 2"), (2, [1, 2, 3], "label for each")],
)
def test_digit_grid_refuses_what_does_not_match(count, labels, complaint):
    with pytest.raises(ValueError, match=complaint):
        figures.digit_grid(np.zeros((count, 28, 28)), labels=labels)


def test_training_curve_plots_the_history_and_the_target():
    left, right = figures.training_curve(HISTORY, target=0.99, epochs=5).axes
    assert left.lines[0].get_xydata().tolist() == [[1, 0.4], [2, 0.1], [3, 0.05]]
    assert right.lines[0].get_xydata() == pytest.approx(np.array([[1, 90], [2, 98], [3, 99.1]]))
    assert set(right.lines[1].get_ydata()) == {99}
    assert right.get_legend().get_texts()[0].get_text() == "target 99 %"
    assert left.get_xlim() == right.get_xlim() == (0.7, 5.3)


def test_training_curve_tells_how_it_went():
    figure = figures.training_curve(HISTORY)
    assert "from 0.400 to 0.050" in figure.alternative_text
    assert "from 90 % to 99.1 %" in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)


def test_training_curve_of_a_run_that_was_interrupted_at_once():
    figure = figures.training_curve(History(), target=0.99)
    assert "No epoch" in figure.alternative_text
    assert figure._repr_png_()[0]


def test_live_curve_draws_in_one_place(monkeypatch):
    messages = []
    publisher = InteractiveShell.instance().display_pub
    monkeypatch.setattr(publisher, "publish", lambda **message: messages.append(message))
    live = figures.LiveCurve(target=0.99, epochs=2)
    live(History([0.4], [0.9], [1]))
    live(History([0.4, 0.1], [0.9, 0.98], [1, 2]))
    first, second = messages
    assert first["transient"]["display_id"] == second["transient"]["display_id"]
    assert not first.get("update")
    assert second["update"]
    assert first["data"]["text/plain"] == second["data"]["text/plain"]  # what nbval compares
    assert first["data"]["image/png"] != second["data"]["image/png"]


def test_confusion_matrix_counts_all_and_colours_the_mistakes(report):
    figure = figures.confusion_matrix(report)
    axes = figure.axes[0]
    counts = np.array([int(text or 0) for text in texts(axes)]).reshape(10, 10)
    expected = np.zeros((10, 10), int)
    expected[[3, 4, 1, 6], [3, 9, 1, 0]] = 1
    assert counts.tolist() == expected.tolist()
    coloured = np.argwhere(np.asarray(axes.images[0].get_array()))
    assert coloured.tolist() == [[4, 9], [6, 0]]
    assert axes.get_ylabel().startswith("is")
    assert axes.get_xlabel().startswith("read as")
    assert "4 read as 9, 1 times" in figure.alternative_text


def test_mistakes_come_most_confident_first(digits, report):
    figure = figures.mistakes(digits, report)
    assert captions(figure) == ["6, read as 0\n97 % sure", "4, read as 9\n70 % sure"]
    assert np.array_equal(figure.axes[0].images[0].get_array(), digits.images[3])
    assert "6, read as 0 97 % sure" in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)
    assert captions(figures.mistakes(digits, report, count=1)) == ["6, read as 0\n97 % sure"]


def test_mistakes_of_a_network_without_any(digits):
    right = Digits(images=digits.images[[0, 2]], labels=digits.labels[[0, 2]])
    with pytest.raises(ValueError, match="every digit was read right"):
        figures.mistakes(right, evaluate(Echo(), right))


def test_probability_bars_are_as_high_as_the_probabilities(prediction):
    picture, bars = figures.probability_bars(prediction).axes
    assert np.array_equal(picture.images[0].get_array(), prediction.picture)
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == pytest.approx(100 * prediction.probabilities)
    colours = [bar.get_facecolor() for bar in bars.patches]
    assert colours.count(colours[7]) == 1
    assert bars.get_title() == "read as 7"


def test_strokes_are_shown_as_they_were_drawn(prediction):
    figure = figures.probability_bars(prediction, strokes=[*SEVEN, [(20, 30)]])
    path, start, dot = figure.axes[0].lines[:3]
    assert path.get_xydata().tolist() == [[60, 50], [200, 50], [110, 240]]
    assert start.get_xydata().tolist() == [[60, 50]]
    assert dot.get_xydata().tolist() == [[20, 30]]
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top  # y counts downwards
    assert "path of the pen" in figure.description
