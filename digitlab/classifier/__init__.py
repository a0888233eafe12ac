"""From a digit picture to ten probabilities, without torch.

`Classifier` runs the network that ships, or another in the same form, through ONNX Runtime
(`onnx`). `as_classifier` gives the same methods to a network of PyTorch or to a function
(`wrappers`). What they share is in `base`. `images` and `strokes` read all digits that there are,
along the best of the `paths` through their parts; what they read is a `reading`. `occlusion` asks
which ink an answer rests on, and `taught` learns from a few corrected drawings.

This room is on the light floor: it imports ONNX Runtime and the room `preprocess`.
"""

from digitlab.classifier.base import *
from digitlab.classifier.occlusion import *
from digitlab.classifier.onnx import *
from digitlab.classifier.prediction import *
from digitlab.classifier.reading import *
from digitlab.classifier.taught import *
from digitlab.classifier.wrappers import *
