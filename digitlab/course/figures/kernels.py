"""What a kernel makes of a picture."""

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from digitlab.course.figures.described import BLUE, VERMILION, DescribedFigure
from digitlab.course.figures.digits import show_picture

_SIGNED = LinearSegmentedColormap.from_list("signed", [VERMILION, "white", BLUE])


def kernel_response(
    picture: np.ndarray, kernel: np.ndarray, *, title: str = "What the kernel makes of it"
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

    Returns
    -------
    DescribedFigure
        Picture, kernel, output: positive blue, negative vermilion, 0 white. The colours reach as
        far as this kernel can go in any picture.
    """
    picture, kernel = np.asarray(picture, float), np.asarray(kernel, float)
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    output = (windows * kernel).sum(axis=(2, 3))
    figure = DescribedFigure(
        (7.6, 2.9),
        description=f"{title}: a picture, a kernel with its weights, and the output, in which "
        "blue is positive and vermilion is negative.",
        findings=f"The output reaches from {_span(output)}.",
    )
    figure.suptitle(title, fontsize="medium")
    before, weights, after = figure.subplots(1, 3, width_ratios=[1, 0.75, 1.2])
    show_picture(before, picture)
    before.set_title("picture: {} × {}".format(*picture.shape), fontsize="small")
    _show_weights(weights, kernel)
    reach = max(kernel.clip(min=0).sum(), -kernel.clip(max=0).sum(), 1e-9)
    image = _show_map(after, output, reach)
    after.set_title("output: {} × {}".format(*output.shape), fontsize="small")
    figure.colorbar(image, ax=after, shrink=0.8, label="weights × ink, summed")
    return figure


def signed_maps(maps: Mapping[str, np.ndarray], *, title: str) -> DescribedFigure:
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
        Positive blue, negative vermilion, 0 white, on a scale of its own for each; below it stands
        how far it reaches.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not maps:
        raise ValueError("There is nothing to show: expected at least one map.")
    arrays = {name: np.asarray(values, float) for name, values in maps.items()}
    spans = {name: _span(values) for name, values in arrays.items()}
    figure = DescribedFigure(
        (max(1.6 * len(maps), 3.0), 2.5),
        description=f"{title}, side by side: {', '.join(maps)}. Blue is positive, vermilion "
        "negative.",
        findings="They reach: " + ", ".join(f"{name} {span}" for name, span in spans.items()) + ".",
    )
    figure.suptitle(title, fontsize="medium")
    all_axes = figure.subplots(1, len(maps), squeeze=False)[0]
    for axes, (name, values) in zip(all_axes, arrays.items(), strict=True):
        _show_map(axes, values, max(np.abs(values).max(), 1e-9))
        axes.set_title(name, fontsize="small")
        size = "{} × {}".format(*values.shape)
        axes.set_xlabel(f"{size}\n{spans[name]}", fontsize="small")
    return figure


def _span(values: np.ndarray) -> str:
    """Write how far values reach; what rounds to 0 has no sign."""
    low, high = (round(float(bound), 1) + 0.0 for bound in (values.min(), values.max()))
    return f"{low:.1f} to {high:.1f}".replace("-", "−")


def _show_map(axes, values: np.ndarray, reach: float):
    """Draw signed values so that 0 is white and both signs reach equally far."""
    image = axes.imshow(values, cmap=_SIGNED, vmin=-reach, vmax=reach)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("0.8")
    return image


def _show_weights(axes, kernel: np.ndarray) -> None:
    """Draw a kernel with its weights written in."""
    reach = max(np.abs(kernel).max(), 1e-9)
    # Half as strong as the outputs: the weights are there to be read.
    _show_map(axes, kernel, 2 * reach)
    for (row, column), weight in np.ndenumerate(kernel):
        number = f"{weight:.2g}".replace("-", "−")
        axes.text(column, row, number, ha="center", va="center", fontsize="medium")
    axes.set_title("kernel: {} × {}".format(*kernel.shape), fontsize="small")
