"""How a training goes."""

from IPython.display import display
from matplotlib.ticker import MaxNLocator

from digitlab.course.figures.described import (
    BLUE,
    GREY,
    VERMILION,
    DescribedFigure,
    percent,
    quieten,
)
from digitlab.lab import History


def training_curve(
    history: History, *, target: float | None = None, epochs: int | None = None
) -> DescribedFigure:
    """Plot the training loss and the validation accuracy, epoch by epoch.

    Parameters
    ----------
    history : History
        From `digitlab.lab.train`, finished or not.
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
        right.axhline(100 * target, color=GREY, linestyle="--", label=f"target {percent(target)}")
        right.legend(loc="lower right", frameon=False)
    right.margins(y=0.2)
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.set_xlim(0.7, max(epochs or 0, len(history.loss), 1) + 0.3)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        quieten(axes)
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


def _course(history: History) -> str:
    """Tell in a sentence how training went."""
    if not history.loss:
        return "No epoch has ended yet."
    accuracies = history.validation_accuracy
    return (
        f"In {len(history.loss)} epochs the loss went from {history.loss[0]:.3f} to "
        f"{history.loss[-1]:.3f}, the accuracy from {percent(accuracies[0])} to "
        f"{percent(accuracies[-1])}."
    )
