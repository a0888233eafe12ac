import re

import ipywidgets
import numpy as np
import pytest

from digitlab import DigitPad, Prediction
from digitlab.pad.challenge import PAIRS, Challenge
from digitlab.preprocess import picture_from_strokes
from tests.strokes import PAD, TEMPLATES


def said(challenge: Challenge) -> str:
    return re.sub(r"<[^>]*>", " ", challenge.text).replace("&nbsp;", " ")


def reading(**chances: float) -> Prediction:
    """A prediction with these probabilities, such as ``d7=0.9``; the rest is shared."""
    probabilities = np.full(10, (1 - sum(chances.values())) / (10 - len(chances)), np.float32)
    for name, chance in chances.items():
        probabilities[int(name[1:])] = chance
    return Prediction(probabilities, picture_from_strokes(TEMPLATES[7], size=PAD), 0.5)


@pytest.mark.parametrize(
    ("prediction", "outcome"),
    [
        (None, "Go ahead and draw."),
        (reading(d7=0.99), "It says 7. Not fooled yet!"),
        (reading(d7=0.7, d1=0.2), "It says 7, but 1 is already at 20 %."),
        (reading(d1=0.9), "It says 1! If a friend still sees a 7, you have fooled it."),
        (reading(d1=0.4), "It says 1, but 1 is already at 40 %."),  # it would say "Not a digit?"
    ],
)
def test_it_says_how_far_the_drawing_has_come(prediction, outcome):
    challenge = Challenge()
    challenge.show(prediction)
    assert "Draw a 7 that the network takes for a 1." in said(challenge)
    assert outcome in said(challenge)


def test_another_task_differs_from_the_one_before():
    challenge = Challenge()
    challenge.show(None)
    tasks = [said(challenge)]
    for _ in range(50):
        challenge.children[1].click()
        assert said(challenge) != tasks[-1]
        tasks.append(said(challenge))
    assert len(set(tasks)) == len(PAIRS)


def test_on_a_pad_it_follows_the_drawing():
    pad = DigitPad(insight=False, teach=False)
    [section] = pad._sections
    section.is_open = True
    pad.strokes = TEMPLATES[7]
    assert "Not fooled yet" in said(section.body)
    assert isinstance(section.children[0], ipywidgets.ToggleButton)
    pad.close()
