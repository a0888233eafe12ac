"""Five trainings without a name, for the exercise in which one names the illness.

Their curves were measured, with networks and loop as in notebook 04, and are kept here as they
came out: so every reader has the same ones, and the code beside the figure tells nothing.
"""

from dataclasses import dataclass

from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure, quieten
from digitlab.course.figures.losses import GUESSING

ILLNESSES = ("healthy", "rate too high", "rate too low", "labels shuffled", "learnt by heart")
"""What there is to choose from."""


@dataclass(frozen=True)
class Patient:
    """A training of ten epochs.

    Attributes
    ----------
    illness : str
        One of `ILLNESSES`.
    loss : tuple of float
        Mean training loss of each epoch, in nats.
    accuracy : tuple of float
        Share of 1,000 validation digits read right after each epoch, 0 to 1.
    """

    illness: str
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]


PATIENTS = {
    "A": Patient(  # 500 digits, with batch norm
        "labels shuffled",
        (2.397, 1.935, 1.649, 1.343, 1.046, 0.796, 0.561, 0.367, 0.244, 0.167),
        (0.135, 0.069, 0.1, 0.073, 0.051, 0.127, 0.084, 0.094, 0.083, 0.06),
    ),
    "B": Patient(  # 1,500 digits, rate 0.0005
        "rate too low",
        (2.304, 2.294, 2.285, 2.276, 2.267, 2.258, 2.25, 2.241, 2.233, 2.224),
        (0.073, 0.102, 0.123, 0.159, 0.194, 0.241, 0.28, 0.309, 0.356, 0.397),
    ),
    "C": Patient(  # 1,500 digits, rate 0.05
        "healthy",
        (1.873, 0.978, 0.567, 0.37, 0.309, 0.232, 0.188, 0.153, 0.136, 0.127),
        (0.66, 0.85, 0.898, 0.827, 0.905, 0.903, 0.934, 0.943, 0.938, 0.928),
    ),
    "D": Patient(  # 1,500 digits, rate 1
        "rate too high",
        (2.378, 2.297, 2.33, 2.89, 2.307, 2.306, 2.307, 2.306, 2.307, 2.306),
        (0.131, 0.181, 0.187, 0.103, 0.1, 0.131, 0.1, 0.096, 0.1, 0.107),
    ),
    "E": Patient(  # 100 digits, with batch norm
        "learnt by heart",
        (1.728, 0.581, 0.361, 0.263, 0.189, 0.143, 0.119, 0.103, 0.082, 0.077),
        (0.451, 0.652, 0.739, 0.678, 0.627, 0.614, 0.6, 0.602, 0.623, 0.654),
    ),
}
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
    figure = DescribedFigure(
        (8.4, 4.2),
        description="Five patients, A to E: training loss above, validation accuracy below, "
        "against the epoch.",
        findings=" ".join(_course(letter, patient) for letter, patient in PATIENTS.items()),
    )
    rows = figure.subplots(2, len(PATIENTS), sharex=True, sharey="row")
    for (letter, patient), upper, lower in zip(PATIENTS.items(), *rows, strict=True):
        epochs = range(1, len(patient.loss) + 1)
        upper.plot(epochs, patient.loss, "o-", color=VERMILION, markersize=3)
        lower.plot(epochs, [100 * share for share in patient.accuracy], "o-", color=BLUE, ms=3)
        upper.axhline(GUESSING, color=GREY, linestyle="--", linewidth=1)
        lower.axhline(10, color=GREY, linestyle="--", linewidth=1)
        upper.set_title(letter, fontweight="bold")
        upper.set(ylim=(0, 3.2))
        lower.set(ylim=(0, 100), xlabel="epoch", xticks=(1, 5, 10))
        quieten(upper)
        quieten(lower)
    rows[0, 0].set_ylabel("training loss (nats)")
    rows[1, 0].set_ylabel("digits read right (%)")
    return figure


def _course(letter: str, patient: Patient) -> str:
    """Tell in a sentence how a training went, for who cannot see the curves."""
    loss, accuracy = patient.loss, patient.accuracy
    return (
        f"{letter}: loss from {loss[0]:.1f} by {loss[4]:.1f} to {loss[-1]:.1f}, "
        f"digits read right from {100 * accuracy[0]:.0f} % to {100 * accuracy[-1]:.0f} %."
    )
