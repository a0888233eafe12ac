"""Figures: the plots that the notebooks show.

Each function returns a `DescribedFigure`: an ordinary matplotlib figure that carries its
description along, for readers who cannot see it and for the test that compares a notebook's
outputs. What a figure says is in ``described.toml``, in a table of its name. Nothing here goes
through pyplot, so no figure is left open and none is drawn twice.

The colours are Okabe and Ito's, which differ for colour-blind readers too; wherever colour tells
something, a position, a number or a word tells it as well.
"""

from digitlab.course.figures.accuracy import *
from digitlab.course.figures.bars import *
from digitlab.course.figures.convolution import *
from digitlab.course.figures.curves import *
from digitlab.course.figures.descent import *
from digitlab.course.figures.described import *
from digitlab.course.figures.digits import *
from digitlab.course.figures.evaluation import *
from digitlab.course.figures.explorable import *
from digitlab.course.figures.graph import *
from digitlab.course.figures.patients import *
