"""The traits of a pad: strokes, which anybody may set, and what follows from them."""

import numpy as np
import traitlets

from digitlab.errors import StrokesError
from digitlab.preprocess import Strokes


class DrawnStrokes(list):
    """Strokes as the pen drew them, which need no check: there may be thousands of points."""


class StrokesTrait(traitlets.TraitType):
    """Strokes, from whatever sequences: kept as lists of lists of pairs of floats.

    Examples
    --------
    >>> class Page(traitlets.HasTraits):
    ...     strokes = StrokesTrait()
    >>> page = Page()
    >>> page.strokes = [np.array([[1, 2], [3, 4]])]
    >>> page.strokes
    [[(1.0, 2.0), (3.0, 4.0)]]
    """

    def make_dynamic_default(self) -> Strokes:
        """Return no strokes, in a list of its own."""
        return []

    def validate(self, _, value: object) -> Strokes:
        """Return the strokes as plain lists, without those that hold no point.

        Raises
        ------
        StrokesError
            If they are not lists of finite points.
        """
        if isinstance(value, DrawnStrokes):
            return [*value[:-1], *map(list, value[-1:])]  # the last one may still grow
        try:
            strokes = [[(float(x), float(y)) for x, y in stroke] for stroke in value]
        except (TypeError, ValueError):
            raise StrokesError(
                "These are not strokes: expected a list of strokes, each a list of points (x, y), "
                f"got {value!r:.80}"
            ) from None
        if not np.isfinite([xy for stroke in strokes for point in stroke for xy in point]).all():
            raise StrokesError("These strokes hold a point that is not a finite number.")
        return [stroke for stroke in strokes if stroke]


class _Follows:
    """A trait that can be observed and linked from, and that only its owner sets."""

    def __set__(self, owner: traitlets.HasTraits, value: object) -> None:
        raise traitlets.TraitError(
            f"The {self.name} is read-only: it follows from what is drawn. "
            "Set strokes instead, or give read() an image."
        )


class FollowingInt(_Follows, traitlets.Int):
    """A whole number that follows from the strokes: `HasTraits.set_trait` sets it."""


class FollowingInstance(_Follows, traitlets.Instance):
    """An object that follows from the strokes: `HasTraits.set_trait` sets it."""
