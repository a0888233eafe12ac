"""A few measured quantities side by side, as bars that one can read from the left."""

from collections.abc import Mapping

from digitlab.course.figures.described import BLUE, GREY, DescribedFigure, percent


def share_bars(
    shares: Mapping[str, float], *, title: str, guessing: float | None = None
) -> DescribedFigure:
    """Compare shares of digits, in percent.

    Parameters
    ----------
    shares : mapping of str to float
        Name and share, 0 to 1, from the top down.
    title : str
        Title of the figure.
    guessing : float, optional
        The share that one gets by guessing, to draw a line at.

    Returns
    -------
    DescribedFigure
        A bar a share, with the share at its end.

    Examples
    --------
    >>> share_bars({"ill": 0.1, "cured": 0.9}, title="Digits read right")
    Digits read right: a bar for each of ill, cured.
    """
    figure, axes = _bars(
        {name: 100 * share for name, share in shares.items()},
        words=[percent(share) for share in shares.values()],
        title=title,
    )
    axes.set(xlabel="digits (%)", xlim=(0, 112), xticks=range(0, 101, 20))
    if guessing is not None:
        axes.axvline(100 * guessing, color=GREY, linestyle="--", linewidth=1)
        axes.set_title(f"dashed: guessing, {percent(guessing)}", fontsize="small", loc="right")
    return figure


def second_bars(seconds: Mapping[str, float], *, title: str) -> DescribedFigure:
    """Compare times that were measured on this machine.

    Parameters
    ----------
    seconds : mapping of str to float
        Name and time, from the top down.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        A bar a time, with the time at its end.

    Examples
    --------
    >>> second_bars({"one by one": 2.0, "in batches": 0.1}, title="Seconds an epoch")
    Seconds an epoch: a bar for each of one by one, in batches.
    """
    words = [f"{second:.2g} s" if second < 10 else f"{second:.0f} s" for second in seconds.values()]
    figure, axes = _bars(seconds, words=words, title=title)
    axes.set(xlabel="time (s)")
    axes.set_xlim(0, 1.15 * max(seconds.values()))
    return figure


def _bars(lengths: Mapping[str, float], *, words: list[str], title: str):
    """Draw horizontal bars, and write a word at the end of each."""
    figure = DescribedFigure(
        (7.2, 1.1 + 0.34 * len(lengths)),
        description=f"{title}: a bar for each of {', '.join(lengths)}.",
        findings=", ".join(f"{name} {word}" for name, word in zip(lengths, words, strict=True))
        + ".",
    )
    figure.suptitle(title, fontsize="medium")
    axes = figure.subplots()
    bars = axes.barh(list(lengths), list(lengths.values()), color=BLUE, height=0.65)
    axes.bar_label(bars, words, padding=4)
    axes.invert_yaxis()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes
