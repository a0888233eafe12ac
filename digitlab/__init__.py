"""digitlab: a laboratory for the first convolutional network a person ever trains.

The package has two floors. On the light one are the rooms `preprocess` (from pen or image to
28 × 28), `classifier` (from 28 × 28 to probabilities), `drawings`, `pad` and `app`; none of them
needs torch. On the upper one are `lab` (data, model, training, evaluation) and `course` (what only
the notebooks use). Each room's docstring says what is in it and what it may import.

The names below are what most people need. Importing `digitlab` costs next to nothing: what a name
needs is imported when you first use it.
"""

import os
from importlib import import_module

from digitlab import errors
from digitlab.errors import *

# ONNX Runtime counts its users unless it is told not to, and would leave an identity in the home
# folder. It looks at this when it is first imported, which is later than this line.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

TYPE_CHECKING = False  # type checkers take it for typing's, which costs more than all of this
if TYPE_CHECKING:  # so that they and editors see through the lazy import below
    from digitlab.classifier import Classifier, Prediction
    from digitlab.pad import DigitPad

__version__ = "0.1.0"

__all__ = ["Classifier", "DigitPad", "Prediction", "__version__"]
__all__ += errors.__all__

_ROOMS = {"Classifier": "classifier", "DigitPad": "pad", "Prediction": "classifier"}


def __getattr__(name: str) -> object:
    """Import what was asked for, at the moment it is asked for (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"digitlab.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return sorted({*globals(), *__all__})
