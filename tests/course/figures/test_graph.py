"""Expressions as boxes and arrows: who is left of whom, and what is written where."""

from types import SimpleNamespace

import pytest

from digitlab.course.figures.graph import expression_graph, neuron


def box(name, value, *inputs, local_slopes=(), slope=None):
    return SimpleNamespace(
        name=name, value=value, inputs=inputs, local_slopes=local_slopes, slope=slope
    )


def written(figure):
    """What is written, and where."""
    return {
        text.get_text(): text.get_position() for text in figure.axes[0].texts if text.get_text()
    }


def test_each_number_is_drawn_once_to_the_right_of_what_it_was_made_of():
    a = box("a", 2)
    b = box("b", 6, a, local_slopes=(3,))
    c = box("c", 8, a, b, local_slopes=(1, 1))
    places = written(expression_graph(c, title="Twice used"))
    assert [name for name in places if name.startswith("a\n")] == ["a\n2"]
    assert places["b\n6"][0] < places["c\n8"][0]
    assert places["a\n2"][0] < places["b\n6"][0]
    assert "3" in places  # the local slope, on its arrow


def test_no_two_boxes_share_a_place():
    leaves = [box(name, 1) for name in "abcd"]
    left = box("left", 2, *leaves[:2], local_slopes=(1, 1))
    right = box("right", 2, *leaves[2:], local_slopes=(1, 1))
    whole = box("whole", 4, left, right, local_slopes=(2, -2))
    figure = expression_graph(whole, title="A tree")
    places = [place for text, place in written(figure).items() if "\n" in text]
    assert len(set(places)) == len(places) == 7


def test_slopes_are_written_once_they_are_known():
    a = box("a", 2)
    b = box("b", -4, a, local_slopes=(-2,))
    figure = expression_graph(b, title="Before")
    assert not any("slope" in text for text in written(figure))
    a.slope, b.slope = -2, 1
    figure = expression_graph(b, title="After")
    assert {"slope −2", "slope 1"} <= set(written(figure))
    assert figure.findings == "a: 2, slope -2. b: -4, slope 1."


def test_a_neuron_adds_products_and_bias():
    figure = neuron([1, 0.5, -1], [2, -1, 0.5], 1)
    places = written(figure)
    assert places["score\n2"][0] == max(x for x, _ in places.values())
    assert {"input 1\n1", "input 2\n0.5", "input 3\n−1", "bias\n1"} <= set(places)
    colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colours["2"] != colours["−1"]  # for, and against
    with pytest.raises(ValueError, match="zip"):
        neuron([1, 2], [3], 0)
