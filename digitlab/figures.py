"""Figures: the plots that the notebooks show.

Each function returns a `DescribedFigure`: an ordinary matplotlib figure that carries its
description along, for who cannot see it and for the test that compares a notebook's outputs.
Nothing here goes through pyplot, so there is no figure left open and none drawn twice.

The colours are Okabe and Ito's, which differ for colour-blind readers too; wherever colour tells
something, a position, a number or a word tells it as well.
"""

import io
from collections.abc import Sequence

import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from digitlab.classifier import Prediction
from digitlab.data import Digits
from digitlab.evaluation import Report
from digitlab.training import History

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#8C8C8C"
"""Okabe & Ito, "Color universal design", 2008; and a grey for what is only there to compare."""

_SHARPNESS = 1.5  # pixels drawn for each pixel shown: enough for a good screen, small in git


class DescribedFigure(Figure):
    """A figure that knows in words what it shows.

    In a notebook its text form is ``description``, which holds no measured number and so is the
    same on every machine. The picture's alternative text adds ``findings``; it is kept where
    Jupyter's tools look for it, the key ``alt`` in the picture's metadata.

    Parameters
    ----------
    size : (width, height)
        In inches; a notebook shows 96 pixels an inch.
    description : str
        What is plotted against what, in a sentence.
    findings : str
        What is to be seen in this one, in a sentence, numbers included.
    """

    def __init__(self, size: tuple[float, float], *, description: str, findings: str = ""):
        super().__init__(figsize=size, dpi=96, layout="constrained")
        self.description = description
        self.findings = findings

    def __repr__(self) -> str:
        """Return the description: a notebook shows it where it cannot show the picture."""
        return self.description

    @property
    def alternative_text(self) -> str:
        """Description and findings, for who cannot see the picture."""
        return f"{self.description} {self.findings}".strip()

    def _repr_png_(self) -> tuple[bytes, dict]:
        """Draw the picture for a notebook, with its size on the page and its alternative text."""
        png = io.BytesIO()
        self.savefig(png, format="png", dpi=self.dpi * _SHARPNESS)
        width, height = (round(inches * self.dpi) for inches in self.get_size_inches())
        return png.getvalue(), {"width": width, "height": height, "alt": self.alternative_text}


def digit_grid(
    pictures: Sequence[np.ndarray],
    *,
    labels: Sequence[int | str] | None = None,
    columns: int = 10,
    title: str = "Handwritten digits",
) -> DescribedFigure:
    """Show digit pictures side by side, dark ink on white paper.

    Parameters
    ----------
    pictures : sequence of arrays or torch.Tensor
        ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : sequence of int or str, optional
        What to write above each picture.
    columns : int
        Pictures in a row.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        With one axes a picture.

    Raises
    ------
    ValueError
        If there is no picture, or not one label for each.

    Examples
    --------
    >>> digit_grid(np.zeros((3, 28, 28)), labels=[7, 2, 1])
    Handwritten digits: 3 pictures, labelled 7, 2, 1.
    """
    if not len(pictures):
        raise ValueError("There is no picture to show: expected at least one, (n, 28, 28).")
    if labels is not None and len(labels) != len(pictures):
        raise ValueError(f"Expected a label for each of {len(pictures)} pictures: {len(labels)}.")
    captions = [""] * len(pictures) if labels is None else [_word(label) for label in labels]
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    # A label of several lines or words needs room above its picture, and beside it.
    lines = max(caption.count("\n") + 1 if caption else 0 for caption in captions)
    size = (columns * (0.75 if lines < 2 else 1.25), rows * (0.75 + 0.17 * lines) + 0.45)
    labelled = "" if labels is None else f", labelled {', '.join(captions)}".replace("\n", " ")
    plural = "picture" if len(pictures) == 1 else "pictures"
    figure = DescribedFigure(
        (max(size[0], 3.0), size[1]), description=f"{title}: {len(pictures)} {plural}{labelled}."
    )
    figure.suptitle(title, fontsize="medium")
    all_axes = figure.subplots(rows, columns, squeeze=False).flat
    for axes, picture, caption in zip(all_axes, pictures, captions, strict=False):
        _show_picture(axes, picture)
        axes.set_title(caption, fontsize="small", pad=3)
    for axes in all_axes[len(pictures) :]:
        axes.set_axis_off()
    return figure


