"""Five trainings without a name, for the exercise in which you name the illness.

Their curves were measured, with networks and loop as in notebook 05, and are kept in a file as they
came out: so every reader has the same ones, and the code beside the figure tells nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from digitlab.course.figures.curves import GUESSING
from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure
from digitlab.places import beside

__all__ = ["ILLNESSES", "PATIENTS", "Patient", "patients"]

ILLNESSES = ("healthy", "rate too high", "rate too low", "labels shuffled", "learnt by heart")
"""What there is to choose from."""


@dataclass(frozen=True)
class Patient:
    """A training of ten epochs.

    Attributes
    ----------
    illness : str
        One of `ILLNESSES`.
    training : str
        How many digits it was trained on, and what else was special about it.
    loss : sequence of float
        Mean training loss of each epoch, in nats.
    accuracy : sequence of float
        Share of 1,000 validation digits read right after each epoch, 0 to 1.
    """

    illness: str
    training: str
    loss: Sequence[float]
    accuracy: Sequence[float]


PATIENTS = {letter: Patient(**one) for letter, one in beside(__file__, "patients.json").items()}
"""The patients by letter. Whoever reads this in order to name them has read too far."""


def patients() -> DescribedFigure:
    """Show training loss and validation accuracy of each patient, without naming the illness.

    Returns
    -------
    DescribedFigure
        A column for each patient: its loss above, its accuracy below.

    Examples
    --------
    >>> patients()
    Five patients, A to E: training loss above, validation accuracy below, against the epoch.
    """
    figure = DescribedFigure((8.4, 4.2), "patients")
    rows = figure.plots(2, len(PATIENTS), sharex=True, sharey="row")
    for (letter, patient), upper, lower in zip(PATIENTS.items(), *rows, strict=True):
        loss, right = patient.loss, [100 * share for share in patient.accuracy]
        figure.tell(
            f"{letter}: loss from {loss[0]:.1f} by {loss[4]:.1f} to {loss[-1]:.1f}, "
            f"digits read right from {right[0]:.0f} % to {right[-1]:.0f} %."
        )
        curves = ((upper, loss, VERMILION, GUESSING), (lower, right, BLUE, 10))
        for axes, heights, colour, guessing in curves:
            axes.plot(range(1, len(loss) + 1), heights, "o-", color=colour, markersize=3)
            axes.axhline(guessing, color=GREY, linestyle="--", linewidth=1)
        upper.set_title(letter, fontweight="bold")
        upper.set_ylim(0, 3.2)
        lower.set(ylim=(0, 100), xlabel="epoch", xticks=(1, 5, 10))
    rows[0, 0].set_ylabel("training loss (nats)")
    rows[1, 0].set_ylabel("digits read right (%)")
    return figure
