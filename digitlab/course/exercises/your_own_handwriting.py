"""Checks for notebook 8: halves to learn from and to keep shut, sample size, pairs, mixed batches.

All of them are about samples that are small.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import Objection, array, exercise, expect, function, number
from digitlab.lab import wilson_interval


@exercise
def split(answer: Any) -> str:
    """Check a function that deals out half of each digit to learn from, and keeps the rest shut."""
    split = function(answer)
    for labels in (np.repeat(np.arange(10), 6), np.arange(40) % 10):
        _object_to_parts(split(labels.tolist()), labels)
    return "Half of each digit to learn from; the other half stays shut."


def _object_to_parts(returned: Any, labels: np.ndarray) -> None:
    expect(
        isinstance(returned, tuple | list) and len(returned) == 2,
        "Two lists of places were expected: those to learn from, and those that stay shut.",
    )
    learn, shut = (array(part) for part in returned)
    for part in (learn, shut):
        expect(
            part.ndim == 1 and len(part) > 0 and bool((part == part.round()).all()),
            "Each part is a list of whole numbers, the places of the drawings: 0, 1, 2, …",
        )
    both = set(learn.tolist()) & set(shut.tolist())
    expect(
        not both,
        f"{len(both)} drawings are in both parts: what one learns from measures nothing any more.",
    )
    known = set(range(len(labels)))
    used = set(learn.tolist()) | set(shut.tolist())
    expect(used <= known, f"There are places among them that no drawing has: 0 to {max(known)}.")
    expect(used == known, f"{len(known - used)} of {len(known)} drawings are in neither part.")
    expect(
        len(learn) + len(shut) == len(labels), "The same place stands twice in one of the parts."
    )
    counts = np.bincount(labels[learn.astype(int)], minlength=10)
    expect(
        bool(counts.all()),
        "Where all zeros were drawn first, then all ones, …, nothing is learned of "
        f"{', '.join(str(digit) for digit in np.flatnonzero(counts == 0))}: half of each digit "
        "was asked for.",
    )
    wanted = np.bincount(labels, minlength=10) // 2
    expect(
        bool((counts == wanted).all()),
        f"Of the digits 0 to 9 you learn from {counts.tolist()}, and it is to be half of each: "
        f"{wanted.tolist()}.",
    )


@exercise
def drawings_needed(answer: Any) -> str:
    """Check how many drawings bring the interval down to ten points, at nine right of ten."""
    needed = number(answer)
    expect(needed > 0 and needed == round(needed), "A whole number of drawings was expected.")
    n = round(needed)
    expect(
        not 55 <= n <= 65,
        "Twice as many make the interval narrower only by the square root of two: with 60 it is "
        "still more than 15 points wide.",
    )
    expect(n <= 100_000, "That is far more than it takes.")
    low, high = wilson_interval(round(0.9 * n), n)
    width = 100 * (high - low)
    said = f"With {n} drawings, nine of ten right, the interval is {width:.1f} points wide"
    expect(width <= 10.2, f"{said}: that is not enough yet.")
    expect(width >= 9.5, f"{said}: fewer will do.")
    return f"{said}: a good four times as many as thirty, for half the width."


@exercise
def newly(answer: Any) -> str:
    """Check a function that counts which answers became right, and which became wrong."""
    count = function(answer)
    labels, before, after = np.array(
        [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1],
            [0, 1, 7, 8, 9, 5, 5, 7, 3, 9, 6, 7],
            [0, 7, 2, 3, 4, 5, 4, 7, 8, 4, 0, 2],
        ]
    )
    returned = array(count(labels.copy(), before.copy(), after.copy()))
    expect(returned.shape == (2,), "Two counts were expected: newly right, then newly wrong.")
    right, wrong = (int(one) for one in returned.round())
    expect((right, wrong) != (2, 5), "The two were exchanged: first newly right, then newly wrong.")
    expect(
        (right, wrong) != (7, 4),
        "These are the errors before and after. Which answers *changed* from wrong to right, and "
        "which from right to wrong?",
    )
    expect(
        (right, wrong) != (5, 8),
        "These are the right answers before and after. Which ones *changed*?",
    )
    expect(
        right != 7,
        "An answer that changed is not yet right: two of these went from one wrong digit to "
        "another.",
    )
    expect(
        np.array_equal(returned, [5, 2]),
        f"Yours are {right} newly right and {wrong} newly wrong; here it is 5 and 2.",
    )
    return "What was right both times, or wrong both times, says nothing about which is better."


@exercise
def mixed_batch(answer: Any) -> str:
    """Check a function that makes a batch of so many own digits and so many of MNIST's."""
    import torch

    mix = function(answer)
    # Each picture tells where it is from and which label it has, in its first two pixels.
    own, mnist = (
        _marked(n, mark=mark, labels=torch.arange(n) * step % 10)
        for n, mark, step in ((30, 0.25, 1), (400, 0.75, 3))
    )
    batches = []
    for seed, (few, many) in enumerate(((8, 56), (8, 56), (4, 12))):
        generator = torch.Generator().manual_seed(seed)
        returned = mix(own, mnist, few, many, generator)
        expect(
            isinstance(returned, tuple | list) and len(returned) == 2,
            "Images and labels were expected, in this order.",
        )
        images, labels = (array(part) for part in returned)
        _object_to_batch(images, labels, few=few, many=many)
        batches.append(images)
    expect(
        not np.array_equal(batches[0], batches[1]),
        "Two batches came out the same: draw the places by chance, from the generator, each time.",
    )
    places = np.concatenate([_places(images, 0.75) for images in batches])
    expect(
        places.max() >= 30,
        "Only MNIST's first 30 digits can ever be drawn: each part has places of its own.",
    )
    return "A fixed share of each batch is yours, whatever the size of the two collections."


def _marked(n: int, *, mark: float, labels):
    import torch

    images = torch.zeros(n, 28, 28)
    images[:, 0, 0] = mark
    images[:, 0, 1] = labels / 10
    images[:, 0, 2] = torch.arange(n) / n
    return SimpleNamespace(images=images, labels=labels)


def _places(images: np.ndarray, mark: float) -> np.ndarray:
    of_it = images[np.isclose(images[:, 0, 0], mark)]
    return (of_it[:, 0, 2] * 400).round()


def _object_to_batch(images: np.ndarray, labels: np.ndarray, *, few: int, many: int) -> None:
    if images.shape == (few + many, 1, 28, 28):
        images = images[:, 0]
    expect(
        images.ndim == 3 and images.shape[1:] == (28, 28),
        f"Pictures of shape (n, 28, 28) were expected, and yours have {images.shape}.",
    )
    expect(
        labels.shape == (len(images),),
        f"There are {len(images)} pictures, and labels of shape {labels.shape}.",
    )
    marks = images[:, 0, 0]
    own, mnist = (int(np.isclose(marks, mark).sum()) for mark in (0.25, 0.75))
    if (own, mnist) == (many, few):
        raise Objection("The two numbers were exchanged: the first is that of the own digits.")
    expect(
        (own, mnist) == (few, many),
        f"Asked for {few} own digits and {many} of MNIST's, your batch has {own} and {mnist}.",
    )
    expect(
        np.allclose(labels, images[:, 0, 1] * 10, atol=1e-3),
        "Pictures and labels do not belong together: take both at the same places.",
    )
