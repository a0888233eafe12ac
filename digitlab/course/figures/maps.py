"""What goes on behind an answer: feature maps, and which ink the answer rests on."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from digitlab.course.figures.described import BLUE, VERMILION, DescribedFigure
from digitlab.course.figures.digits import show_picture

_FOR_AND_AGAINST = LinearSegmentedColormap.from_list("against, for", [BLUE, "white", VERMILION])


def feature_maps(
    maps: np.ndarray, *, title: str = "Feature maps", columns: int = 16
) -> DescribedFigure:
    """Show what the filters of a convolution find in one picture.

    Parameters
    ----------
    maps : numpy.ndarray
        ``(n, height, width)``, from 0 up: see `digitlab.Classifier.feature_maps`.
    title : str
        Title of the figure.
    columns : int
        Maps in a row.

    Returns
    -------
    DescribedFigure
        An axes a map, numbered from 0; paper where a filter finds nothing, and full ink for the
        largest value of all maps.

    Examples
    --------
    >>> feature_maps(np.ones((32, 28, 28)))
    Feature maps: 32 maps of 28 × 28, dark where a filter finds what it looks for.
    """
    count, height, width = maps.shape
    rows = -(-count // columns)
    quiet = sum(not one.any() for one in maps)
    figure = DescribedFigure(
        (0.6 * columns, 0.72 * rows + 0.4),
        description=f"{title}: {count} maps of {width} × {height}, dark where a filter finds what "
        "it looks for.",
        findings=f"{quiet} of them are empty.",
    )
    figure.suptitle(title, fontsize="medium")
    # The root, so that faint finds are seen too.
    shown = np.sqrt(maps.clip(0) / (maps.max() or 1))
    all_axes = figure.subplots(rows, columns, squeeze=False).flat
    for number, (axes, one) in enumerate(zip(all_axes, shown, strict=False)):
        show_picture(axes, one)
        axes.set_title(str(number), fontsize=6, pad=1.5)
    for axes in all_axes[count:]:
        axes.set_axis_off()
    return figure


def relevance_maps(
    picture: np.ndarray,
    maps: Mapping[str, np.ndarray],
    *,
    title: str,
    unit: str = "share of the largest value",
) -> DescribedFigure:
    """Show a picture, and beside it what was found to matter in it.

    Parameters
    ----------
    picture : numpy.ndarray
        The digit picture: ``(28, 28)``, ink = 1.
    maps : mapping of str to numpy.ndarray
        From a name to ``(28, 28)``: above 0 speaks for the answer, below 0 against it. Each is
        coloured by its own largest value, as different methods measure in different units.
    title : str
        Title of the figure.
    unit : str
        What the colours stand for.

    Returns
    -------
    DescribedFigure
        The digit, then a coloured picture a map with the ink's outline in it.
    """
    names = list(maps)
    figure = DescribedFigure(
        (1.9 * (len(names) + 1) + 0.9, 2.6),
        description=f"{title}: the digit, and in colours over its outline {', '.join(names)}.",
        findings=" ".join(f"{name}: {_where_most(maps[name], picture)}" for name in names),
    )
    figure.suptitle(title, fontsize="medium")
    drawn, *coloured = figure.subplots(1, len(names) + 1)
    show_picture(drawn, picture)
    drawn.set_title("the picture", fontsize="small")
    for axes, name in zip(coloured, names, strict=True):
        largest = float(np.abs(maps[name]).max()) or 1.0
        image = axes.imshow(maps[name] / largest, cmap=_FOR_AND_AGAINST, vmin=-1, vmax=1)
        if np.ptp(picture) > 0:
            axes.contour(picture, levels=[0.5], colors="0.45", linewidths=0.7)
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize="small")
        axes.spines[:].set_color("0.8")
    if coloured:
        bar = figure.colorbar(image, ax=coloured, shrink=0.85, ticks=[-1, 0, 1])
        bar.set_ticklabels(["against", "0", "for"])
        bar.set_label(unit, fontsize="x-small")
    return figure


def _where_most(values: np.ndarray, picture: np.ndarray) -> str:
    row, column = np.unravel_index(np.asarray(values).argmax(), picture.shape)
    where = "on the ink" if picture[row, column] > 0 else "on the paper"
    return f"most {where}, in row {row}, column {column}."
