"""Figures with controls: they follow, and where nothing moves they leave a described picture."""

import base64

import numpy as np
from ipywidgets import BoundedFloatText
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from digitlab.course.figures import digit_grid, explore


def grey(ink):
    return digit_grid(np.full((1, 2, 2), ink), labels=[f"ink {ink:g}"], title="A pixel")


def shown(explorable):
    return explorable.children[1].value


def test_the_picture_follows_the_control():
    explorable = explore(grey, ink=(0.0, 1.0))
    control = explorable.controls["ink"]
    assert control.description == "ink"
    before = shown(explorable)
    control.value = 1.0
    assert shown(explorable) != before
    assert 'alt="A pixel: 1 picture, labelled ink 1."' in shown(explorable)
    assert repr(explorable) == "A pixel: 1 picture, labelled ink 1."


def test_a_control_may_be_a_list_or_a_widget_of_ones_own():
    assert explore(grey, ink=[0.5, 1.0]).controls["ink"].options == (0.5, 1.0)
    own = BoundedFloatText(0.5, min=0, max=1, description="how much")
    assert explore(grey, ink=own).controls["ink"] is own
    assert own.description == "how much"


def test_an_export_has_the_picture_in_place_of_the_controls():
    explorable = explore(grey, ink=(0.0, 1.0))
    data, metadata = explorable._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == explorable.figure.alternative_text
    output = new_output("display_data", data, metadata=metadata)
    page, _ = HTMLExporter().from_notebook_node(
        new_notebook(cells=[new_code_cell("…", outputs=[output])])
    )
    assert data["image/png"][:60] in page