def training_curve(
    history: History, *, target: float | None = None, epochs: int | None = None
) -> DescribedFigure:
    """Plot the training loss and the validation accuracy, epoch by epoch.

    Parameters
    ----------
    history : History
        From `digitlab.training.train`, finished or not.
    target : float, optional
        An accuracy to draw a line at, 0 to 1.
    epochs : int, optional
        How many there will be, so that the axes hold still while a live curve grows.

    Returns
    -------
    DescribedFigure
        Loss on the left, accuracy on the right.
    """
    figure = DescribedFigure(
        (7.2, 2.9),
        description="Two curves against the epoch: training loss, and validation accuracy.",
        findings=_course(history),
    )
    left, right = figure.subplots(1, 2)
    counted = range(1, len(history.loss) + 1)
    left.plot(counted, history.loss, "o-", color=VERMILION)
    left.set(title="Training loss", ylabel="negative log-likelihood (nats)")
    left.set_ylim(bottom=0)
    percents = [100 * accuracy for accuracy in history.validation_accuracy]
    right.plot(counted, percents, "o-", color=BLUE)
    right.set(title="Validation accuracy", ylabel="digits read right (%)")
    if target is not None:
        right.axhline(100 * target, color=GREY, linestyle="--", label=f"target {_percent(target)}")
        right.legend(loc="lower right", frameon=False)
    right.margins(y=0.2)
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.set_xlim(0.7, max(epochs or 0, len(history.loss), 1) + 0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _quieten(axes)
    return figure


class LiveCurve:
    """A `training_curve` that grows in the notebook while the network trains.

    Parameters
    ----------
    target : float, optional
        An accuracy to draw a line at, 0 to 1.
    epochs : int, optional
        How many there will be.

    Examples
    --------
    ``train(on_epoch=curve)`` calls it after each epoch:

    >>> curve = LiveCurve(target=0.99, epochs=2)
    >>> callable(curve)
    True
    """

    def __init__(self, *, target: float | None = None, epochs: int | None = None):
        self._options = {"target": target, "epochs": epochs}
        self._handle = None

    def __call__(self, history: History) -> None:
        """Draw the history so far in the place of the curve before."""
        figure = training_curve(history, **self._options)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)


def confusion_matrix(report: Report) -> DescribedFigure:
    """Show which digit was read as which.

    Parameters
    ----------
    report : Report
        From `digitlab.evaluation.evaluate`.

    Returns
    -------
    DescribedFigure
        One square for each pair of digits. Those read right, on the diagonal, are so many more
        than the others that they are left uncoloured: the colour is for the mistakes.
    """
    counts = np.asarray(report.confusion)
    wrong = counts * (1 - np.eye(10, dtype=counts.dtype))
    true, read = np.unravel_index(wrong.argmax(), wrong.shape)
    figure = DescribedFigure(
        (5.6, 5.1),
        description="Confusion matrix: how often each digit (row) was read as each (column).",
        findings=f"The most frequent mistake: {true} read as {read}, {wrong.max()} times.",
    )
    axes = figure.subplots()
    image = axes.imshow(wrong, cmap="Blues", vmin=0, vmax=max(wrong.max(), 1))
    for (row, column), count in np.ndenumerate(counts):
        dark = row != column and count > wrong.max() / 2
        colour = GREY if row == column else "white" if dark else "black"
        text = str(count) if count else ""
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize="small")
    axes.set(xticks=range(10), yticks=range(10), xlabel="read as (digit)", ylabel="is (digit)")
    axes.set_title("What is read as what")
    bar = figure.colorbar(image, shrink=0.8, label="mistakes (count)")
    bar.locator = MaxNLocator(integer=True)
    bar.update_ticks()
    return figure


