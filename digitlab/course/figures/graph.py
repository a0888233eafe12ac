"""What is computed from what: numbers as boxes, and an arrow from each to what is made of it."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

from matplotlib.axes import Axes

from digitlab.course.figures.described import BLUE, INK, VERMILION, DescribedFigure

__all__ = ["expression_graph", "neuron"]


class Node(Protocol):
    """A number and how it was made. The learner's ``Value`` is one."""

    name: str
    value: float
    slope: float | None
    inputs: Sequence["Node"]
    local_slopes: Sequence[float]


def expression_graph(result: Node, *, title: str) -> DescribedFigure:
    """Draw an expression from its inputs, on the left, to its result.

    Parameters
    ----------
    result : Node
        What comes out, with all that it was made of behind it.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        A box a node with its name, its value and, where there is one, its slope; an arrow from
        each input, with the local slope beside it. Blue is positive, vermilion negative.
    """
    nodes, places = _laid_out(result)
    columns, rows = zip(*places.values(), strict=True)
    size = (1.3 * (max(columns) - min(columns)) + 1.6, 0.8 * (max(rows) + 1) + 0.4)
    names = [node.name for node in nodes]
    figure = DescribedFigure(size, "expression_graph", title=title, names=names)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(min(columns) - 0.5, 0.5), ylim=(max(rows) + 0.55, -0.45))
    for node in nodes:
        _draw(axes, node, places)
        slope = "" if node.slope is None else f", slope {node.slope:g}"
        figure.tell(f"{node.name}: {node.value:g}{slope}.")
    return figure


def _draw(axes: Axes, node: Node, places: Mapping[int, tuple[float, float]]) -> None:
    """Draw a node's box, and the arrows that lead to it."""
    x, y = places[id(node)]
    for each, local in zip(node.inputs, node.local_slopes, strict=True):
        start = places[id(each)]
        look = {"arrowstyle": "-|>", "color": INK, "shrinkA": 24, "shrinkB": 24}
        axes.annotate("", (x, y), start, arrowprops=look)
        middle = ((x + start[0]) / 2, (y + start[1]) / 2 - 0.12)
        axes.text(*middle, _signed(local), color=_colour(local), ha="center", fontsize="small")
    box = {"boxstyle": "round,pad=0.35", "facecolor": "none", "edgecolor": INK}
    axes.text(x, y, f"{node.name}\n{_signed(node.value)}", ha="center", va="center", bbox=box)
    if node.slope is not None:
        said = f"slope {_signed(node.slope)}"
        axes.text(x, y + 0.48, said, color=_colour(node.slope), ha="center", fontsize="small")


def _laid_out(result: Node) -> tuple[list[Node], dict[int, tuple[float, float]]]:
    """All nodes of an expression, inputs before what is made of them, and where each goes.

    That is a column before what needs it, between its own inputs.
    """
    nodes: dict[int, Node] = {}
    places: dict[int, tuple[float, float]] = {}
    lowest = -1.0

    def place(node: Node, column: float) -> float:
        nonlocal lowest
        heights = [place(each, column - 1) for each in node.inputs]
        lowest += not heights and id(node) not in places
        before, y = places.get(id(node), (column, lowest))
        y = sum(heights) / len(heights) if heights else y
        nodes[id(node)], places[id(node)] = node, (min(column, before), y)
        return y

    place(result, 0.0)
    return [*nodes.values()], places


def neuron(inputs: Sequence[float], weights: Sequence[float], bias: float) -> DescribedFigure:
    """Draw a neuron: what goes in, the weight on each arrow, and the score that comes out.

    Parameters
    ----------
    inputs, weights : sequence of float
        As many of the one as of the other.
    bias : float
        Added to the products.

    Returns
    -------
    DescribedFigure
        An `expression_graph`. A weight is a local slope: by how much the score changes when this
        input changes by 1.

    Examples
    --------
    >>> neuron([1, 2], [3, -1], 0.5)
    A neuron: boxes for input 1, input 2, bias, score, and an arrow from each to what is made of it.
    """
    names = [*(f"input {place}" for place in range(1, len(inputs) + 1)), "bias"]
    given = [_node(name, value) for name, value in zip(names, [*inputs, bias], strict=True)]
    products = [value * weight for value, weight in zip(inputs, weights, strict=True)]
    score = _node("score", sum(products) + bias, given, [*weights, 1])
    return expression_graph(score, title="A neuron")


def _node(name: str, value: float, inputs: Any = (), slopes: Any = ()) -> Any:
    return SimpleNamespace(name=name, value=value, slope=None, inputs=inputs, local_slopes=slopes)


def _signed(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")


def _colour(number: float) -> str:
    return BLUE if number > 0 else VERMILION if number < 0 else INK
