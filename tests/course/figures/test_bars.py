import pytest

from digitlab.course.figures.bars import second_bars, share_bars


def names_and_lengths(figure):
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(names, [bar.get_width() for bar in axes.patches], strict=True))


def test_shares_are_bars_in_percent_with_the_share_at_their_end():
    figure = share_bars({"ill": 0.1, "cured": 0.934}, title="Digits read right", guessing=0.1)
    assert names_and_lengths(figure) == pytest.approx({"ill": 10, "cured": 93.4})
    [axes] = figure.axes
    assert [text.get_text() for text in axes.texts] == ["10 %", "93.4 %"]
    assert axes.lines[0].get_xdata() == pytest.approx([10, 10])
    assert axes.yaxis_inverted()  # the first is on top
    assert figure.findings == "ill 10 %, cured 93.4 %."


def test_times_are_rounded_and_their_description_holds_none():
    figure = second_bars({"plain": 12.34, "fast": 1.234}, title="Training")
    assert names_and_lengths(figure) == {"plain": 12.34, "fast": 1.234}
    assert [text.get_text() for text in figure.axes[0].texts] == ["12 s", "1.2 s"]
    assert repr(figure) == "Training: a bar for each of plain, fast."
    assert "time (s)" in figure.axes[0].get_xlabel()
