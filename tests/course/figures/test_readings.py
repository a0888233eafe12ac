"""Pictures with what a network reads: what is written above them is read back from the figure."""

import numpy as np
import pytest

from digitlab.classifier.wrappers import as_classifier
from digitlab.course.figures.described import GREY, VERMILION
from digitlab.course.figures.readings import readings


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
    pictures = np.zeros((3, 28, 28), np.float32)
    pictures[:2, 10, 10] = 1
    figure = readings(classifier, pictures, labels=[3, 8, 0], columns=3, title="Three")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ["read as 3\n91 %", "read as 3\n91 %, wrong"]
    assert titles[2].startswith("declined\n10 %")
    assert figure.axes[1].title.get_color() == VERMILION
    assert readings(classifier, pictures[2:]).axes[0].title.get_color() == GREY


def test_what_is_read_is_in_the_alternative_text_alone(classifier):
    pictures = np.ones((1, 28, 28), np.float32)
    figure = readings(classifier, pictures, title="One")
    assert repr(figure) == "One: 1 pictures, each with what the network reads and how sure it is."
    assert "read as 3 91 %" in figure.alternative_text
