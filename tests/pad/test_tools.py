import ipywidgets
import numpy as np
import pytest

from digitlab.pad.tools import Tools
from digitlab.preprocess.samples import stored_digits

PICTURES, _ = stored_digits()
OF_DIGIT = PICTURES.reshape(10, 10, 28, 28)


@pytest.fixture
def asked():
    """Tools, and the stored digits that were asked for."""
    pictures = []
    return Tools(pen_width=20, on_picture=pictures.append), pictures


def tool(tools: ipywidgets.Box, kind: type) -> ipywidgets.Widget:
    [found, *_] = [child for child in tools.children if type(child) is kind]
    return found


def test_a_stored_digit_can_be_chosen_and_chosen_again(asked):
    tools, pictures = asked
    chooser = tool(tools, ipywidgets.Dropdown)
    for choice in ("3", "8"):
        chooser.label = choice
        assert any((pictures[-1] == picture).all() for picture in OF_DIGIT[int(choice)])
    tools.forget_stored()
    assert chooser.label == "none"
    chooser.label = "8"
    assert len(pictures) == 3


def test_the_choice_stays_while_its_digit_is_put_on_the_paper():
    tools = Tools(pen_width=20, on_picture=lambda _: tools.forget_stored())
    chooser = tool(tools, ipywidgets.Dropdown)
    chooser.label = "3"
    assert chooser.label == "3"
    tool(tools, ipywidgets.Button).click()
    assert chooser.label == "none"


def test_surprises_differ(asked):
    tools, pictures = asked
    for _ in range(20):
        tool(tools, ipywidgets.Button).click()
    assert all(any((image == picture).all() for picture in PICTURES) for image in pictures)
    assert len(np.unique(pictures, axis=0)) > 5


def test_the_pens_have_names_and_sizes(asked):
    tools, _ = asked
    pens = tool(tools, ipywidgets.RadioButtons)
    assert pens.label == "Medium pen"
    widths = []
    for name in ("Thin pen", "Medium pen", "Thick pen"):
        pens.label = name
        widths.append(tools.pen_width)
    assert widths == sorted(widths)
    assert widths[1] == 20
    tools.pen_width = 7
    assert pens.label is None
