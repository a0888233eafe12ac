"""Drawings with what a network reads in each."""

from collections.abc import Sequence

import numpy as np

from digitlab.classifier import BaseClassifier
from digitlab.course.figures.described import GREY, VERMILION, DescribedFigure
from digitlab.course.figures.digits import digit_grid


def readings(
    classifier: BaseClassifier,
    pictures: Sequence[np.ndarray],
    *,
    labels: Sequence[int] | None = None,
    columns: int = 10,
    title: str = "What the network reads",
) -> DescribedFigure:
    """Show pictures, and above each what a network reads there and how sure it is.

    Parameters
    ----------
    classifier : BaseClassifier
        Who reads: a `digitlab.Classifier`, or what `digitlab.classifier.as_classifier` returned.
    pictures : sequence of arrays or torch.Tensor
        ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : sequence of int, optional
        What they are: what is read otherwise is coloured, and says so.
    columns : int
        Pictures in a row.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        What the classifier declines, being below its threshold, says "declined".

    Examples
    --------
    >>> from digitlab import Classifier
    >>> readings(Classifier.load(), np.zeros((2, 28, 28)), title="Nothing at all")
    Nothing at all: 2 pictures, each with what the network reads and how sure it is.
    """
    probabilities = classifier.probabilities(np.asarray(pictures))
    confidence, answers = probabilities.max(axis=1), probabilities.argmax(axis=1)
    captions = [
        _caption(int(answer), float(sure), declined=sure < classifier.threshold)
        for answer, sure in zip(answers, confidence, strict=True)
    ]
    wrong = np.zeros(len(captions), bool) if labels is None else answers != np.asarray(labels)
    captions = [
        f"{caption}, wrong" if is_wrong else caption
        for caption, is_wrong in zip(captions, wrong, strict=True)
    ]
    figure = digit_grid(pictures, labels=captions, columns=columns, title=title)
    # What is read may differ from network to network, so it is not for the description.
    figure.findings = figure.description.partition(": ")[2]
    figure.description = (
        f"{title}: {len(captions)} pictures, each with what the network reads and how sure it is."
    )
    for axes, caption, is_wrong in zip(figure.axes, captions, wrong, strict=False):
        if is_wrong:
            axes.title.set_color(VERMILION)
        elif caption.startswith("declined"):
            axes.title.set_color(GREY)
    return figure


def _caption(answer: int, sure: float, *, declined: bool) -> str:
    return f"{'declined' if declined else f'read as {answer}'}\n{100 * sure:.0f} %"