def mistakes(digits: Digits, report: Report, *, count: int = 15) -> DescribedFigure:
    """Show the digits that the network got wrong, the most confident mistake first.

    Parameters
    ----------
    digits : Digits
        Those that were evaluated.
    report : Report
        What `digitlab.evaluation.evaluate` said of them.
    count : int
        Show so many at most.

    Returns
    -------
    DescribedFigure
        Above each picture: what it is, what it was read as, and how confidently.

    Raises
    ------
    ValueError
        If there is no mistake to show.
    """
    worst = report.errors[:count]
    if not len(worst):
        raise ValueError("There is no mistake to show: every digit was read right.")
    confidence, answers = report.probabilities[worst].max(dim=1)
    labels = digits.labels[worst].tolist()
    captions = [
        f"{label}, read as {answer}\n{_percent(sure)} sure"
        for label, answer, sure in zip(labels, answers.tolist(), confidence.tolist(), strict=True)
    ]
    title = "The most confident mistakes"
    figure = digit_grid(digits.images[worst], labels=captions, columns=5, title=title)
    # Which digits these are differs from machine to machine, so it is not for the description.
    figure.findings = figure.description.partition(": ")[2]
    figure.description = f"{title}: pictures, each with its label, the answer and its probability."
    return figure


def probability_bars(
    prediction: Prediction,
    *,
    strokes: Sequence[Sequence[tuple[float, float]]] | None = None,
    title: str = "What the network says",
) -> DescribedFigure:
    """Show the picture that the network saw and the ten probabilities that it gave.

    Parameters
    ----------
    prediction : Prediction
        From `digitlab.Classifier`.
    strokes : sequence of strokes, optional
        The path of the pen, ``[[(x, y), …], …]`` with y down, shown to the left of the picture.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        The strokes if given, the picture, the bars.
    """
    drawn = "the path of the pen, " if strokes is not None else ""
    figure = DescribedFigure(
        (8.4 if strokes is not None else 6.2, 2.7),
        description=f"{title}: {drawn}the digit picture, and a bar for each of ten probabilities.",
        findings=f"The highest: {prediction.digit}, {_percent(prediction.confidence)}.",
    )
    figure.suptitle(title, fontsize="medium")
    widths = [1, 1, 1.6] if strokes is not None else [1, 1.6]
    *before, picture, bars = figure.subplots(1, len(widths), width_ratios=widths)
    for axes in before:
        _show_strokes(axes, strokes)
    _show_picture(picture, prediction.picture)
    picture.set_title("28 × 28 pixels", fontsize="small")
    colours = [BLUE if digit == prediction.digit else GREY for digit in range(10)]
    bars.bar(range(10), 100 * prediction.probabilities, color=colours)
    bars.set(xticks=range(10), ylim=(0, 100), xlabel="digit", ylabel="probability (%)")
    bars.set_title(f"read as {prediction.digit}", fontsize="small")
    _quieten(bars)
    return figure


def _show_picture(axes, picture) -> None:
    """Draw a digit picture: ink dark, paper white, a thin frame, no ticks."""
    axes.imshow(np.asarray(picture), cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("0.8")


def _show_strokes(axes, strokes) -> None:
    """Draw the path of the pen as it went, each stroke beginning with a dot."""
    for stroke in strokes:
        x, y = np.asarray(stroke, dtype=float).T
        axes.plot(x, y, color=VERMILION, linewidth=2)
        axes.plot(x[0], y[0], "o", color=VERMILION)
    axes.set(xticks=[], yticks=[])
    axes.set_box_aspect(1)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.15)
    axes.invert_yaxis()
    axes.set_title("the path of the pen", fontsize="small")
    axes.spines[:].set_color("0.8")


def _quieten(axes) -> None:
    """Leave out the lines that say nothing, and add those that help to read a height."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)


def _course(history: History) -> str:
    """Tell in a sentence how training went."""
    if not history.loss:
        return "No epoch has ended yet."
    accuracies = history.validation_accuracy
    return (
        f"In {len(history.loss)} epochs the loss went from {history.loss[0]:.3f} to "
        f"{history.loss[-1]:.3f}, the accuracy from {_percent(accuracies[0])} to "
        f"{_percent(accuracies[-1])}."
    )


def _percent(share: float) -> str:
    """Write 0.99 as 99 %, and 0.9947 as 99.5 %."""
    return f"{round(100 * share, 1):g} %"


def _word(label: int | str) -> str:
    """Write a label: ``tensor(7)`` as 7, and text as it is."""
    return label if isinstance(label, str) else str(int(label))
