"""The best path through the parts of a line: which of them are a digit together.

Where digits touch, or one is written in pieces, no rule about ink tells what belongs together; but
the network is sure of a digit and unsure of half of one. So a line of ink is cut more often than it
need be, and of all ways to put the parts together the one is taken that the network is surest of
[1]_, section V.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
"""

import itertools
from collections.abc import Callable

import numpy as np

from digitlab.classifier.prediction import Prediction
from digitlab.preprocess.segments import Part, PartT, Segment, join_all

PLENTY = 10  # digits, most of the marks on an image: it doesn't lie on its side
MANY = 100  # marks on an image, or parts of a line: it is a text, which would take seconds
SHORT = 0.6  # of the height of the others: what is less tall is a sign, or a part of a digit
MOSTLY = 0.6  # of the marks on an image: if this share are digits, the others likely are, too

_WIDE = 1.25, 0.8, 1.33, 1.11, 1.11, 1.43, 1.0, 1.05, 1.05, 0.9
"""Times as wide as tall: 95 of 100 MNIST digits 0 to 9 are narrower, and wider ones may be two."""

_WIDEST = 1.8  # times as wide as its line is tall: no digit is wider
_NEAR = 0.3  # of the height of the line: parts that are farther apart are not one digit
_PARTS = 5  # at most, that are put together to one digit
_OVER = 0.5  # what it costs that two digits overlap, of how far, in heights of the line
_PER_DIGIT = 0.02  # what each digit costs a reading, in shares of a digit that cannot be read

Predict = Callable[[list[np.ndarray]], list[Prediction]]
"""From digit pictures to predictions."""

Read = tuple[PartT, Prediction]
"""What may be a digit, and what the network says to it."""

Known = dict[tuple[int, int], Read[PartT]]
"""Runs of parts that may be a digit, by their first part and the one after the last."""


def sureness(prediction: Prediction) -> float:
    """How surely a picture was read, 0 to 1; half as surely if it looks like no digit."""
    return prediction.confidence * (1 if prediction.could_be_digit else 0.5)


def best_path(line: list[Read[Segment]], predict: Predict) -> list[Read[Segment]]:
    """Of all ways to cut and join the segments of a line, the one that is read most surely."""
    doubtful = [not said.is_digit or _excess(part, said) > 0 for part, said in line]
    # If much is in doubt, it is probably text. To cut and join every letter would take seconds.
    if not any(doubtful) or sum(doubtful) > max(PLENTY, (1 - MOSTLY) * len(line)):
        return line
    heights = [segment.height for segment, _ in line]
    height, tallest = float(np.median(heights)), max(heights)
    parts: list[Segment] = []
    known: Known[Segment] = {}
    for (segment, prediction), doubt in zip(line, doubtful, strict=True):
        cuts = segment.cuts(height) if doubt and segment.height > SHORT * tallest else [segment]
        known[len(parts), len(parts) + len(cuts)] = segment, prediction
        parts += cuts
    path = cheapest_path(parts, known, height, predict) if len(parts) <= MANY else line
    digits = [said.is_digit for _, said in path]
    # Half a digit is easily taken for one, so each must be as tall as the others. What is less tall
    # must be a sign and no digit, and more digits must be read than before.
    tall = [part.height >= SHORT * height for part, _ in path]
    more = sum(tall) > max(1, sum(said.is_digit for _, said in line))
    more = more and not any(map(_is_plus, path, path[1:], path[2:]))
    return path if (tall == digits and more) or (all(digits) and len(path) <= len(line)) else line


def _is_plus(left: Read[Segment], stem: Read[Segment], right: Read[Segment]) -> bool:
    """Whether three parts of a line were a plus before they were cut: its stem looks like a 1."""
    part, said = stem
    upper, lower = part.box[1] + part.height / 4, part.box[3] - part.height / 4
    arms = (upper < a.box[1] < a.box[3] < lower and _gap(a, part) <= 0 for a, _ in (left, right))
    return said.is_digit and said.digit == 1 and all(arms)


def cheapest_path(
    parts: list[PartT], known: Known[PartT], height: float, predict: Predict, margin: float = 0.0
) -> list[Read[PartT]]:
    """Of all ways to put parts together, the one that is read most surely.

    Some runs of parts are known already. A digit with gaps in it costs something, and so do two
    that overlap. Boxes may be larger than what is in them: a margin, in heights of the line, says
    how far apart two digits are whose boxes touch.
    """
    gaps = [_gap(a, b) / height for a, b in itertools.pairwise(parts)]
    wanted = {}
    for first in range(len(parts)):
        for last in range(first + 1, min(first + _PARTS, len(parts)) + 1):
            near = max(gaps[first : last - 1], default=0.0) < _NEAR
            if near and (first, last) not in known:
                joined = join_all(parts[first:last])
                if joined.width <= _WIDEST * max(height, joined.height):
                    wanted[first, last] = joined
    answers = predict([part.picture() for part in wanted.values()]) if wanted else []
    known |= dict(zip(wanted, zip(wanted.values(), answers, strict=True), strict=True))
    costs = [0.0] + [np.inf] * len(parts)  # of the cheapest path to each part
    paths: list[list[Read[PartT]]] = [[] for _ in costs]
    for first, last in sorted(known):
        part, said = known[first, last]
        # What can't be read costs as much as the square that it fills: a small sign costs little.
        room = (max(part.width, part.height) / height) ** 2
        cost = costs[first] + (1 - sureness(said)) * room + said.is_digit * _excess(part, said)
        cost += _PER_DIGIT + sum(max(gap + margin, 0.0) for gap in gaps[first : last - 1])
        cost += _OVER * max(-gaps[first - 1], 0.0) if first else 0.0
        if cost < costs[last]:
            costs[last], paths[last] = cost, [*paths[first], (part, said)]
    return paths[-1]


def _gap(one: Part, other: Part) -> int:
    """How far one part is from another, from left to right; below 0 where they overlap."""
    return max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])


def _excess(part: Part, said: Prediction) -> float:
    """How much wider a part is, in shares of its width, than nearly every such digit."""
    return max(0.0, part.width / (_WIDE[said.digit] * part.height) - 1)
