"""Figures: the plots that the notebooks show.

Each function returns a `DescribedFigure`: an ordinary matplotlib figure that carries its
description along, for who cannot see it and for the test that compares a notebook's outputs.
Nothing here goes through pyplot, so there is no figure left open and none drawn twice.

The colours are Okabe and Ito's, which differ for colour-blind readers too; wherever colour tells
something, a position, a number or a word tells it as well.
"""

import digitlab.figures.inline  # noqa: F401 - before a notebook shows the first figure
from digitlab.figures.answers import probability_bars
from digitlab.figures.described import DescribedFigure
from digitlab.figures.digits import digit_grid
from digitlab.figures.learning import LiveCurve, training_curve
from digitlab.figures.reports import confusion_matrix, mistakes

__all__ = [
    "DescribedFigure",
    "LiveCurve",
    "confusion_matrix",
    "digit_grid",
    "mistakes",
    "probability_bars",
    "training_curve",
]
