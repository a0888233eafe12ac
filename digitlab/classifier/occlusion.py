"""Which ink made the answer: wipe some of it out, and see what the network says then."""

import numpy as np

from digitlab.classifier.base import BaseClassifier, checked_pictures
from digitlab.classifier.prediction import Floats
from digitlab.preprocess import Picture, checked_digit

__all__ = ["occlusion_map"]

_REACH = 2  # pixels to each side: the square is about twice as wide as a line is thick
_LEAST = 1e-6  # what is less probable than this counts as this: the logarithm needs an end


def occlusion_map(
    classifier: BaseClassifier, picture: Picture, *, digit: int | None = None
) -> Floats:
    """Measure how much the answer rests on the ink around each pixel.

    For each pixel with ink, the square around it is made paper, and the network is asked again. The
    value is by how much the log-odds of the answer, ``log(p / (1 - p))``, fall. Probabilities
    themselves would hardly move where the network is sure: from 99.99 to 99 % is a hundredth, but
    the odds fall a hundredfold. The picture is not centred anew, and the network has never seen
    half a digit: the map shows what this network reacts to, and not why a person would say so.

    Parameters
    ----------
    classifier : BaseClassifier
        Who is asked, once, for all these pictures together: a `digitlab.Classifier`, or what
        `digitlab.classifier.as_classifier` returned.
    picture : numpy.ndarray
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
    digit : int, optional
        Whose odds to follow, 0 to 9; those of the answer if not given.

    Returns
    -------
    numpy.ndarray
        ``float32``, ``(28, 28)``: natural logarithms, at most 27.6 in size. Above 0 the ink speaks
        for the digit, below 0 against it; 0 where there is no ink.

    Raises
    ------
    ValueError
        If ``digit`` is not one of 0 to 9, or the picture is none.

    References
    ----------
    .. [1] M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks",
       European Conference on Computer Vision, 2014, section 4.2.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> classifier = Classifier.load()
    >>> seven = classifier.predict_strokes([[(60, 50), (200, 50), (110, 240)]])
    >>> relevance = occlusion_map(classifier, seven.picture)
    >>> relevance.shape, bool((relevance[seven.picture == 0] == 0).all())
    ((28, 28), True)
    """
    (picture,) = checked_pictures(np.asarray(picture)[None])
    where = np.argwhere(picture > 0)
    distance = np.abs(np.indices(picture.shape) - where[:, :, None, None])
    wiped = np.where((distance <= _REACH).all(axis=1), 0, picture)
    probabilities = classifier.probabilities(np.concatenate([picture[None], wiped]))
    answer = int(probabilities[0].argmax()) if digit is None else checked_digit(digit)
    odds = _log_odds(probabilities, answer)
    relevance = np.zeros_like(picture)
    relevance[tuple(where.T)] = odds[0] - odds[1:]
    return relevance


def _log_odds(probabilities: Floats, digit: int) -> Floats:
    """The logarithm of how many times more probable a digit is than all others together."""
    # Summed, not 1 - p: near 1 a float32 has no digits left to tell one p from the next.
    others = np.delete(probabilities, digit, axis=1).sum(axis=1)
    return np.log(probabilities[:, digit].clip(_LEAST)) - np.log(others.clip(_LEAST))
