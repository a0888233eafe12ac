"""The traits of a pad: strokes, which anybody may set, and what follows from them."""

from typing import Any

import traitlets

from digitlab.errors import NothingDrawnError
from digitlab.preprocess import Point, Strokes, plain_strokes


class DrawnStrokes(list[list[Point]]):
    """Strokes as the pen drew them, which need no check: there may be thousands of points."""


class StrokesTrait(traitlets.TraitType[Strokes, Any]):
    """Strokes, from whatever sequences: kept as lists of lists of pairs of floats.

    Examples
    --------
    >>> class Page(traitlets.HasTraits):
    ...     strokes = StrokesTrait()
    >>> page = Page()
    >>> page.strokes = (([1, 2], [3, 4]),)
    >>> page.strokes
    [[(1.0, 2.0), (3.0, 4.0)]]
    """

    def make_dynamic_default(self) -> Strokes:
        """Return no strokes, in a list of its own."""
        return []

    def validate(self, _: object, value: Any) -> Strokes:
        """Return the strokes as plain lists, without those that hold no point.

        Raises
        ------
        StrokesError
            If they are not lists of finite points.
        """
        if isinstance(value, DrawnStrokes):
            return [*value[:-1], *map(list, value[-1:])]  # the last one may still grow
        try:
            return plain_strokes(value)
        except NothingDrawnError:
            return []


class Following(traitlets.Any):
    """What follows from the strokes: to be observed and linked from, while its owner sets it.

    Only `HasTraits.set_trait` does that.
    """

    def __set__(self, owner: traitlets.HasTraits, value: object) -> None:
        raise traitlets.TraitError(
            f"The {self.name} is read-only: it follows from what is drawn. "
            "Set strokes instead, or give read() an image."
        )
