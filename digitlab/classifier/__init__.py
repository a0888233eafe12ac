"""From a digit picture to ten probabilities, without torch.

`Classifier` runs the network that ships, or another in the same form, through ONNX Runtime
(`onnx`). `as_classifier` gives the same methods to a network of PyTorch or to a function
(`wrappers`). What they share is in `base`; `occlusion` asks which ink an answer rests on, and
`taught` learns from a few corrected drawings.

This room is on the light floor: it imports ONNX Runtime and the room `preprocess`.
"""

from digitlab.classifier.base import BaseClassifier
from digitlab.classifier.occlusion import occlusion_map
from digitlab.classifier.onnx import Classifier
from digitlab.classifier.prediction import Prediction
from digitlab.classifier.reading import ReadDigit, Reading
from digitlab.classifier.taught import Taught
from digitlab.classifier.wrappers import as_classifier

__all__ = [
    "BaseClassifier",
    "Classifier",
    "Prediction",
    "ReadDigit",
    "Reading",
    "Taught",
    "as_classifier",
    "occlusion_map",
]
