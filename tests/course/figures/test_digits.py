"""Digit pictures side by side: what is drawn, and written above, is read back from the figure."""

import numpy as np
import pytest

from digitlab.classifier import as_classifier
from digitlab.course.figures import digit_grid, mistakes, readings, stage_pictures, ways_compared
from digitlab.course.figures.described import GREY, VERMILION
from digitlab.course.placing import on_sheet
from digitlab.lab.data import Digits
from digitlab.lab.evaluation import evaluate
from digitlab.preprocess import stages_from_strokes, stored_digit


def captions(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_digit_grid_shows_each_picture_dark_on_white_under_its_label(digits):
    images, labels = digits.images.repeat(3, 1, 1), digits.labels.repeat(3)
    figure = digit_grid(images, labels=labels, title="Twelve")
    assert captions(figure) == ["3", "4", "1", "6"] * 3
    for axes, picture in zip(figure.axes, images, strict=False):
        (image,) = axes.images
        assert np.array_equal(image.get_array(), picture)
        paper, ink = image.cmap(image.norm([0.0, 1.0]))[:, :3]
        assert paper.tolist() == [1, 1, 1]
        assert ink.tolist() == [0, 0, 0]
    assert [axes.axison for axes in figure.axes] == [True] * 12 + [False] * 8
    labelled = ", ".join("3416" * 3)
    assert figure.description == f"Twelve: 12 pictures, labelled {labelled}."


@pytest.mark.parametrize(
    ("count", "labels", "complaint"),
    [(0, None, "no picture"), (2, [1], "label for each of 2"), (2, [1, 2, 3], "label for each")],
)
def test_digit_grid_refuses_what_does_not_match(count, labels, complaint):
    with pytest.raises(ValueError, match=complaint):
        digit_grid(np.zeros((count, 28, 28)), labels=labels, title="None")


def test_mistakes_come_most_confident_first(digits, report):
    figure = mistakes(digits, report)
    assert captions(figure) == ["6, read as 0\n97 % sure", "4, read as 9\n70 % sure"]
    assert np.array_equal(figure.axes[0].images[0].get_array(), digits.images[3])
    assert "6, read as 0 97 % sure" in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)
    assert captions(mistakes(digits, report, count=1)) == ["6, read as 0\n97 % sure"]


def test_mistakes_of_a_network_without_any(digits, echo):
    right = Digits(images=digits.images[[0, 2]], labels=digits.labels[[0, 2]])
    with pytest.raises(ValueError, match="every digit was read right"):
        mistakes(right, evaluate(echo, right))


@pytest.fixture
def classifier():
    """Say 3 with 91 % to all pictures that have ink, and to others nothing that is worth it."""

    def says(pictures):
        sure = np.where(pictures.any(axis=(1, 2)), 0.91, 0.1)[:, None]
        three = np.eye(10)[3]
        return sure * three + (1 - sure) * (1 - three) / 9

    classifier = as_classifier(says)
    classifier.threshold = 0.9
    return classifier


def test_answer_confidence_mistakes_and_what_is_declined_are_written(classifier):
    pictures = np.zeros((4, 28, 28), np.float32)
    pictures[:2, 4:24, 12:15] = 1
    pictures[3, 14, 14] = 1  # a dot: sure or not, the pad asks whether it is a digit
    figure = readings(classifier, pictures, labels=[3, 8, 0, 3], title="Four")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["read as 3\n91 %", "read as 3\n91 %, wrong"]
    assert titles[2].startswith("declined\n10 %")
    assert titles[3] == "declined\n91 %"
    assert figure.axes[1].title.get_color() == VERMILION
    assert readings(classifier, pictures[2:3], title="One").axes[0].title.get_color() == GREY


def test_what_is_read_is_in_the_alternative_text_alone(classifier):
    pictures = np.zeros((1, 28, 28), np.float32)
    pictures[0, 4:24, 12:15] = 1
    figure = readings(classifier, pictures, title="One")
    assert repr(figure) == "One: 1 pictures, each with what the network reads and how sure it is."
    assert "read as 3 91 %" in figure.alternative_text


def test_stages_stand_side_by_side_with_their_sizes():
    stages = stages_from_strokes([[(60, 50), (200, 50), (110, 240)]], size=(280, 280))
    figure = stage_pictures(stages)
    assert [title.splitlines()[0] for title in captions(figure)] == [stage.name for stage in stages]
    assert captions(figure)[-1].endswith("28 × 28 pixels")
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
        captions(figure)
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
