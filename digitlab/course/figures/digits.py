"""Digit pictures side by side: with what they are, how they came about, and what is read there."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from digitlab.classifier import BaseClassifier, Prediction
from digitlab.course.figures.described import GREY, VERMILION, DescribedFigure, percent
from digitlab.lab import Digits, Report
from digitlab.preprocess import Stage

__all__ = ["digit_grid", "mistakes", "readings", "stage_pictures", "ways_compared"]


def digit_grid(
    pictures: ArrayLike, *, labels: Sequence[int | str] | None = None, title: str
) -> DescribedFigure:
    """Show digit pictures, ten in a row, dark ink on white paper.

    Parameters
    ----------
    pictures : sequence of arrays or torch.Tensor
        ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : sequence of int or str, optional
        What to write above each picture.
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
    >>> digit_grid(np.zeros((3, 28, 28)), labels=[7, 2, 1], title="Three digits")
    Three digits: 3 pictures, labelled 7, 2, 1.
    """
    pictures = np.asarray(pictures)
    if not len(pictures):
        raise ValueError("There is no picture to show: expected at least one, (n, 28, 28).")
    labels = [""] * len(pictures) if labels is None else labels
    if len(labels) != len(pictures):
        raise ValueError(f"Expected a label for each of {len(pictures)} pictures: {len(labels)}.")
    # Formatted, not str: so tensor(7) is written as 7.
    return _grid("digit_grid", pictures, [f"{label}" for label in labels], title=title)


def mistakes(digits: Digits, report: Report, *, count: int = 15) -> DescribedFigure:
    """Show the digits that the network got wrong, the most confident mistake first.

    Parameters
    ----------
    digits : Digits
        Those that were evaluated.
    report : Report
        What `digitlab.lab.evaluate` said of them.
    count : int
        How many to show at most.

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
    captions = [
        f"{label}, read as {answer}\n{percent(float(sure))} sure"
        for label, answer, sure in zip(digits.labels[worst], answers, confidence, strict=True)
    ]
    return _grid("mistakes", np.asarray(digits.images[worst]), captions, columns=5)


def readings(
    classifier: BaseClassifier, pictures: ArrayLike, *, labels: ArrayLike | None = None, title: str
) -> DescribedFigure:
    """Show pictures, ten in a row, and above each what a network reads and how sure it is.

    Parameters
    ----------
    classifier : BaseClassifier
        Who reads: a `digitlab.Classifier`, or what `digitlab.classifier.as_classifier` returned.
    pictures : sequence of arrays or torch.Tensor
        ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : sequence of int, optional
        What they are: what is read otherwise is coloured, and says so.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        What the classifier declines says "declined".

    Examples
    --------
    >>> from digitlab import Classifier
    >>> readings(Classifier.load(), np.zeros((2, 28, 28)), title="Nothing at all")
    Nothing at all: 2 pictures, each with what the network reads and how sure it is.
    """
    pictures = np.asarray(pictures)
    probabilities = classifier.probabilities(pictures)
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    read = zip(probabilities, pictures, strict=True)
    declined = [not Prediction(*one, classifier.threshold).is_digit for one in read]
    wrong = np.zeros(len(pictures), bool) if labels is None else answers != np.asarray(labels)
    words = np.where(declined, "declined", [f"read as {answer}" for answer in answers])
    captions = [
        f"{word}\n{100 * sure:.0f} %{', wrong' if is_wrong else ''}"
        for word, sure, is_wrong in zip(words, confidence.tolist(), wrong, strict=True)
    ]
    figure = _grid("readings", pictures, captions, title=title)
    for axes, is_declined, is_wrong in zip(figure.axes, declined, wrong, strict=False):
        if is_declined or is_wrong:
            axes.title.set_color(VERMILION if is_wrong else GREY)
    return figure


def _grid(
    name: str, pictures: np.ndarray, captions: list[str], *, columns: int = 10, title: str = ""
) -> DescribedFigure:
    """Draw pictures under their captions, and say how many they are and what is written there."""
    count, columns = len(pictures), min(columns, len(pictures))
    # A caption of several lines or words needs room above its picture, and beside it.
    lines = max(caption.count("\n") + 1 if caption else 0 for caption in captions)
    width = max(3.0, columns * (0.75 if lines < 2 else 1.25))
    height = -(-count // columns) * (0.75 + 0.17 * lines) + 0.45
    labelled = f", labelled {', '.join(captions)}".replace("\n", " ") if lines else ""
    said = f"{count} picture{'s' if count > 1 else ''}{labelled}"
    figure = DescribedFigure((width, height), name, title=title, count=count, pictures=said)
    figure.pictures(pictures, captions, columns, pad=3)
    return figure


def stage_pictures(stages: Sequence[Stage]) -> DescribedFigure:
    """Show the stages from a drawing to the digit picture.

    Parameters
    ----------
    stages : sequence of Stage
        From `digitlab.preprocess.stages_from_strokes` or `digitlab.preprocess.stages_from_ink`.

    Returns
    -------
    DescribedFigure
        One axes a stage, each with its name and its size.
    """
    names = [stage.name.lower() for stage in stages]
    figure = DescribedFigure((1.9 * len(stages), 2.6), "stage_pictures", names=names)
    sizes = [" × ".join(map(str, reversed(stage.picture.shape))) for stage in stages]
    captions = [f"{one.name}\n{size} pixels" for one, size in zip(stages, sizes, strict=True)]
    figure.pictures([stage.picture for stage in stages], captions, len(stages))
    return figure


def ways_compared(
    sheets: Sequence[Image.Image],
    ways: Mapping[str, Callable[[Image.Image], np.ndarray]],
    *,
    classifier: BaseClassifier,
) -> DescribedFigure:
    """Show sheets, what each way of preparing them makes of them, and what is read in that.

    Parameters
    ----------
    sheets : sequence of PIL.Image.Image
        Dark ink on white paper, with one digit each.
    ways : mapping of str to callable
        From a sheet to a digit picture, ``(28, 28)``, in ``[0, 1]``, ink = 1.
    classifier : BaseClassifier
        Who reads the pictures.

    Returns
    -------
    DescribedFigure
        A row for each sheet: the sheet, then for each way its picture with the answer above it.
    """
    rows, columns = len(sheets), 1 + len(ways)
    figure = DescribedFigure((2.0 * columns, 2.05 * rows + 0.5), "ways_compared", ways=ways)
    pictures, captions, read = [], [], []
    for sheet in sheets:
        pictures.append(1 - np.asarray(sheet.convert("L"), float) / 255)
        captions.append(f"the sheet, {sheet.width} × {sheet.height}")
        for name, way in ways.items():
            pictures.append(way(sheet))
            probabilities = classifier.probabilities(pictures[-1][None])[0]
            digit, sure = int(probabilities.argmax()), percent(float(probabilities.max()))
            captions.append(f"{name}:\n{digit}, {sure} sure")
            read.append(f"{name} {digit}")
    figure.pictures(pictures, captions, columns)
    figure.tell(f"What is read, row by row: {', '.join(read)}.")
    return figure
