"""What a network gets wrong."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from digitlab.course.figures.described import GREY, DescribedFigure, percent
from digitlab.course.figures.digits import digit_grid
from digitlab.lab import Digits, Report


def confusion_matrix(report: Report) -> DescribedFigure:
    """Show which digit was read as which.

    Parameters
    ----------
    report : Report
        From `digitlab.lab.evaluate`.

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
        What `digitlab.lab.evaluate` said of them.
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
        f"{label}, read as {answer}\n{percent(sure)} sure"
        for label, answer, sure in zip(labels, answers.tolist(), confidence.tolist(), strict=True)
    ]
    title = "The most confident mistakes"
    figure = digit_grid(digits.images[worst], labels=captions, columns=5, title=title)
    # Which digits these are differs from machine to machine, so it is not for the description.
    figure.findings = figure.description.partition(": ")[2]
    figure.description = f"{title}: pictures, each with its label, the answer and its probability."
    return figure
