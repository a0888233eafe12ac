"""Figures on the way from pen to picture: what stands in them."""

import numpy as np
import pytest

from digitlab.classifier.wrappers import as_classifier
from digitlab.course.figures.steps import moved_curve, stage_pictures, step_bars, ways_compared
from digitlab.course.placing import on_sheet
from digitlab.preprocess.samples import stored_digit
from digitlab.preprocess.stages import stages_from_strokes

SEVEN = [[(60, 50), (200, 50), (110, 240)]]


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_stages_stand_side_by_side_with_their_sizes():
    stages = stages_from_strokes(SEVEN, size=(280, 280))
    figure = stage_pictures(stages)
    assert [title.splitlines()[0] for title in titles(figure)] == [stage.name for stage in stages]
    assert titles(figure)[-1].endswith("28 × 28 pixels")
    for axes, stage in zip(figure.axes, stages, strict=True):
        assert np.array_equal(axes.images[0].get_array(), stage.picture)
    assert "as drawn, cut out, scaled, centred" in figure.description


def test_each_way_shows_what_it_made_and_what_was_read_in_it():
    def by_brightness(pictures):  # reads 9 in a black picture, 0 in a white one
        return np.eye(10)[(pictures.mean(axis=(1, 2)) * 9).astype(int)]

    sheets = [on_sheet(stored_digit(3), longer_side=90, across=x, down=0.5) for x in (0, 1)]
    ways = {
        "all ink": lambda sheet: np.ones((28, 28), np.float32),
        "no ink": lambda sheet: np.zeros((28, 28), np.float32),
    }
    figure = ways_compared(sheets, ways, classifier=as_classifier(by_brightness))
    assert (
        titles(figure)
        == [
            "the sheet, 280 × 280",
            "all ink:\n9, 100 % sure",
            "no ink:\n0, 100 % sure",
        ]
        * 2
    )
    first, second = figure.axes[0].images[0].get_array(), figure.axes[3].images[0].get_array()
    assert first[:, :140].sum() > 0 == first[:, 140:].sum()
    assert second[:, 140:].sum() > 0 == second[:, :140].sum()
    assert figure.findings == (
        "What is read, row by row: all ink 9, no ink 0, all ink 9, no ink 0."
    )


def test_bars_go_from_the_first_step_at_the_top():
    figure = step_bars({"naive": 0.55, "all": 0.992})
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([55, 99.2])
    assert [text.get_text() for text in axes.texts] == ["55 %", "99.2 %"]
    assert axes.yaxis_inverted()
    assert "naive, all" in figure.description
    assert "55" not in figure.description


def test_each_direction_has_its_curve_with_its_name_at_the_end():
    figure = moved_curve([0, 1, 2], {"to the right": [1, 0.9, 0.8], "down": [1, 0.8, 0.5]})
    [axes] = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[100, 90, 80], [100, 80, 50]]
    assert [(text.get_text(), text.xy) for text in axes.texts] == [
        ("to the right", (2, 80)),
        ("down", (2, 50)),
    ]
    assert "Moved down by 2 pixels: 50 %." in figure.findings
