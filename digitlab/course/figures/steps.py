"""From the pen to the picture: its stages, and what a network reads where one is left out."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image

from digitlab.classifier import BaseClassifier
from digitlab.course.figures.described import (
    BLUE,
    GREY,
    VERMILION,
    DescribedFigure,
    percent,
    quieten,
)
from digitlab.course.figures.digits import show_picture
from digitlab.preprocess import Stage


def stage_pictures(
    stages: Sequence[Stage], *, title: str = "From the pen to the network"
) -> DescribedFigure:
    """Show the stages from a drawing to the digit picture.

    Parameters
    ----------
    stages : sequence of Stage
        From `digitlab.preprocess.stages`.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        One axes a stage, each with its name and its size.
    """
    names = ", ".join(stage.name.lower() for stage in stages)
    figure = DescribedFigure(
        (1.9 * len(stages), 2.6), description=f"{title}, one picture for each stage: {names}."
    )
    figure.suptitle(title, fontsize="medium")
    for axes, stage in zip(
        figure.subplots(1, len(stages), squeeze=False).flat, stages, strict=True
    ):
        show_picture(axes, stage.picture)
        height, width = stage.picture.shape
        axes.set_title(f"{stage.name}\n{width} × {height} pixels", fontsize="small")
    return figure


def ways_compared(
    sheets: Sequence[Image.Image],
    ways: Mapping[str, Callable[[Image.Image], np.ndarray]],
    *,
    classifier: BaseClassifier,
    title: str = "The same sheet, prepared in two ways",
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
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        A row for each sheet: the sheet, then for each way its picture with the answer above it.
    """
    rows, columns = len(sheets), 1 + len(ways)
    figure = DescribedFigure(
        (2.0 * columns, 2.05 * rows + 0.5),
        description=f"{title}: each row a sheet with a digit, then the 28 × 28 pixels made of it "
        f"in each way ({', '.join(ways)}), with what the network reads in them.",
    )
    figure.suptitle(title, fontsize="medium")
    all_axes = figure.subplots(rows, columns, squeeze=False)
    read = []
    for sheet, (first, *others) in zip(sheets, all_axes, strict=True):
        show_picture(first, 1 - np.asarray(sheet.convert("L"), float) / 255)
        first.set_title(f"the sheet, {sheet.width} × {sheet.height}", fontsize="small")
        for axes, (name, way) in zip(others, ways.items(), strict=True):
            picture = way(sheet)
            probabilities = classifier.probabilities(picture[None])[0]
            digit = int(probabilities.argmax())
            show_picture(axes, picture)
            sure = f"{digit}, {percent(float(probabilities.max()))} sure"
            axes.set_title(f"{name}:\n{sure}", fontsize="small")
            read.append(f"{name} {digit}")
    figure.findings = f"What is read, row by row: {', '.join(read)}."
    return figure


def step_bars(
    shares: Mapping[str, float], *, title: str = "What each step brings"
) -> DescribedFigure:
    """Show how many digits are read right, step by step.

    Parameters
    ----------
    shares : mapping of str to float
        From what was done to the share that was read right, 0 to 1, in this order.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        One horizontal bar a step, the first at the top.
    """
    figure = DescribedFigure(
        (7.2, 0.42 * len(shares) + 1.1),
        description=f"{title}: a bar for the share of digits read right in each case, from the "
        f"top: {', '.join(shares)}.",
        findings=f"{', '.join(f'{name} {percent(share)}' for name, share in shares.items())}.",
    )
    axes = figure.subplots()
    heights = [100 * share for share in shares.values()]
    bars = axes.barh(list(shares), heights, color=BLUE, height=0.65)
    axes.bar_label(bars, [percent(share) for share in shares.values()], padding=4)
    axes.set(xlim=(0, 112), xticks=range(0, 101, 20), xlabel="digits read right (%)")
    axes.set_title(title, fontsize="medium")
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def moved_curve(distances: Sequence[int], shares: Mapping[str, Sequence[float]]) -> DescribedFigure:
    """Plot the share of digits read right against how far they were moved.

    Parameters
    ----------
    distances : sequence of int
        In pixels of the 28 × 28 picture.
    shares : mapping of str to sequence of float
        For each direction the shares read right, 0 to 1, one for each distance.

    Returns
    -------
    DescribedFigure
        One curve a direction, with the direction written at its end.
    """
    figure = DescribedFigure(
        (6.2, 3.2),
        description="Curves of the share of digits read right against how far they were moved, "
        f"one for each direction: {', '.join(shares)}.",
        findings=" ".join(
            f"Moved {name} by {distances[-1]} pixels: {percent(of_name[-1])}."
            for name, of_name in shares.items()
        ),
    )
    axes = figure.subplots()
    looks = zip((BLUE, VERMILION, GREY), ("o-", "s--", "^:"), strict=True)
    for (name, of_name), (colour, marks) in zip(shares.items(), looks, strict=False):
        heights = [100 * share for share in of_name]
        axes.plot(distances, heights, marks, color=colour)
        place = (distances[-1], heights[-1])
        axes.annotate(name, place, xytext=(8, 0), textcoords="offset points", va="center")
    axes.set(ylim=(0, 104), xticks=distances, ylabel="digits read right (%)")
    axes.set_xlim(distances[0] - 0.3, distances[-1] + 1.3)
    axes.set_xlabel("moved by (pixels of 28)")
    axes.set_title("A digit out of its place")
    quieten(axes)
    return figure
