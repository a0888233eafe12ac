"""What convolutions make of a picture, and which ink the answer rests on."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from digitlab.course.figures.described import BLUE, GREEN, VERMILION, DescribedFigure, show_picture

__all__ = ["feature_maps", "kernel_response", "relevance_maps", "signed_maps"]

_SIGNED = LinearSegmentedColormap.from_list("signed", [VERMILION, "white", BLUE])


def kernel_response(
    picture: ArrayLike, kernel: ArrayLike, *, title: str, place: tuple[int, int]
) -> DescribedFigure:
    """Show a picture, the kernel with its weights, and what comes out.

    Parameters
    ----------
    picture : numpy.ndarray
        A digit picture, in ``[0, 1]``, ink = 1.
    kernel : numpy.ndarray
        The weights, square; it is laid on each place where it fits whole, so a kernel of 3 x 3
        makes 26 x 26 of 28 x 28.
    title : str
        Title of the figure.
    place : (int, int)
        Row and column of a number in the output: frames it, and the window that it comes from.

    Returns
    -------
    DescribedFigure
        Picture, kernel, output: positive blue, negative vermilion, 0 white. The colours reach as
        far as this kernel can go in any picture.
    """
    picture, kernel = np.asarray(picture, float), np.asarray(kernel, float)
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    output = (windows * kernel).sum(axis=(2, 3))
    figure = DescribedFigure((7.6, 2.9), "kernel_response", title=title, span=_span(output))
    before, weights, after = figure.subplots(1, 3, width_ratios=[1, 0.75, 1.2])
    show_picture(before, picture, f"picture: {_size(picture)}")
    # Half as strong as the outputs: the weights are there to be read.
    _show_map(weights, kernel, f"kernel: {_size(kernel)}", reach=2 * np.abs(kernel).max())
    for (row, column), weight in np.ndenumerate(kernel):
        number = f"{weight:.2g}".replace("-", "−")
        weights.text(column, row, number, ha="center", va="center", fontsize="medium")
    reach = max(kernel.clip(min=0).sum(), -kernel.clip(max=0).sum())
    image = _show_map(after, output, f"output: {_size(output)}", reach=reach)
    figure.colorbar(image, ax=after, shrink=0.8, label="weights × ink, summed")
    row, column = place
    for axes, (height, width) in ((before, kernel.shape), (after, (1, 1))):
        frame = Rectangle((column - 0.5, row - 0.5), width, height, fill=False, linewidth=2)
        axes.add_patch(frame).set_edgecolor(GREEN)
    after.set_xlabel(f"row {row}, column {column}: {output[row, column]:.2f}".replace("-", "−"))
    figure.tell(f"{after.get_xlabel().capitalize()}.")
    return figure


def signed_maps(maps: Mapping[str, ArrayLike], *, title: str) -> DescribedFigure:
    """Show what came out of several kernels, or of several steps, side by side.

    Parameters
    ----------
    maps : mapping of str to numpy.ndarray
        Two-dimensional ones, each with its name.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        At most five in a row. Positive blue, negative vermilion, 0 white, on a scale of its own
        for each, with the values that it reaches written below.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not maps:
        raise ValueError("There is nothing to show: expected at least one map.")
    columns = min(len(maps), 5)
    arrays = {name: np.asarray(values, float) for name, values in maps.items()}
    size = (max(1.6 * columns, 3.0), 2.2 * -(-len(maps) // columns) + 0.3)
    reached = [f"{name} {_span(values)}" for name, values in arrays.items()]
    figure = DescribedFigure(size, "signed_maps", title=title, maps=maps, reached=reached)
    for axes, (name, values) in zip(figure.panels(len(maps), columns), arrays.items(), strict=True):
        _show_map(axes, values, name, reach=np.abs(values).max())
        axes.set_xlabel(f"{_size(values)}\n{_span(values)}", fontsize="small")
    return figure


def _size(values: np.ndarray) -> str:
    return " × ".join(map(str, values.shape))


def _span(values: np.ndarray) -> str:
    """Write how far values reach; what rounds to 0 has no sign."""
    low, high = (round(float(bound), 1) + 0.0 for bound in (values.min(), values.max()))
    return f"{low:.1f} to {high:.1f}".replace("-", "−")


def _show_map(axes: Axes, values: np.ndarray, title: str, *, reach: float) -> AxesImage:
    """Draw signed values so that 0 is white and both signs reach equally far."""
    reach = max(reach, 1e-9)
    return show_picture(axes, values, title, cmap=_SIGNED, vmin=-reach, vmax=reach)


def feature_maps(maps: np.ndarray, *, title: str = "Feature maps") -> DescribedFigure:
    """Show what the filters of a convolution find in one picture.

    Parameters
    ----------
    maps : numpy.ndarray
        ``(n, height, width)``, from 0 up: see `digitlab.Classifier.feature_maps`.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        An axes a map, 16 in a row, numbered from 0; paper where a filter finds nothing, and full
        ink for the largest value of all maps.

    Examples
    --------
    >>> feature_maps(np.ones((32, 28, 28)))
    Feature maps: 32 maps of 28 × 28, dark where a filter finds what it looks for.
    """
    count, height, width = maps.shape
    quiet = sum(not one.any() for one in maps)
    counted = {"count": count, "width": width, "height": height, "quiet": quiet}
    size = (9.6, 0.72 * -(-count // 16) + 0.4)
    figure = DescribedFigure(size, "feature_maps", title=title, **counted)
    # The root, so that faint finds are seen too.
    shown = np.sqrt(maps.clip(0) / (maps.max() or 1))
    figure.pictures(shown, [str(number) for number in range(count)], 16, fontsize=6, pad=1.5)
    return figure


def relevance_maps(
    picture: np.ndarray, maps: Mapping[str, np.ndarray], *, title: str
) -> DescribedFigure:
    """Show a picture, and beside it what was found to matter in it.

    Parameters
    ----------
    picture : numpy.ndarray
        The digit picture: ``(28, 28)``, ink = 1.
    maps : mapping of str to numpy.ndarray
        From a name to ``(28, 28)``, at least one: above 0 speaks for the answer, below 0 against
        it. Each is coloured by its own largest value, as different methods measure in different
        units.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        The digit, then a coloured picture a map with the ink's outline in it.
    """
    figure = DescribedFigure((1.9 * len(maps) + 2.8, 2.6), "relevance_maps", title=title, maps=maps)
    drawn, *coloured = figure.subplots(1, 1 + len(maps))
    show_picture(drawn, picture, "the picture")
    for axes, (name, values) in zip(coloured, maps.items(), strict=True):
        image = _show_map(axes, values / (np.abs(values).max() or 1), name, reach=1)
        figure.tell(f"{name}: {_where_most(values, picture)}")
        if np.ptp(picture) > 0:
            axes.contour(picture, levels=[0.5], colors="0.45", linewidths=0.7)
    bar = figure.colorbar(image, ax=coloured, shrink=0.85, ticks=[-1, 0, 1])
    bar.set_ticklabels(["against", "0", "for"])
    bar.set_label("share of the largest value", fontsize="x-small")
    return figure


def _where_most(values: np.ndarray, picture: np.ndarray) -> str:
    row, column = np.unravel_index(np.asarray(values).argmax(), picture.shape)
    where = "on the ink" if picture[row, column] > 0 else "on the paper"
    return f"most {where}, in row {row}, column {column}."
