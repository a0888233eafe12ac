"""Digit pictures side by side."""

from collections.abc import Sequence

import numpy as np

from digitlab.course.figures.described import DescribedFigure


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
        show_picture(axes, picture)
        axes.set_title(caption, fontsize="small", pad=3)
    for axes in all_axes[len(pictures) :]:
        axes.set_axis_off()
    return figure


def show_picture(axes, picture) -> None:
    """Draw a digit picture: ink dark, paper white, a thin frame, no ticks."""
    axes.imshow(np.asarray(picture), cmap="gray_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("0.8")


def _word(label: int | str) -> str:
    """Write a label: ``tensor(7)`` as 7, and text as it is."""
    return label if isinstance(label, str) else str(int(label))
