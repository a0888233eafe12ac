"""The laboratory: MNIST, the network, training and evaluation, with PyTorch.

`load_mnist` gives the digits (`data`, `download`); `CNN` is the network (`model`, `batch_norm`).
`train` follows a `Recipe` (`recipes`) batch by batch (`training`, `batches`, `devices`), beside a
`teacher` where the recipe asks for one. It returns a `Run` (`history`), or goes on from a
`checkpoint`; `evaluate` measures what came of it (`evaluation`). `synthetic` and `restyling` make
digits that MNIST lacks, `augmentation` varies them, and `calibration` makes the confidence mean
what it says.

This room is on the upper floor, which ``pip install "digitlab[lab]"`` installs. It may import torch
and the light rooms `classifier`, `drawings` and `preprocess`; none of them imports it.
"""

from digitlab.lab.augmentation import *
from digitlab.lab.batch_norm import *
from digitlab.lab.batches import *
from digitlab.lab.calibration import *
from digitlab.lab.checkpoint import *
from digitlab.lab.data import *
from digitlab.lab.devices import *
from digitlab.lab.evaluation import *
from digitlab.lab.history import *
from digitlab.lab.model import *
from digitlab.lab.recipes import *
from digitlab.lab.teacher import *
from digitlab.lab.training import *
