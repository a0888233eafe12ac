"""Figures: the plots that the notebooks show.

Each function returns a `DescribedFigure`: an ordinary matplotlib figure that carries its
description along, for readers who cannot see it and for the test that compares a notebook's
outputs. Nothing here goes through pyplot, so no figure is left open and none is drawn twice.

The colours are Okabe and Ito's, which differ for colour-blind readers too; wherever colour tells
something, a position, a number or a word tells it as well.
"""

import digitlab.course.figures.inline  # noqa: F401 - before a notebook shows the first figure
from digitlab.course.figures.answers import probability_bars
from digitlab.course.figures.averages import accuracy_against, nearest_average
from digitlab.course.figures.bars import second_bars, share_bars
from digitlab.course.figures.calibration import accepted_and_declined, reliability_diagram
from digitlab.course.figures.descent import descent, descents
from digitlab.course.figures.described import DescribedFigure
from digitlab.course.figures.digits import digit_grid
from digitlab.course.figures.intervals import accuracy_intervals, repeated_tests
from digitlab.course.figures.kernels import kernel_response, signed_maps
from digitlab.course.figures.learning import LiveCurve, training_curve
from digitlab.course.figures.losses import loss_curves
from digitlab.course.figures.luck import best_of_many
from digitlab.course.figures.maps import feature_maps, relevance_maps
from digitlab.course.figures.patients import patients
from digitlab.course.figures.rates import rate_curves
from digitlab.course.figures.readings import readings
from digitlab.course.figures.reports import confusion_matrix, mistakes
from digitlab.course.figures.steps import moved_curve, stage_pictures, step_bars, ways_compared

__all__ = [
    "DescribedFigure",
    "LiveCurve",
    "accepted_and_declined",
    "accuracy_against",
    "accuracy_intervals",
    "best_of_many",
    "confusion_matrix",
    "descent",
    "descents",
    "digit_grid",
    "feature_maps",
    "kernel_response",
    "loss_curves",
    "mistakes",
    "moved_curve",
    "nearest_average",
    "patients",
    "probability_bars",
    "rate_curves",
    "readings",
    "relevance_maps",
    "reliability_diagram",
    "repeated_tests",
    "second_bars",
    "share_bars",
    "signed_maps",
    "stage_pictures",
    "step_bars",
    "training_curve",
    "ways_compared",
]
