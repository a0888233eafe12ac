"""From the pen or an image to the network: 28 × 28 pixels in MNIST's own geometry.

A *digit picture* is ``float32``, shape ``(28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0, in
the geometry of MNIST itself. That geometry is the whole secret of recognising what people draw:
the network has never seen a digit that was not

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
digitlab's errors and places, and no other room.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
.. [2] C. Yadav, L. Bottou, "Cold case: the lost MNIST digits", NeurIPS 2019.
"""

from digitlab.preprocess.geometry import (
    BOX_SIZE,
    CENTRE,
    PICTURE_SIZE,
    centred,
    cut_out,
    picture_from_ink,
    scaled,
)
from digitlab.preprocess.images import ImageSource, read_image
from digitlab.preprocess.ink import ink_from_image, inks_from_image
from digitlab.preprocess.pictures import picture_from_image
from digitlab.preprocess.plausible import could_be_digit
from digitlab.preprocess.samples import stored_digit, stored_digits
from digitlab.preprocess.stages import (
    Stage,
    stages_from_image,
    stages_from_strokes,
    typical_digit,
)
from digitlab.preprocess.strokes import (
    PEN_WIDTH,
    Point,
    Strokes,
    digit_from_strokes,
    picture_from_strokes,
)
from digitlab.preprocess.thickness import with_usual_pen

__all__ = [
    "BOX_SIZE",
    "CENTRE",
    "PEN_WIDTH",
    "PICTURE_SIZE",
    "ImageSource",
    "Point",
    "Stage",
    "Strokes",
    "centred",
    "could_be_digit",
    "cut_out",
    "digit_from_strokes",
    "ink_from_image",
    "inks_from_image",
    "picture_from_image",
    "picture_from_ink",
    "picture_from_strokes",
    "read_image",
    "scaled",
    "stages_from_image",
    "stages_from_strokes",
    "stored_digit",
    "stored_digits",
    "typical_digit",
    "with_usual_pen",
]
