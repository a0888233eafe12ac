"""From the pen or an image to the network: 28 × 28 pixels in MNIST's own geometry.

A *digit picture* is ``float32``, shape ``(28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0, in
the geometry of MNIST itself [1]_, [2]_. That geometry is the whole secret of recognising what
people draw: the network has never seen a digit that was not

1. cut out along the tight box of all its ink,
2. scaled, keeping its aspect, so that its longer side is 20 pixels, each pixel the average of the
   area it covers,
3. placed in 28 × 28 by whole pixels so that its centre of mass falls on pixel index 14.

`picture_from_image` takes just these steps (`geometry`); only where the pen was much thinner or
thicker than any in MNIST does it make the ink as thick as MNIST's first (`thickness`).
`picture_from_strokes` knows the path of the pen, so it scales the path and then draws it as thick
as MNIST's own strokes are: the answer cannot depend on how thick the pen on the screen happens to
be (`strokes`). `images` reads files, `ink` finds the ink on them, and `stages` shows every step.

This room is the bottom of the light floor: it imports numpy, Pillow, OpenCV (for images only) and
digitlab's errors, places and look, and no other room.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
.. [2] C. Yadav, L. Bottou, "Cold case: the lost MNIST digits", NeurIPS 2019.
"""

from digitlab.preprocess.geometry import *
from digitlab.preprocess.images import *
from digitlab.preprocess.ink import *
from digitlab.preprocess.plausible import *
from digitlab.preprocess.samples import *
from digitlab.preprocess.stages import *
from digitlab.preprocess.strokes import *
from digitlab.preprocess.thickness import *
