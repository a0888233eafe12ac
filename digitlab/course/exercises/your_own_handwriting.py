"""Checks for notebook 9: halves to learn from and to keep shut, sample size, pairs, mixed batches.

All of them are about samples that are small.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches, rule_out
from digitlab.course.exercises.verdict import array, exercise, expect, function, number, pair
from digitlab.lab import wilson_interval


@exercise
def split(answer: Any) -> str:
    """Check a function that deals out half of each digit to learn from, and keeps the rest shut."""
    split = function(answer)
    for labels in (np.repeat(np.arange(10), 6), np.arange(40) % 10):
        _object_to_parts(split(labels.tolist()), labels)
    return "Half of each digit to learn from; the other half stays shut."


def _object_to_parts(returned: Any, labels: np.ndarray) -> None:
    two = "Two lists of places were expected: those to learn from, and those that stay shut."
    learn, shut = (array(part) for part in pair(returned, two))
    expect(
        all(part.ndim == 1 and len(part) and not (part % 1).any() for part in (learn, shut)),
        "Each part is a list of whole numbers, the places of the drawings: 0, 1, 2, …",
    )
    known, both = set(range(len(labels))), set(learn.tolist()) & set(shut.tolist())
    used = set(learn.tolist()) | set(shut.tolist())
    slips = {
        f"{len(both)} drawings are in both parts: what one learns from measures nothing any "
        "more.": bool(both),
        f"There are places among them that no drawing has: 0 to {max(known)}.": not used <= known,
        f"{len(known - used)} of {len(known)} drawings are in neither part.": not used >= known,
        "The same place stands twice in one of the parts.": len(learn) + len(shut) != len(labels),
    }
    rule_out(slips)
    counts = np.bincount(labels[learn.astype(int)], minlength=10)
    wanted = np.bincount(labels, minlength=10) // 2
    unseen = ", ".join(map(str, np.flatnonzero(counts == 0)))
    of_counts = {
        f"Where all zeros were drawn first, then all ones, …, nothing is learned of {unseen}: half "
        "of each digit was asked for.": not counts.all(),
        f"Of the digits 0 to 9 you learn from {counts.tolist()}, and it is to be half of each: "
        f"{wanted.tolist()}.": OTHERWISE,
    }
    expect_equal(counts, wanted, of_counts)


@exercise
def drawings_needed(answer: Any) -> str:
    """Check how many drawings bring the interval down to ten points, at nine right of ten."""
    needed = number(answer)
    expect(needed > 0 and needed == round(needed), "A whole number of drawings was expected.")
    n = round(needed)
    slips = {
        "Twice as many make the interval narrower only by the square root of two: with 60 it is "
        "still more than 15 points wide.": 55 <= n <= 65,
        "That is far more than it takes.": n > 100_000,
    }
    rule_out(slips)
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
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    before = np.array([0, 1, 7, 8, 9, 5, 5, 7, 3, 9, 6, 7])
    after = np.array([0, 7, 2, 3, 4, 5, 4, 7, 8, 4, 0, 2])
    returned = array(count(labels.copy(), before.copy(), after.copy()))
    expect(returned.shape == (2,), "Two counts were expected: newly right, then newly wrong.")
    right, wrong = (int(one) for one in returned.round())
    other = not matches(returned, (5, 2))
    slips = {
        "The two were exchanged: first newly right, then newly wrong.": (2, 5),
        "These are the errors before and after. Which answers *changed* from wrong to right, and "
        "which from right to wrong?": (7, 4),
        "These are the right answers before and after. Which ones *changed*?": (5, 8),
        "An answer that changed is not yet right: two of these went from one wrong digit to "
        "another.": right == 7,
        f"Yours are {right} newly right and {wrong} newly wrong; here it is 5 and 2.": other,
    }
    rule_out(slips, (right, wrong))
    return "What was right both times, or wrong both times, says nothing about which is better."


@exercise
def mixed_batch(answer: Any) -> str:
    """Check a function that makes a batch of so many own digits and so many of MNIST's."""
    mix = function(answer)
    # Each picture tells where it is from and which label it has, in its first two pixels.
    own, mnist = _marked(30, mark=0.25, step=1), _marked(400, mark=0.75, step=3)
    batches = []
    for seed, (few, many) in enumerate(((8, 56), (8, 56), (4, 12))):
        generator = torch.Generator().manual_seed(seed)
        two = "Images and labels were expected, in this order."
        images, labels = pair(mix(own, mnist, few, many, generator), two)
        batches.append(_checked(array(images), array(labels), few=few, many=many))
    drawn = np.concatenate(batches)
    places = (drawn[np.isclose(drawn[:, 0, 0], 0.75), 0, 2] * 400).round()
    slips = {
        "Two batches came out the same: draw the places by chance, from the generator, each "
        "time.": matches(batches[0], batches[1]),
        "Only MNIST's first 30 digits can ever be drawn: each part has places of its "
        "own.": places.max() < 30,
    }
    rule_out(slips)
    return "A fixed share of each batch is yours, whatever the size of the two collections."


def _marked(n: int, *, mark: float, step: int) -> SimpleNamespace:
    labels = torch.arange(n) * step % 10
    images = torch.zeros(n, 28, 28)
    images[:, 0, 0], images[:, 0, 1], images[:, 0, 2] = mark, labels / 10, torch.arange(n) / n
    return SimpleNamespace(images=images, labels=labels)


def _checked(images: np.ndarray, labels: np.ndarray, *, few: int, many: int) -> np.ndarray:
    """Return the pictures of a batch, ``(n, 28, 28)``, if it is one as was asked for."""
    if images.shape == (few + many, 1, 28, 28):
        images = images[:, 0]
    stack = f"Pictures of shape (n, 28, 28) were expected, and yours have {images.shape}."
    expect(images.shape[1:] == (28, 28), stack)
    row = f"There are {len(images)} pictures, and labels of shape {labels.shape}."
    expect(labels.shape == (len(images),), row)
    own, mnist = (int(np.isclose(images[:, 0, 0], mark).sum()) for mark in (0.25, 0.75))
    slips = {
        "The two numbers were exchanged: the first is that of the own digits.": (many, few),
        f"Asked for {few} own digits and {many} of MNIST's, your batch has {own} and "
        f"{mnist}.": OTHERWISE,
    }
    expect_equal((own, mnist), (few, many), slips)
    apart = "Pictures and labels do not belong together: take both at the same places."
    expect(matches(labels, images[:, 0, 1] * 10, atol=1e-3), apart)
    return images
