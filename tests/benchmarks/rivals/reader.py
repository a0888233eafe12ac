"""The network behind all pads of the comparison, and the sentence that they show."""

from digitlab import Classifier, NothingDrawnError

NOTHING = "Draw a digit"

_classifier = Classifier.load()


def read(image) -> str:
    """Read a PIL image with a transparent background."""
    try:
        return f"Predicted result is {_classifier.predict(image).digit}"
    except NothingDrawnError:
        return NOTHING
